"""What only a browser shows of the Runs page: clicks in the table, downloads, uploads, and nothing sticking out."""

import zipfile
from contextlib import contextmanager

import pytest

from cache.store.store import RunStore
from tests.browser.conftest import Server


@pytest.fixture
def runs(store, finish, small_spec):
    return [finish(small_spec(name), [0.8, 0.9]) for name in ("lstm", "gru", "flatten")]


@pytest.fixture
def at(store):
    """A server on the test's own cache."""
    server = Server(store.root)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def elsewhere(tmp_path):
    """Another server, with an empty cache."""
    (tmp_path / "elsewhere").mkdir()
    server = Server(tmp_path / "elsewhere")
    server.start()
    yield server
    server.stop()


def open_runs(page, server, query=""):
    page.set_default_timeout(60_000)
    page.goto(f"{server.url}/runs{query}")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    return page


@contextmanager
def popover(page, name):
    page.get_by_role("button", name=name).first.click()
    yield page
    page.keyboard.press("Escape")


@pytest.mark.slow
def test_runs_are_selected_deleted_and_taken_back(page, at, runs):
    open_runs(page, at)
    table = page.locator("[data-testid=stDataFrame]").first
    table.wait_for()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 35 + 18)  # the box before the first run
    page.get_by_text("1 run selected").wait_for()
    page.get_by_text("Run 3: Flatten (").wait_for()
    assert "run=3" in page.url
    page.reload()
    page.get_by_text("Run 3: Flatten (").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("1 run moved to the bin").wait_for()
    page.get_by_text("2 runs", exact=True).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("3 runs", exact=True).wait_for()


@pytest.mark.slow
def test_the_address_follows_the_search_after_a_run_was_deleted(page, at, runs):
    open_runs(page, at)
    search = page.get_by_test_id("stTextInputField").first
    search.fill("state=finished")
    search.press("Enter")
    page.wait_for_url("**q=state**")
    page.get_by_text("3 runs", exact=True).wait_for()
    box = page.locator("[data-testid=stDataFrame]").first.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 35 + 18)  # the box before the first run
    page.get_by_text("1 run selected").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("1 run moved to the bin").wait_for()
    search.fill("gru")
    search.press("Enter")
    page.get_by_text("1 run", exact=True).wait_for()
    page.wait_for_url("**q=gru*", timeout=20_000)
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_text("1 run moved to the bin").wait_for(state="hidden")
    search.fill("lstm")
    search.press("Enter")
    page.wait_for_url("**q=lstm*", timeout=20_000)


@pytest.mark.slow
def test_a_bundle_goes_from_one_machine_to_another(page, at, elsewhere, runs, tmp_path):
    open_runs(page, at, "?run=1&run=2")
    page.get_by_text("2 runs selected").wait_for()
    with popover(page, "Export"), page.expect_download() as download:
        page.get_by_role("button", name="Make ready 2 runs").click()
        page.get_by_role("button", name="Download 2 runs").click()
    file = tmp_path / "bundle.zip"
    download.value.save_as(file)
    assert "bundle.json" in zipfile.ZipFile(file).namelist()

    open_runs(page, elsewhere)
    page.get_by_text("No run yet. Use Import").wait_for()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(file.read_bytes()[:-40])
    with popover(page, "Import"):
        page.set_input_files("input[type=file]", broken)
        page.locator("[data-testid=stAlert]", has_text="nothing was imported").wait_for()
        page.set_input_files("input[type=file]", file)
        page.get_by_text("2 runs imported").wait_for()
    there = RunStore(elsewhere.root).runs()
    assert {run.identity for run in there} == {runs[0].identity, runs[1].identity}
    assert {run.device for run in there} == {runs[0].device}


@pytest.mark.slow
@pytest.mark.parametrize("width", [420, 1440])
def test_nothing_sticks_out_sideways(browser, at, runs, width):
    context = browser.new_context(viewport={"width": width, "height": 1000})
    page = open_runs(context.new_page(), at, "?run=1")
    page.get_by_text("Run 1: LSTM (").wait_for()
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width
    context.close()


def cells(page, number):
    """The texts of a table's cells, which are drawn, but written for screen readers, too."""
    table = page.locator("[data-testid=stDataFrame]").nth(number)
    table.locator("[role=gridcell]").first.wait_for(state="attached")
    return table.locator("[role=gridcell]").all_text_contents()


@pytest.fixture
def in_new_york(store):
    server = Server(store.root, TZ="America/New_York")
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_a_time_is_the_same_in_the_list_and_in_the_details_wherever_the_browser_is(browser, in_new_york, runs):
    context = browser.new_context(viewport={"width": 1440, "height": 1200}, timezone_id="Asia/Tokyo")
    page = open_runs(context.new_page(), in_new_york, "?columns=Created&run=1&part=Environment&q=lstm")
    page.get_by_text("Run 1: LSTM (").wait_for()
    (in_list,) = (text for text in cells(page, 0) if " UTC" in text)
    assert in_list.endswith(("UTC-05:00", "UTC-04:00"))
    assert in_list in cells(page, 1)
    context.close()


@pytest.mark.slow
def test_the_list_fills_the_window_and_makes_room_for_a_selected_run(browser, at, measured, small_spec):
    measured([(small_spec("flatten", seed=seed), [(0.8, 0.8, 0.8, 1.0)]) for seed in range(40)])
    for height in (768, 1200):
        context = browser.new_context(viewport={"width": 1440, "height": height})
        page = open_runs(context.new_page(), at)
        table = page.locator("[data-testid=stDataFrame]").first
        table.wait_for()
        page.get_by_text("40 runs", exact=True).wait_for()
        box = table.bounding_box()
        assert height - 200 < box["y"] + box["height"] < height
        assert page.get_by_text("40 runs", exact=True).bounding_box()["y"] < height
        page.mouse.click(box["x"] + 20, box["y"] + 35 + 18)
        page.get_by_role("heading", name="Run 40: Flatten").wait_for()
        assert page.get_by_role("heading", name="Run 40: Flatten").bounding_box()["y"] < height
        context.close()
