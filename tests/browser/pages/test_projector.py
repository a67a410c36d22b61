"""Tour and Present as a room sees them: whole on a projector, in large type, turned by a presenter's remote."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from cache.results.study_results import fetch_studies
from cache.store.runner_store import RunnerStore
from dashboard.tour.tour_questions import StepContext
from dashboard.tour.tour_reveals import vocabulary_file
from dashboard.tour.tour_steps import STEPS
from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.experiments.studies import MORE_SEEDS
from models.machine.devices import cpu
from models.training.run_files import save_predictions
from tests.browser.conftest import Server, follow_menu
from tests.conftest import insert_measured
from tests.dashboard.app_pages.conftest import NUM_TEST
from tests.dashboard.app_pages.tour.conftest import TEST, invented
from tests.fitted import fitted_tokenizer

SCREENS = [(1024, 768), (1280, 720)]
SIZES = [SCREENS[0], pytest.param(SCREENS[1], marks=pytest.mark.slow)]
LEAST = 18
"""Pixels of the smallest type."""
SLIDES = 7
READY = """() => {
    const app = document.querySelector("[data-testid=stApp]")
    return app && app.dataset.testScriptState === "notRunning" && !document.querySelector("[data-testid=stSkeleton]")
        && document.querySelector("[data-testid=stMain] h2") && document.querySelector(".st-key-remote button")
        && [...document.querySelectorAll("[data-testid=stVegaLiteChart]")].every(each => each.querySelector("svg text"))
}"""
SEEN = """() => {
    const found = [], main = document.querySelector("[data-testid=stMain]")
    const see = (words, element, box) => {
        const style = getComputedStyle(element), size = words === "chart" ? 99 : parseFloat(style.fontSize)
        if (box.width < 2 || box.height < 2 || style.fontFamily.includes("Material") || style.opacity === "0") return
        found.push({words, size, left: box.left, top: box.top, right: box.right,
                    bottom: box.bottom})
    }
    for (const root of [main, document.querySelector("header")]) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
        while (walker.nextNode()) {
            const node = walker.currentNode, range = document.createRange()
            if (!node.textContent.trim() || node.parentElement.closest("style, title, desc")) continue
            range.selectNodeContents(node)
            see(node.textContent.trim(), node.parentElement, range.getBoundingClientRect())
        }
    }
    for (const chart of main.querySelectorAll("[data-testid=stVegaLiteChart] svg"))
        see("chart", chart, chart.getBoundingClientRect())
    for (const field of main.querySelectorAll("input")) see("field", field, field.getBoundingClientRect())
    return {found, width: window.innerWidth, height: window.innerHeight, scrolls: main.scrollHeight - main.clientHeight}
}"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """A server with runs of every study of the lesson, and everything that is made besides."""
    store = RunnerStore(tmp_path_factory.mktemp("lesson") / "cache")
    names = dict.fromkeys(step.study for step in STEPS)
    missing = [result.spec for each in fetch_studies(store, names, "tensorflow", "").values() for result in each.runs]
    specs = {spec.identity: spec for spec in missing}.values()
    insert_measured(store, ((spec, invented(spec)) for spec in specs), cpu().name)
    line_up = fetch_studies(store, ["line_up"], "tensorflow", "")["line_up"]
    for result in line_up.runs:
        folder = store.files_dir(result.run.id)
        folder.mkdir(parents=True)
        right = np.arange(NUM_TEST) < TEST[result.spec.architecture] * NUM_TEST
        save_predictions(folder, {9: right.astype(np.float32)})
    stop = StepContext(STEPS[0], store, line_up, "", "")
    fitted_tokenizer(vocabulary_file(stop), stop.comparison.encoding, ["a fine film"] * 3)
    file = path_of_test_split(get_dataset("imdb"), store.root)
    file.parent.mkdir(parents=True)
    write_splits(file, {"test": Split(["Text"] * NUM_TEST, [1] * NUM_TEST)})
    server = Server(store.root)
    server.start()
    yield server
    server.stop()
    runner = store.live_runner("cpu")
    if runner and (process := runner.process()):
        process.terminate()
        process.wait(60)


@pytest.fixture
def screen(browser):
    """Opens a page on a screen of a size and waits until it is drawn whole."""
    contexts = []

    def show(size, url, page=None):
        if page is None:
            contexts.append(browser.new_context(viewport=dict(zip(("width", "height"), size, strict=True))))
            page = contexts[-1].new_page()
            page.set_default_timeout(60_000)
        page.goto(url)
        page.wait_for_function(READY)
        return page

    yield show
    for context in contexts:
        context.close()


def words_of(page, problems):
    """All that is read; what is not on the screen or too small goes to ``problems``."""
    seen = page.evaluate(SEEN)
    assert len(seen["found"]) > 10
    for each in seen["found"]:
        is_inside = each["top"] >= 0 and each["bottom"] <= seen["height"] and each["left"] >= 0
        if each["size"] < LEAST or not is_inside or each["right"] > seen["width"] + 1:
            problems.append((page.url, each))
    return {each["words"] for each in seen["found"]}


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        pytest.param(SCREENS[0], STEPS[:4], id="the first"),
        *(pytest.param(size, STEPS, id="{}x{}".format(*size), marks=pytest.mark.slow) for size in SCREENS),
    ],
)
def test_every_step_of_the_tour_is_whole_on_the_screen(screen, lesson, size, steps):
    problems = []
    guesses = "guess.ranking=GRU&guess.ranking=LSTM&guess.ranking=Flatten&guess.ranking=Conv1D&guess.memory=40"
    page = screen(size, f"{lesson.url}/tour?{guesses}")
    for step in steps:
        if step is not steps[0]:
            page.keyboard.press("PageDown")
        expect(page.get_by_role("heading", name=step.question)).to_be_visible()
        page.wait_for_function(READY)
        assert step.question in words_of(page, problems)
        if step.optional:
            continue
        page.keyboard.press("PageDown")
        expect(page.get_by_role("button", name="Hide it again")).to_be_visible()
        page.wait_for_function(READY)
        words = words_of(page, problems)
        assert step.question in words and ("chart" in words) == (step.name != "numbers")
    assert problems == []


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_every_slide_of_present_is_whole_on_the_screen(screen, lesson, size):
    page, problems = None, []
    for slide in range(SLIDES):
        page = screen(size, f"{lesson.url}/present?epochs=10&slide={slide}&guess=GRU&guess=LSTM", page)
        words = words_of(page, problems)
        assert ("chart" in words) == (2 <= slide <= 5)
    assert problems == []


@pytest.mark.slow
def test_a_remote_turns_the_tour_without_a_click(screen, lesson):
    page = screen(SCREENS[0], f"{lesson.url}/tour")
    page.keyboard.press("PageDown")  # right after the page has loaded
    expect(page).to_have_url(re.compile("seen=numbers"))
    expect(page.get_by_role("button", name="Hide it again")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name=STEPS[1].question)).to_be_visible()
    expect(page.get_by_role("button", name="Show the answer")).to_be_visible()
    page.reload()
    page.wait_for_function(READY)
    page.keyboard.press("PageUp")
    expect(page.get_by_role("heading", name=STEPS[0].question)).to_be_visible()
    page.get_by_role("link", name="Home").first.click()
    expect(page.get_by_role("heading", name="Which sequence architecture should you use?")).to_be_visible()
    follow_menu(page, "Tour")  # the step is as it was left
    expect(page.get_by_role("button", name="Hide it again")).to_be_visible()
    page.wait_for_function(READY)
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name=STEPS[1].question)).to_be_visible()


@pytest.mark.slow
def test_a_remote_goes_on_after_a_sentence_was_typed(screen, lesson):
    page = screen(SCREENS[0], f"{lesson.url}/tour")
    field = page.get_by_label("Your sentence")
    field.fill("A fine film")
    field.press("Enter")
    expect(page.get_by_text("3: one for each word")).to_be_visible()
    page.wait_for_function("() => document.activeElement.tagName !== 'INPUT'")
    page.keyboard.press("PageDown")
    expect(page).to_have_url(re.compile("seen=numbers"))


@pytest.mark.slow
def test_a_remote_turns_present_and_digits_guess(screen, lesson):
    page = screen(SCREENS[0], f"{lesson.url}/present?epochs=10")
    for place, key in enumerate("4321", start=1):
        page.keyboard.press(key)
        expect(page.get_by_text(f"our number {place}")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name="The ranking")).to_be_visible()
    expect(page.get_by_text("guessed as number 4")).to_be_visible()
    page.reload()
    page.wait_for_function(READY)
    page.keyboard.press("PageUp")
    expect(page.get_by_text("our number 4")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="The ranking")).to_be_visible()


@pytest.mark.slow
def test_the_teachers_notes_open_in_a_window_to_themselves(screen, lesson):
    page = screen(SCREENS[0], f"{lesson.url}/tour?step=3")
    note = STEPS[2].note.split("\n\n")[0]
    expect(page.get_by_text(note)).to_have_count(0)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Teacher’s notes").click()
    notes = opened.value
    expect(notes.get_by_text(note)).to_be_visible()
    expect(notes.get_by_role("button", name="Next")).to_be_visible()
    assert notes.url.endswith("/tour?notes=1&step=3")
    notes.keyboard.press("ArrowRight")
    expect(notes.get_by_role("heading", name=STEPS[3].question)).to_be_visible()
    expect(page.get_by_role("heading", name=STEPS[2].question)).to_be_visible()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_room_trains_and_sees_it_arrive(screen, lesson):
    page = screen(SCREENS[1], f"{lesson.url}/tour?step=11")
    page.get_by_role("button", name="Train 2 runs").click()
    expect(page).to_have_url(re.compile(f"seed={MORE_SEEDS}"))
    expect(page.get_by_text(re.compile(r"epoch \d of 5"))).to_be_visible(timeout=300_000)
    chart = page.locator("[data-testid=stVegaLiteChart] svg")
    expect(chart).to_be_visible(timeout=180_000)  # while it still trains, after the first epoch
    expect(page.get_by_role("button", name="Cancel all")).to_be_visible()
    expect(page.get_by_text(f"Seed {MORE_SEEDS} is trained")).to_be_visible(timeout=300_000)
    expect(page.get_by_text(f"the {MORE_SEEDS} other seeds")).to_have_count(2)
    page.wait_for_function(READY)
    problems = []
    assert "chart" in words_of(page, problems) and problems == []
    page.get_by_role("button", name="Train another seed").click()
    expect(page.get_by_text(f"with seed {MORE_SEEDS + 1}")).to_be_visible()
