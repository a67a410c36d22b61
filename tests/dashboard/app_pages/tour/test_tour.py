"""The guided tour, whole: from invented runs of its studies, and from none."""

import re

import numpy as np
import pytest

from cache.results.recommendation import Costs, recommend
from cache.results.verdicts import verdicts
from cache.tasks.text_tasks import MakeVocabularies, ReadTestTexts
from dashboard.tour import tour_reveals
from dashboard.tour.tour_steps import NAMES, STEPS
from models.experiments.studies import MORE_SEEDS, STUDIES
from models.statistics.learnt import CAVEAT
from models.text.encoding import TextEncoding
from models.training.run_files import save_predictions
from tests.dashboard.app_pages.conftest import NUM_TEST
from tests.dashboard.app_pages.tour.conftest import DEVICE, SECONDS, alts, invented, shown
from tests.dashboard.pages import texts

VOCABULARY = MakeVocabularies("imdb", None, (TextEncoding(),))


def reveal(app, *keys):
    step = STEPS[int(app.query_params.get("step", "1")) - 1]
    assert app.header[0].value == step.question
    for key in keys:
        app.button(key=f"choice {step.name} {key}").click().run()
    app.button(key="reveal").click().run()
    assert not app.exception
    return app


def following(app):
    app.button(key="next").click().run()
    assert not app.exception
    return app


def test_the_whole_lesson_from_cached_runs_alone(open_tour, predicted, started_tasks):
    app = open_tour(sentence="A fine film")
    assert [task for _, task in started_tasks] == [VOCABULARY]  # the vocabulary; the classes are there
    assert "**1 of 11**, about 20 minutes left" in texts(app, "caption")

    reveal(app, "length")
    assert "The text has 3 words. The model reads **120 numbers** for every text: 117 of them" in shown(app)
    assert ":green[:material/check_circle:] Our guess: 120" in shown(app)

    reveal(following(app), "GRU")
    assert "**1 of 11**" not in texts(app, "caption") and "about 18 minutes left" in texts(app, "caption")
    assert "### LSTM" in shown(app) and "= **12,544**" in shown(app) and "= **9,600**" in shown(app)
    assert ":red[:material/cancel:] Our guess: GRU" in shown(app)

    reveal(following(app), "GRU", "LSTM", "Conv1D", "Flatten")
    assert "Bars: test accuracy. GRU 86.1%; LSTM 85.1%; Conv1D 75.1%; Flatten 60.1%" in alts(app)
    judged = verdicts(predicted)
    num_open = sum(not each.is_different for each in judged)
    assert 0 < num_open < 6
    (open_pairs,) = [
        each.value for each in app.markdown if f"Cannot be told apart with {MORE_SEEDS} seeds" in each.value
    ]
    assert open_pairs.count(" and ") == num_open
    num_decided = 6 - num_open
    assert f"{num_decided} of {num_decided} pairs in the right order; {num_open} more pair" in shown(app)

    following(app)
    assert f"Flatten: 1.00 s per epoch on {DEVICE}." in shown(app)
    reveal(app, "10")
    assert "**12.0 times** as long as one of Flatten: 12.00 s and 1.00 s (means over" in shown(app)
    assert f"Measured on {DEVICE}: the median of the 10 epochs of a run" in texts(app, "caption")
    assert "### 10 to 20 times as long" in shown(app)

    reveal(following(app), "Flatten")
    assert "Bars: gap in points. Flatten 30.0; LSTM 10.0" in alts(app)
    assert "### Flatten" in shown(app) and "**Conv1D**: gap of 2.0 points; validation accuracy ended" in shown(app)

    reveal(following(app), "Bidirectional LSTM, 1 layer")
    # Down by 0.12 less a rise of 0.03, and up again: of nine steps, that is what goes beyond one rise.
    jagged = np.mean([2 * (0.12 + 0.001 * seed - 0.03) / 9 for seed in range(3)])
    assert f"**Bidirectional LSTM, 1 layer**: {100 * jagged:.1f} points up and down" in shown(app)
    assert "635,329 parameters, 5.0 s per epoch" in shown(app)

    reveal(following(app), "40")
    assert "### 20 steps" in shown(app)
    assert "**SimpleRNN (1 direction)** remembers up to 20 steps back; only guesses from 40 steps on." in shown(app)
    assert CAVEAT in texts(app, "caption") and "Generated data" in texts(app, "caption")
    assert "Dots: what each seed learnt." in alts(app)
    assert ":red[:material/cancel:] Our guess: 40 steps" in shown(app)

    following(app)
    assert "Words in the vocabulary: 1,000 instead of 10,000." in shown(app)
    reveal(app, "1")
    assert "Test accuracy of **LSTM**: 83.10% with 1,000 words, and 85.10% with 10,000 words." in shown(app)
    assert "It loses **2.00 ± 0.00 points**" in shown(app)
    assert "With 1,000 words it has 28,941 parameters, with 10,000 words it has 172,941." in shown(app)

    reveal(following(app), "6")
    assert (
        "Test accuracy of **GRU**: 82.10% with 2,500 training texts, and 86.10% with 20,000 training texts."
        in shown(app)
    )
    assert "It loses **4.00 ± 0.00 points**" in shown(app)
    assert "about 3 minutes left" in texts(app, "caption")

    reveal(following(app), "GRU")
    front = "**Flatten** (60.1%, 1.00 s per epoch) or **Conv1D** (75.1%, 3.00 s per epoch) or **GRU** (86.1%, 8.00 s"
    costs = {label: SECONDS[label.lower()] for label in predicted}
    seconds = {label: dict.fromkeys(by_seed, costs[label]) for label, by_seed in predicted.items()}
    taken = recommend(verdicts(predicted, seconds=seconds), Costs(costs, DEVICE)).sentence
    assert front in shown(app) and taken in shown(app)
    assert "Our score: 6 of 9 guesses were right" in [each.proto.popover.label for each in app.get("popover")]
    app.button(key="again").click().run()
    assert app.header[0].value == STEPS[0].question and "Our guess" not in shown(app)


def test_the_lesson_goes_on_where_nothing_is_cached(open_tour, started_tasks):
    app = open_tour()
    for number, step in enumerate(STEPS):
        assert app.header[0].value == step.question
        *train, more = [link.proto.label for link in app.get("page_link")]
        assert more == f"See more: {step.more}"
        if step.name == "vocabulary":
            asked = ["LSTM and LSTM, small vocabulary", "With 1,000 words", "With 3,000 words", "With 10,000 words"]
            assert train == [f"Train: {each}" for each in asked]
        if number < 2:
            app.button(key="reveal").click().run()
            assert not app.exception
        elif not step.optional:
            assert "There are not enough runs for an answer: 0 of" in texts(app, "info")
            assert not [button for button in app.button if button.key == "reveal"]
        if step.name == "choice":
            assert "Our score: Nothing was guessed this time" in [
                each.proto.popover.label for each in app.get("popover")
            ]
        if number < len(STEPS) - 1:
            following(app)
    assert app.button(key="next").disabled
    assert [task for _, task in started_tasks] == [VOCABULARY]


def test_a_guess_that_cannot_be_scored_is_not_counted(open_tour, predicted):
    app = open_tour(step=str(NAMES.index("choice") + 1), seen="choice", **{"guess.choice": "Conv1D"})
    assert not app.exception and "These runs cannot tell" in texts(app, "markdown")
    assert "Our score: These runs cannot tell" in [each.proto.popover.label for each in app.get("popover")]


def test_every_step_stands_in_the_address_and_can_be_hidden_again(open_tour, runs):
    for name in (step.name for step in STEPS if not step.optional):
        number = NAMES.index(name)
        app = open_tour(step=str(number + 1), seen=name)
        assert not app.warning and app.header[0].value == STEPS[number].question
        assert not [button for button in app.button if button.key == "reveal"]
        app.button(key="hide").click().run()
        assert not app.exception and app.button(key="reveal")
        app.button(key=f"step {NAMES[number - 1]}").click().run()
        assert app.header[0].value == STEPS[number - 1].question


def test_guesses_outlive_steps_and_a_reload(open_tour, runs):
    app = open_tour(step="5")
    app.button(key="choice overfitting LSTM").click().run()
    app.button(key="choice overfitting Flatten").click().run()  # another in its place
    app.button(key="next").click().run()
    app.button(key="back").click().run()
    assert "Flatten :blue[:material/check: our guess]" in shown(app)
    again = open_tour(**app.query_params)
    assert "Flatten :blue[:material/check: our guess]" in shown(again) and "LSTM :blue" not in shown(again)


def test_an_order_is_put_together_and_taken_apart(open_tour, runs):
    app = open_tour(step="3")
    for key in ("LSTM", "GRU", "Flatten", "GRU"):
        app.button(key=f"choice ranking {key}").click().run()
    assert app.query_params["guess.ranking"] == ["LSTM", "Flatten"]
    assert "LSTM :blue[our number 1]" in shown(app) and "Flatten :blue[our number 2]" in shown(app)


def test_what_the_address_asks_in_vain_is_reported_and_left_out(open_tour, runs):
    app = open_tour(step="3", seen="everything", seed="99", **{"guess.ranking": "Perceptron"})
    assert "“everything” as seen" in texts(app, "warning") and "“99” as seed" in texts(app, "warning")
    app = open_tour(step="3", seen="ranking", **{"guess.ranking": ["Perceptron"]})
    assert "Our guess" not in shown(app)


def test_a_step_that_does_not_exist_is_reported_and_the_first_is_shown(open_tour, runs):
    for step in ("77", "0", "-1", "12", "1.5", "two", "99999999"):
        app = open_tour(step=step)
        assert f"“{step}” as step, which goes from 1 to 11" in texts(app, "warning").replace("\\", "")
        assert app.header[0].value == STEPS[0].question
        assert following(app).header[0].value == STEPS[1].question


def test_the_teachers_notes_are_a_window_to_itself(open_tour, runs):
    app = open_tour(step="3")
    assert STEPS[2].note not in shown(app)
    (link,) = app.get("link_button")
    assert link.proto.url == "?notes=1&step=3"
    notes = open_tour(notes="1", step="3")
    assert STEPS[2].note in shown(notes) and not notes.get("vega_lite_chart")
    assert STEPS[3].note in shown(following(notes))
    notes.button(key="step numbers").click().run()
    assert notes.query_params["step"] == "1" and STEPS[0].note in shown(notes)


def test_half_a_line_up_is_reported_as_half(open_tour, measured):
    (line_up,) = STUDIES["line_up"].comparisons
    specs = line_up.specs(line_up.dataset.fingerprint(None))
    measured((spec, invented(spec)) for label in ("Flatten", "LSTM") for spec in specs[label])
    app = reveal(open_tour(step="5"))
    assert f"From the {2 * MORE_SEEDS} of {4 * MORE_SEEDS} runs that are cached." in texts(app, "caption")
    assert "Conv1D" not in alts(app).split("|")[0]


def test_test_texts_are_read_once_and_quietly_or_offered(open_tour, runs, started_tasks, store):
    app = open_tour(step="3")
    assert [task for _, task in started_tasks] == [VOCABULARY, ReadTestTexts("imdb")]
    reveal(app)
    assert [task for _, task in started_tasks] == [VOCABULARY, ReadTestTexts("imdb")]
    assert "Read the test texts" in [button.label for button in app.button]


def test_nothing_is_prepared_while_something_trains(open_tour, started_tasks, store):
    (line_up,) = STUDIES["line_up"].comparisons
    store.submit(line_up.specs(line_up.dataset.fingerprint(None))["LSTM"][:1], 10, "cpu")
    open_tour()
    assert started_tasks == []


@pytest.mark.slow
def test_a_cache_that_cannot_be_changed_will_do(open_tour, runs, started_tasks, monkeypatch):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    for number, step in enumerate(STEPS, start=1):
        app = open_tour(step=str(number), seen=step.name)
        assert app.header[0].value == step.question
        assert STEPS[number - 1].note in shown(open_tour(step=str(number), notes="1"))
    assert started_tasks == []
    assert app.button(key="train_room").disabled
    assert "You can skip this step." in texts(app, "info")


def test_a_made_vocabulary_is_shown_at_once(open_tour, store, runs):
    from dashboard.tour.tour_questions import StepContext
    from tests.fitted import fitted_tokenizer

    context = StepContext(STEPS[0], store, runs["line_up"], DEVICE, "")
    fitted_tokenizer(tour_reveals.vocabulary_file(context), context.comparison.encoding, ["a fine film"] * 3)
    app = reveal(open_tour(sentence="A fine movie <b>"))
    assert "4 tokens, 2 unknown" in texts(app, "caption") and "116 of padding at the start" in texts(app, "caption")
    assert [pair.split(" → ")[0] for pair in app.code[0].value.split("   ")] == ["a", "fine", "<OOV>", "<OOV>"]
    assert not re.search(r"<b>", shown(app))
    app = open_tour(sentence="fine " * 30, seen="numbers")
    assert app.code[0].value.endswith("… and 6 more")


def test_a_sentence_that_is_too_long_is_refused_and_the_step_goes_on(open_tour):
    app = open_tour(sentence="fine " * 100)
    assert "at most 300 are read: shorten it by 200. Until then this step uses the sentence" in texts(app, "info")
    assert app.text_input(key="sentence").value == "fine " * 100


def test_nothing_is_ahead_where_nothing_is_decided(open_tour, store, runs, classes):
    for result in runs["line_up"].runs:
        answers = np.random.default_rng(result.run.id).random(NUM_TEST) < 0.8
        folder = store.files_dir(result.run.id)
        folder.mkdir(parents=True)
        save_predictions(folder, {9: answers.astype(np.float32)})
    app = open_tour(step="3", seen="ranking", **{"guess.ranking": ["GRU", "LSTM"]})
    assert "### These runs cannot tell" in shown(app) and "ahead" not in shown(app)
    assert f"None of the 6 pairs can be told apart with {MORE_SEEDS} seeds" in shown(app)
    app = open_tour(step="10", seen="choice")
    assert "None of the 6 pairs can be told apart" in shown(app) and "ahead" not in shown(app)
