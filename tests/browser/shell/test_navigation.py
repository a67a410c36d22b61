"""Pages and ways: however a reader comes to a page, it shows what its address says, and the address says all of it."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from cache.claims import CLAIMS
from dashboard.shell.pages import PAGES
from dashboard.tour.tour_steps import STEPS
from tests.browser.conftest import ROOT, Server, follow_menu

SECONDS = 60_000
STACK = "Embedding(8) → GRU(4)"
CLAIM = next(iter(CLAIMS.values())).title
STEP = STEPS[2]
STATES = {
    "compare": {"models": ["GRU", "SimpleRNN"], "epochs": ["3"], "drawing_open": ["true"]},
    "present": {"models": ["GRU", "LSTM"], "slide": ["2"]},
    "compose": {"stack": [STACK], "length": ["40"]},
    "layers": {"layers_models": ["GRU", "SimpleRNN"], "layers_length": ["40"], "gru.units": ["8"]},
    "memory": {
        "memory_test": ["Temporal order"],
        "memory_directions": ["one direction"],
        "memory_models": ["GRU"],
        "memory_epochs": ["4"],
    },
    "claims": {"claim": [CLAIM]},
    "generate": {"text": ["once upon a time"], "draw": ["7"]},
    "data": {"data_view": ["Word vectors"], "dataset": ["Rotten Tomatoes sentences"]},
    "runs": {"q": ["gru"], "run": ["5", "9"], "shelf": ["Archived"]},
    "tour": {"step": ["3"], f"guess.{STEP.name}": ["gru"]},
}
TITLES = {
    "compare": "Compare: SimpleRNN, GRU, IMDB reviews",
    "present": "Present: GRU, LSTM, IMDB reviews",
    "compose": re.compile(r"^Compose: Composed #\w+: GRU 4 "),
    "layers": "Layers: GRU (8 units), SimpleRNN",
    "memory": "Memory: Temporal order, GRU",
    "claims": re.compile(f"^Claims: {re.escape(CLAIM[:40])}"),
    "generate": "Generate",
    "inside": "Inside",
    "data": "Data: Word vectors, Rotten Tomatoes sentences",
    "runs": re.compile(r"^Runs: .*\(run 5\), "),
    "tour": f"Tour: {STEP.question}",
}
FIELDS = {
    "compare": ("spinbutton", "Epochs", "3"),
    "compose": ("textbox", "The stack as text, from the embedding to the last layer before the answer", STACK),
    "layers": ("spinbutton", "Length in tokens", "40"),
    "memory": ("spinbutton", "Epochs", "4"),
    "generate": ("spinbutton", "Seed", "7"),
    "runs": ("searchbox", "Search", "gru"),
}
BUNDLES = ("nvidia-h100-80gb-hbm3/line_up", "amd-epyc-2-cores/memory", "amd-epyc-2-cores/next_word")
"""Of the reference runs, so that each page has something to show."""
SITES = [pytest.param("", id="at the root", marks=pytest.mark.slow), pytest.param("/unroll", id="below a path")]
"""Below a path at each test, where more can go wrong."""


@pytest.fixture(scope="module", params=SITES)
def site(request, tmp_path_factory):
    reference = tmp_path_factory.mktemp("reference")
    for number, bundle in enumerate(BUNDLES):
        (reference / f"{number}.zip").symlink_to(ROOT / "cache" / "reference" / f"{bundle}.zip")
    server = Server(
        tmp_path_factory.mktemp("site"), "--server.baseUrlPath", request.param, UNROLL_REFERENCE=str(reference)
    )
    server.url += request.param
    server.start()
    yield server.url
    server.stop()


def assert_shows(page: Page, site: str, name: str) -> None:
    """The tab's title, the page's fields and the address say the same."""
    title = TITLES[name]
    expect(page).to_have_title(title if isinstance(title, re.Pattern) else f"{title} · Unroll", timeout=SECONDS)
    if name in FIELDS:
        role, label, value = FIELDS[name]
        expect(page.get_by_role(role, name=label, exact=True)).to_have_value(value, timeout=SECONDS)
    if name == "present":
        expect(page.get_by_text(re.compile(r"^3 of \d"))).to_be_visible(timeout=SECONDS)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible(timeout=SECONDS)
    assert page.url.startswith(f"{site}/{name}?")
    assert parse_qs(urlsplit(page.url).query) == STATES[name]


def assert_is_at(page: Page, site: str, title: str) -> None:
    expect(page).to_have_title(f"{title} · Unroll", timeout=SECONDS)
    assert page.url == (f"{site}/" if title == "Home" else f"{site}/{title.lower()}")


@pytest.mark.slow
@pytest.mark.parametrize("name", STATES)
def test_every_way_leads_to_what_the_address_says(page, site, name):
    address = f"{site}/{name}?{urlencode(STATES[name], doseq=True)}"
    other = "Claims" if name != "claims" else "Runs"
    page.goto(address)
    assert_shows(page, site, name)
    follow_menu(page, other)
    assert_is_at(page, site, other)
    page.go_back()
    assert_shows(page, site, name)
    page.go_forward()
    assert_is_at(page, site, other)
    follow_menu(page, PAGES[name].title)
    assert_shows(page, site, name)
    page.go_back()
    assert_is_at(page, site, other)
    page.go_forward()
    assert_shows(page, site, name)
    page.get_by_test_id("stLogoLink").last.click()
    assert_is_at(page, site, "Home")
    page.go_back()
    assert_shows(page, site, name)
    page.reload()
    assert_shows(page, site, name)
    tab = page.context.new_page()
    tab.goto(page.url)
    assert_shows(tab, site, name)


@pytest.mark.slow
def test_what_is_typed_is_in_the_address_and_comes_back(page, site):
    page.goto(f"{site}/compose")
    stack = page.get_by_role("textbox", name="The stack as text")
    expect(stack).not_to_have_value("", timeout=SECONDS)
    stack.fill(STACK)
    expect(page).to_have_title(TITLES["compose"], timeout=SECONDS)
    follow_menu(page, "Runs")
    search = page.get_by_role("searchbox", name="Search")
    search.fill("gru units=16")
    search.press("Enter")
    page.wait_for_url(re.compile("q=gru"), timeout=SECONDS)
    follow_menu(page, "Compare")
    expect(page.get_by_role("spinbutton", name="Epochs")).to_be_visible(timeout=SECONDS)
    page.go_back()
    expect(search).to_have_value("gru units=16", timeout=SECONDS)
    page.go_back()
    expect(stack).to_have_value(STACK, timeout=SECONDS)
    page.reload()
    expect(stack).to_have_value(STACK, timeout=SECONDS)


def test_a_late_message_of_the_page_before_changes_neither_address_nor_history(page, site):
    late = "history.pushState({}, '', 'runs?q=gru')"  # as Streamlit does when a script run of that page begins
    page.goto(f"{site}/runs")
    expect(page.get_by_test_id("stTopNavLink").first).to_be_visible(timeout=SECONDS)
    for title in ("Claims", "Generate"):
        follow_menu(page, title)
        assert page.evaluate(f"() => {{ {late}; return location.pathname }}").endswith(f"/{title.lower()}")
        assert_is_at(page, site, title)
    page.go_back()
    assert page.evaluate(f"() => {{ {late}; return location.pathname }}").endswith("/claims")
    assert_is_at(page, site, "Claims")
    page.go_forward()
    assert_is_at(page, site, "Generate")


def test_an_unknown_address_reports_it_and_leads_on(page, site):
    for path in ("nosuchpage", "a/b", "comparr?models=GRU"):
        page.goto(f"{site}/{path}")
        name = path.split("?")[0]
        expect(page.get_by_text(f"Unroll has no page “{name}”.")).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Go to Compare").click()
    expect(page).to_have_title(re.compile("^Compare"), timeout=SECONDS)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("", "compare", "compose", "runs?run=1"), id="some"),
        pytest.param(("", *STATES, "runs?run=1"), id="all", marks=pytest.mark.slow),
    ],
)
def test_pages_load_without_a_request_that_fails_and_fit_a_phone(page, site, names):
    failed, wide = [], []
    page.on("response", lambda response: response.status >= 400 and failed.append(response.url))
    page.set_viewport_size({"width": 420, "height": 900})
    for name in names:
        page.goto(f"{site}/{name}")
        expect(page.get_by_role("heading").first).to_be_visible(timeout=SECONDS)
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible(timeout=SECONDS)
        if page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth > main.clientWidth"):
            wide.append(name)
    assert failed == [] and wide == []
