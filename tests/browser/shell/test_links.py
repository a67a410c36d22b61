"""What only a browser shows of following a link: its address, and the way back."""

import re

import pytest
from playwright.sync_api import expect

from models.experiments.studies import MORE_SEEDS
from tests.browser.conftest import follow_menu

MINE = "compare?models=GRU&models=LSTM&seeds=2&epochs=7&lstm.units=64"


@pytest.mark.slow
def test_a_link_asks_what_it_says_and_the_way_back_is_one_step(page, server):
    page.goto(f"{server.url}/{MINE}")
    expect(page.get_by_text("0 of 4 runs cached")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Home").first.click()
    first = page.get_by_role("link", name="Compare these 4", exact=False).first
    expect(first).to_be_visible(timeout=30_000)
    first.click()
    expect(page.get_by_role("heading", name="Compare architectures", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text(f"0 of {4 * MORE_SEEDS} runs cached")).to_be_visible(timeout=30_000)
    assert "epochs=10" in page.url and f"seeds={MORE_SEEDS}" in page.url and "lstm.units" not in page.url
    page.go_back()
    expect(page.get_by_role("heading", name="Which sequence architecture should you use?")).to_be_visible(
        timeout=30_000
    )


@pytest.mark.slow
def test_present_shows_what_compare_shows_and_the_other_way_round(page, server):
    page.goto(f"{server.url}/{MINE}")
    expect(page.get_by_text("0 of 4 runs cached")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Present to a room").click()
    expect(page.get_by_text("No run of this line-up is finished.")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile(r"/present\?.*epochs=7.*models=GRU&models=LSTM"))
    page.go_back()
    expect(page.get_by_text("0 of 4 runs cached")).to_be_visible(timeout=30_000)
    follow_menu(page, "Present")
    expect(page.get_by_text("No run of this line-up is finished.")).to_be_visible(timeout=30_000)
    follow_menu(page, "Compare")
    expect(page.get_by_text("0 of 4 runs cached")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile(r"/compare\?.*models=GRU&models=LSTM"))


@pytest.mark.slow
def test_the_way_back_to_another_page_leaves_what_was_chosen(page, server):
    page.goto(server.url)
    page.get_by_role("link", name="Compare these 4", exact=False).first.click()
    epochs = page.get_by_role("spinbutton", name="Epochs")
    expect(epochs).to_have_value("10", timeout=30_000)
    page.go_back()
    home = page.get_by_role("heading", name="Which sequence architecture should you use?")
    expect(home).to_be_visible(timeout=30_000)
    follow_menu(page, "Compare")
    expect(epochs).to_have_value("10", timeout=30_000)
