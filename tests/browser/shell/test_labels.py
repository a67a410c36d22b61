"""Every letter of every chart lies within its chart, at each width, as the browser draws it."""

from datetime import date

import pandas as pd
import pytest
from playwright.sync_api import expect

from dashboard.comparison.report import Report
from dashboard.comparison.report_html import html
from dashboard.leaderboard.board_catalogue import WHERE_FROZEN, columns, figures
from models.tasks import CLASSIFICATION
from tests.browser.conftest import ROOT, Server

DEFAULT = [column.key for column in figures(CLASSIFICATION) if column.key not in WHERE_FROZEN]
CHARTS = "[data-testid=stVegaLiteChart]"
CUT = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart] svg.marks')].flatMap(svg => {
  const edge = svg.getBoundingClientRect()
  return [...svg.querySelectorAll('text')].flatMap(text => {
    const box = text.getBoundingClientRect()
    if (!text.textContent.trim() || text.getAttribute('opacity') === '0') return []
    const out = Math.max(edge.left - box.left, box.right - edge.right, edge.top - box.top, box.bottom - edge.bottom)
    return out > 3 || text.textContent.includes('…') ? [`${text.textContent} by ${out.toFixed(1)} px`] : []
  })
})"""
"""A line of text has up to 3 pixels of nothing above and below its letters."""
PAGES = {
    "home": ("", 8),
    "compare": ("compare?models=Flatten&models=GRU&models=Conv1D&models=Bidirectional+LSTM%2C+2+equal+layers", 5),
    "words": ("compare?task=Predict+the+next+word", 1),
}
"""A page of each kind and the number of charts that it has at least."""


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A server whose cache has the runs that come with Unroll."""
    server = Server(tmp_path_factory.mktemp("reference"), UNROLL_REFERENCE=str(ROOT / "cache" / "reference"))
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_no_letter_of_a_chart_is_cut_off(page, reference, name):
    address, least = PAGES[name]
    page.goto(f"{reference.url}/{address}")
    expect(page.locator(f"{CHARTS} svg.marks").nth(least - 1)).to_be_attached(timeout=120_000)
    for width in (1440, 1024, 420):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_function(f"() => ({CUT})().length === 0", timeout=60_000)
        expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
        assert page.evaluate(CUT) == []


WIDER_THAN_ITS_PLACE = (
    "() => { const place = document.querySelector('.scroll'); return place.scrollWidth > place.clientWidth }"
)


def test_a_reports_table_wraps_on_a_screen_and_scrolls_on_a_phone(page, tmp_path):
    measured = [column.heading(0.8) for column in columns(CLASSIFICATION, DEFAULT, {"validation_accuracy": ["best"]})]
    row = ["Bidirectional LSTM, 2 equal layers", 3, *["84.27 ± 0.12%"] * len(measured)]
    board = pd.DataFrame([row], columns=["Architecture", "Seeds", *measured])
    report = Report("Title", date(2026, 1, 1), "", "", (), (("", board),), (), (), (), (), {})
    (tmp_path / "report.html").write_text(html(report, ""))
    page.goto((tmp_path / "report.html").as_uri())
    for width, is_wider in ((1440, False), (1024, False), (420, True)):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(WIDER_THAN_ITS_PLACE) is is_wider
        assert not page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
