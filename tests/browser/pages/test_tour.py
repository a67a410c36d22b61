"""The tour by keyboard alone, on a server with invented runs of the line-up."""

import re

import pytest
from playwright.sync_api import expect

from cache.results.study_results import fetch_studies
from dashboard.tour.tour_questions import StepContext
from dashboard.tour.tour_reveals import vocabulary_file
from dashboard.tour.tour_steps import STEPS
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.experiments.studies import STUDIES
from tests.browser.conftest import Server
from tests.fitted import fitted_tokenizer

OURS = "our guess"


@pytest.fixture
def at(store, measured):
    """The runs of the line-up, and what the tour would else have made in processes of their own."""
    (line_up,) = STUDIES["line_up"].comparisons
    imdb = line_up.dataset
    specs = line_up.specs(imdb.fingerprint(None)).items()
    measured(
        (spec, [(0.9, 0.8, 0.7 + place / 20, 1.0 + place)] * 10)
        for place, (_, each) in enumerate(specs)
        for spec in each
    )
    study = fetch_studies(store, ["line_up"], "tensorflow", "")["line_up"]
    fitted_tokenizer(
        vocabulary_file(StepContext(STEPS[0], store, study, "", "")), line_up.encoding, ["a fine film"] * 3
    )
    file = path_of_test_split(imdb, store.root)
    file.parent.mkdir(parents=True)
    write_splits(file, {"test": Split(["Text"] * 10, [1] * 10)})
    server = Server(store.root)
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_the_lesson_is_held_by_keyboard(page, at):
    page.goto(f"{at.url}/tour")
    question = page.get_by_role("heading", name=STEPS[0].question)
    expect(question).to_be_visible()
    reveal = page.get_by_role("button", name="Show the answer")
    expect(reveal).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_text(OURS)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Our guess: 120")).to_be_visible()
    expect(page).to_have_url(re.compile("seen=numbers"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name=STEPS[1].question)).to_be_visible()
    expect(reveal).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("2 directions × 4 gates")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name=STEPS[2].question)).to_be_visible()
    expect(reveal).to_be_visible()
    for place, key in enumerate("4321", start=1):
        page.keyboard.press(key)
        expect(page.get_by_text(f"our number {place}")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("pairs in the right order")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("2 directions × 4 gates")).to_be_visible()
    page.reload()
    expect(page.get_by_text("2 directions × 4 gates")).to_be_visible()
    assert page.url.count("guess.ranking=") == 4
