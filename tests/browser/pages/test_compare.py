"""What only a browser shows: from the first click to curves, through a reload, a closed tab and a killed server."""

import re
import signal
import time

import pytest
from playwright.sync_api import expect

from cache.execution.launching import ensure_runners
from cache.store.runs import CANCELLED, FINISHED, RUNNING
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding

SMALL = "dataset=Rotten+Tomatoes+sentences&examples=200&length=20&vocabulary=1000&seeds=1"
PROGRESS = re.compile(r"batch \d+ of \d+")
CHARTS = "[data-testid=stVegaLiteChart]"


def open_page(page, server, query):
    page.goto(f"{server.url}/compare?{query}")
    # A server that has just started loads its modules first, and the machine may be busy.
    expect(page.get_by_role("heading", name="Compare architectures")).to_be_visible(timeout=30_000)


@pytest.fixture(scope="module")
def trained(server):
    """Flatten and Conv1D for one epoch, as SMALL asks for them."""
    store, dataset = RunStore(server.root), get_dataset("rotten_tomatoes")
    specs = [
        RunSpec.create(
            dataset=dataset.name,
            fingerprint=dataset.fingerprint(server.root),
            train_examples=200,
            encoding=TextEncoding(vocabulary_size=1_000, length=20),
            architecture=name,
        )
        for name in ("flatten", "conv1d")
    ]
    ids = store.submit(specs, 1, "cpu")
    until = time.monotonic() + 90
    while any(store.run(run_id).is_active for run_id in ids):
        ensure_runners(store)
        assert time.monotonic() < until, "the runs do not end"
        time.sleep(0.2)
    assert {store.run(run_id).state for run_id in ids} == {FINISHED}


def test_pick_two_train_see_reload_and_see_again(page, server):
    open_page(page, server, f"{SMALL}&epochs=1&models=Conv1D")
    page.get_by_role("button", name="Flatten", exact=True).click()
    page.get_by_role("button", name="Train 2 runs").click()
    expect(page.get_by_text("2 of 2 runs cached")).to_be_visible(timeout=240_000)
    expect(page.locator(CHARTS)).to_have_count(3)
    expect(page.locator(f"{CHARTS} svg").last).to_be_visible()
    page.get_by_role("radio", name="Loss", exact=True).click()
    expect(page).to_have_url(re.compile("metric=Loss"))
    page.get_by_role("radio", name="Accuracy", exact=True).click()
    expect(page).not_to_have_url(re.compile("metric=Loss"))

    page.reload()
    expect(page.get_by_text("2 of 2 runs cached")).to_be_visible()
    expect(page.locator(CHARTS)).to_have_count(3)
    assert "models=Flatten" in page.url and "models=Conv1D" in page.url

    runs = RunStore(server.root).runs([FINISHED])
    assert {run.spec.architecture for run in runs} == {"flatten", "conv1d"}
    assert all(len(epochs) == 1 for epochs in RunStore(server.root).epochs([run.id for run in runs]).values())


@pytest.mark.slow
def test_progress_shows_and_stop_stops(page, server):
    open_page(page, server, f"{SMALL}&epochs=200&models=GRU&batch=16")
    page.get_by_role("button", name="Train 1 run").click()
    expect(page.get_by_text(PROGRESS)).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Train 1 run")).to_be_visible(timeout=10_000)
    (run,) = [run for run in RunStore(server.root).runs() if run.spec.architecture == "gru"]
    assert run.state == CANCELLED


@pytest.mark.slow
def test_a_training_outlives_the_tab_and_the_server(page, server):
    open_page(page, server, f"{SMALL}&epochs=40&models=SimpleRNN&batch=16")
    page.get_by_role("button", name="Train 1 run").click()
    expect(page.get_by_text(PROGRESS)).to_be_visible(timeout=60_000)
    page.goto("about:blank")
    server.stop(signal.SIGKILL)
    store = RunStore(server.root)
    (run,) = [run for run in store.runs() if run.spec.architecture == "simple_rnn"]
    assert run.state in (RUNNING, FINISHED)
    server.start()
    open_page(page, server, f"{SMALL}&epochs=40&models=SimpleRNN&batch=16")
    expect(page.get_by_text("1 of 1 run cached")).to_be_visible(timeout=90_000)
    assert store.run(run.id).attempts == 1


@pytest.mark.parametrize("width", [420, pytest.param(1440, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_nothing_sticks_out_sideways(browser, server, trained, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    open_page(page, server, f"{SMALL}&epochs=1&models=Conv1D&models=Flatten")
    expect(page.locator(CHARTS)).to_have_count(3, timeout=30_000)
    overflow = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
    )
    assert overflow <= 0
    context.close()


@pytest.mark.slow
def test_curves_are_zoomed_both_ways_with_a_key_and_the_page_scrolls_without(page, server, trained):
    open_page(page, server, f"{SMALL}&epochs=1&models=Conv1D&models=Flatten")
    chart = page.locator(f"{CHARTS}[aria-label^='Lines: validation']")
    chart.scroll_into_view_if_needed()

    def ticks():
        """Of validation and of training accuracy."""
        axes = chart.locator("g.role-axis-label").all()
        return [sorted(found) for axis in axes if "%" in "".join(found := axis.locator("text").all_text_contents())]

    def scrolled():
        return page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")

    def turn_the_wheel(height):
        box = chart.bounding_box()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + height)
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(400)

    (validation, training), top = ticks(), scrolled()
    turn_the_wheel(100)
    assert ticks() == [validation, training] and scrolled() < top
    chart.scroll_into_view_if_needed()
    top = scrolled()
    page.keyboard.down("Control")
    turn_the_wheel(100)
    nearer, same = ticks()
    assert nearer != validation and same == training and scrolled() == top
    turn_the_wheel(450)
    same, nearer_training = ticks()
    assert same == nearer and nearer_training != training
    page.keyboard.up("Control")
    chart.dblclick(position={"x": 400, "y": 100})
    page.wait_for_timeout(400)
    assert ticks() == [validation, training]


@pytest.mark.slow
def test_no_error_in_the_console(page, server, trained):
    errors = []

    def note(message):
        # On a page with a name Streamlit first asks whether the server itself has that name, and gets no.
        is_streamlits = "/compare/_stcore/" in message.location["url"]
        if message.type == "error" and not is_streamlits:
            errors.append(f"{message.text} {message.location['url']}")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, server, f"{SMALL}&epochs=1&models=Conv1D&models=Flatten")
    expect(page.locator(CHARTS)).to_have_count(3)
    assert errors == []


@pytest.mark.slow
def test_what_is_taken_away_is_what_was_drawn_last(page, server, trained):
    """The curves are drawn alone when one of their settings is changed; the address and the report follow."""
    open_page(page, server, f"{SMALL}&epochs=1&models=Conv1D&models=Flatten")
    page.get_by_role("radio", name="Loss", exact=True).click()
    expect(page.locator(f"{CHARTS}[aria-label^='Lines: validation and, below, training loss']")).to_be_visible()
    expect(page).to_have_url(re.compile("metric=Loss"))
    assert "models=Flatten" in page.url and "vocabulary=1000" in page.url
    page.get_by_text("Worst first", exact=True).click()
    expect(page).to_have_url(re.compile("board_reversed=true"))
    page.get_by_role("radio", name="Seconds in all", exact=True).click()
    expect(page).to_have_url(re.compile("cost=Seconds"))
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.locator("[data-testid=stDownloadButton]").filter(has_text="HTML report").click()
    report = download.value.path().read_text()
    for shown in ("metric=Loss", "board_reversed=true", "cost=Seconds", "Loss (cross-entropy) by epoch"):
        assert shown in report
