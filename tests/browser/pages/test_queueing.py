"""What only a browser shows of buttons that queue runs: where they stand, and that a failure in a fragment is seen."""

import shutil

import pytest
from playwright.sync_api import expect

from cache.store.manifest import RunManifest
from cache.store.rows import insert_finished
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished

SIZES = [pytest.param((1440, 900), id="1440x900", marks=pytest.mark.slow), pytest.param((1024, 768), id="1024x768")]


@pytest.fixture(scope="module")
def timed(server):
    """One run of each architecture was timed on this machine."""
    store, names = RunStore(server.root), ("flatten", "gru", "lstm", "conv1d")
    comparison = Comparison("imdb", None, TextEncoding(), Training(), 5, 1, tuple(map(Entry, names)))
    epochs = tuple(
        EpochFinished(number, 0.4, 0.9, 0.5, 0.8, 0.6, 0.8, 20.0, 1.0, number == 1) for number in range(1, 6)
    )
    with store.db.transaction() as db:
        for (spec,) in comparison.specs(get_dataset("imdb").fingerprint(None)).values():
            insert_finished(db, RunManifest(spec, epochs, {"device": cpu().name}, None, 0.0, 0.0, 0.0, {}), files={})


@pytest.fixture(params=SIZES)
def sized(browser, request):
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def is_in_view(page, locator):
    box, size = locator.bounding_box(), page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and box["x"] + box["width"] <= size["width"]


@pytest.mark.parametrize(
    ("address", "label", "before", "after"),
    [
        ("compare", "Epochs", "Train 8 runs", "Train 12 runs"),
        pytest.param("memory", "Seeds", "Train 75 runs", "Train 100 runs", marks=pytest.mark.slow),
    ],
)
def test_what_is_left_to_train_is_in_view_after_a_change_at_the_left(
    sized, server, timed, address, label, before, after
):
    sized.goto(f"{server.url}/{address}")
    expect(sized.get_by_role("button", name=before)).to_be_visible(timeout=120_000)
    sized.get_by_label(label, exact=True).press("ArrowUp")
    button = sized.get_by_role("button", name=after)
    expect(button).to_be_visible(timeout=120_000)
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    assert sized.evaluate(scrolled) == 0
    assert is_in_view(sized, button)
    assert is_in_view(sized, sized.get_by_text("runs cached", exact=False).first)
    is_whole = "node => [...node.querySelectorAll('*')].every(each => each.scrollWidth <= each.clientWidth + 1)"
    assert button.evaluate(is_whole), "the label is cut off"


@pytest.mark.slow
def test_a_question_is_answered_by_keyboard(sized, server, timed):
    sized.goto(f"{server.url}/compare?seeds=9")
    button = sized.get_by_role("button", name="Train 32 runs")
    expect(button).to_be_visible(timeout=120_000)
    button.focus()
    sized.keyboard.press("Enter")
    expect(sized.get_by_text("32 runs: start?")).to_be_visible(timeout=120_000)
    not_now = sized.get_by_role("button", name="Not now")
    assert is_in_view(sized, not_now)
    for _ in range(4):
        sized.keyboard.press("Tab")
        if not_now.evaluate("node => node === document.activeElement"):
            break
    sized.keyboard.press("Enter")
    expect(sized.get_by_text("32 runs: start?")).to_have_count(0, timeout=120_000)
    assert not RunStore(server.root).runs(["queued", "running"])


@pytest.mark.slow
def test_a_click_in_a_fragment_that_fails_reports_it_at_once(page, server):
    """The folder of logs is gone, so that no process can be started."""
    frames = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
    page.goto(f"{server.url}/compare?dataset=IMDB+reviews%2C+all+50%2C000")
    button = page.get_by_test_id("stButton").get_by_role("button", name="Download", exact=True)  # not a chart's
    expect(button).to_be_visible(timeout=120_000)
    logs = server.root / "logs"
    shutil.rmtree(logs)
    logs.write_text("a file")
    try:
        button.click()
        shown = page.get_by_text("A file cannot be read or written")
        expect(shown).to_be_visible(timeout=120_000)
        drawn = len(frames)
        while len(frames) < drawn + 20:  # the fragment is drawn every second
            page.wait_for_timeout(100)
        expect(shown).to_be_visible()
    finally:
        logs.unlink()
        logs.mkdir()
