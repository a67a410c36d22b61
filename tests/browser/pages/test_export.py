"""Exporting from Compare, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.charts import render
from dashboard.comparison.report_html import html
from tests.dashboard.comparison.test_report import evil


def test_a_report_draws_with_no_network_runs_nothing_that_was_typed_and_prints(browser, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(html(evil(), render.javascript()))
    context = browser.new_context(offline=True, viewport={"width": 420, "height": 900})
    page = context.new_page()
    asked, troubles = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.goto(file.as_uri())
    expect(page.locator(".chart svg.marks .mark-rect path").first).to_be_visible()
    assert asked == [file.as_uri()] and not troubles
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()


@pytest.mark.slow
def test_a_short_link_brings_the_view_back_and_a_chart_is_a_file(page, server):
    page.goto(f"{server.url}/compare?models=LSTM&epochs=4&length=80")
    page.get_by_role("button", name="Share").click()
    links = page.get_by_role("dialog").locator("[data-testid=stCode]")
    expect(links).to_have_count(2)
    short, full = links.all_inner_texts()
    assert re.fullmatch(rf"{server.url}/compare\?view=[0-9a-f]{{10}}", short.strip()) and "length=80" in full
    page.goto(short.strip())
    expect(page).to_have_url(re.compile("epochs=4&length=80&models=LSTM$"))
    expect(page.get_by_text("0 of 3 runs cached")).to_be_visible()
    expect(page.locator("input[aria-label='Length in tokens']")).to_have_value("80")
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.locator("[data-testid=stDownloadButton]").filter(has_text="PNG").click()
    assert download.value.suggested_filename == "compare-lstm-imdb-reviews-parameters.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
