"""What only a browser shows of Home: that addresses of before go on working, and that the way back leads back."""

import re

import pytest
from playwright.sync_api import expect

from models.experiments.studies import MORE_SEEDS

HOME = "Which sequence architecture should you use?"
COMPARE = "Compare architectures"


def heading(page, name):
    return page.get_by_role("heading", name=name, exact=True)


@pytest.mark.slow
def test_an_old_address_leads_to_compare_and_home_is_found_from_there(page, server):
    page.goto(f"{server.url}/?models=LSTM&models=GRU&epochs=3")
    expect(heading(page, COMPARE)).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile(r"/compare\?"))
    assert "models=LSTM" in page.url and "epochs=3" in page.url
    expect(page.get_by_text("0 of 6 runs cached")).to_be_visible()
    page.get_by_role("link", name="Home").first.click()
    expect(heading(page, HOME)).to_be_visible()
    assert "?" not in page.url
    page.get_by_role("link", name="Compare these 4", exact=False).first.click()
    expect(heading(page, COMPARE)).to_be_visible()
    expect(page.get_by_text(f"0 of {4 * MORE_SEEDS} runs cached")).to_be_visible()
    assert "epochs=10" in page.url


@pytest.mark.slow
@pytest.mark.parametrize("width", [420, 1440])
@pytest.mark.parametrize("path", ["", "tour", "tour?step=2&seen=parameters"])
def test_nothing_sticks_out_sideways(browser, server, width, path):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{server.url}/{path}")
    expect(page.get_by_role("heading").first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-testid=stStatusWidget]")).to_have_count(0, timeout=30_000)
    overflow = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
    )
    assert overflow <= 0
    context.close()
