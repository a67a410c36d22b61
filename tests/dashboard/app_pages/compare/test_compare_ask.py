"""A sentence put to the models of a comparison: who is asked, what is answered, and what is said when it cannot be."""

from dataclasses import replace

import pytest

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, Request
from cache.store.runs import QUEUED, RunRequest
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED
from models.data.datasets import get_dataset
from models.encoded.fitted import tokenizer_file
from models.text.encoding import TextEncoding
from models.training.generation import Candidate, Step
from tests.dashboard.pages import texts
from tests.fitted import fitted_tokenizer

ME = ProcessIdentity.current().to_json()
STEP = Step("positive", 0.9, 0.9, (Candidate("positive", 0.9, 0.9), Candidate("negative", 0.1, 0.1)))
TEXT = "A film that I liked."


@pytest.fixture(autouse=True)
def started(monkeypatch):
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)


@pytest.fixture
def runs(specs, finish):
    """Flatten and GRU with two seeds each."""
    return [finish(spec, [0.7] * 5) for label in ("Flatten", "GRU") for spec in specs[label][:2]]


@pytest.fixture
def open_ask(open_compare):
    return lambda **query: open_compare(models=["Flatten", "GRU"], seeds="2", ask_open="true", **query)


def forget_weights(store, runs):
    for run in runs:
        (store.files_dir(run.id) / "best_weights.npz").unlink()


def answer(store, runs, text=TEXT, state=DONE, steps=(STEP,), problems=()):
    request = Request(tuple(run.id for run in runs), text, 1, 1.0, 1, 0)
    generation_requests.ask(store, request)
    Answer(state, "Written", ME, dict.fromkeys(request.runs, steps), dict(problems)).write(store, request)


def test_one_click_asks_the_text_in_the_field(open_ask, runs, store):
    app = open_ask()
    app.text_area(key="question").set_value(TEXT)
    app.button(key="ask").click().run()
    assert not app.exception
    (request,) = generation_requests.open_requests(store)
    assert (request.text, request.runs) == (TEXT, tuple(run.id for run in runs))


def test_an_answer_stands_under_its_own_sentence_alone(open_ask, runs, store):
    answer(store, runs)
    app = open_ask(question=TEXT)
    assert "Answers to **“A film that I liked.”**" in texts(app, "markdown")
    assert any("Seeds that say so" in frame.value for frame in app.dataframe)
    app.text_area(key="question").set_value("Another one.")
    app.button(key="ask").click().run()
    assert "Answers to" not in texts(app, "markdown")
    assert not any("Seeds that say so" in frame.value for frame in app.dataframe)


def test_an_answer_stays_when_another_model_is_trained(open_ask, runs, store, specs, finish):
    forget_weights(store, runs[3:])
    app = open_ask(question=TEXT)
    app.button(key="ask").click().run()
    answer(store, runs[:3])
    finish(specs["GRU"][1], [0.7] * 6)
    app.run()
    assert "Answers to" in texts(app, "markdown")
    assert app.button(key="ask").label == "Ask 4 models"


def test_models_without_weights_are_counted_and_trained_again_in_one_click(open_ask, runs, store, specs, finish):
    forget_weights(store, runs[1:])
    app = open_ask()
    assert app.button(key="ask").label == "Ask 1 model"
    assert "3 models came without weights" in texts(app, "caption")
    app.button(key="train_weights").click().run()
    assert not app.exception
    queued = store.runs([QUEUED])
    assert {run.identity for run in queued} == {run.identity for run in runs[1:]}
    assert "3 of them in training or waiting" in texts(app, "caption")
    assert not [button for button in app.button if button.key == "train_weights"]


def test_a_run_that_was_trained_again_answers_for_the_one_without_weights(open_ask, runs, store, finish):
    forget_weights(store, runs)
    assert store.submit([runs[0].spec], 5, "cpu") == [runs[0].id], "for all else it is an answer"
    (again,) = store.submit_each([RunRequest(runs[0].spec, 5, "cpu", with_weights=True)])
    assert again != runs[0].id
    assert store.submit_each([RunRequest(runs[0].spec, 5, "cpu", with_weights=True)]) == [again]
    store.cancel([again])
    app = open_ask()
    assert app.button(key="ask").disabled
    new = finish(runs[0].spec, [0.7] * 6)
    assert store.submit_each([RunRequest(runs[0].spec, 5, "cpu", with_weights=True)]) == [new.id]
    app = open_ask()
    assert app.button(key="ask").label == "Ask 1 model"
    app.button(key="ask").click().run()
    (request,) = generation_requests.open_requests(store)
    assert request.runs == (new.id,)


def test_a_longer_run_answers_only_if_none_of_the_compared_epochs_has_weights(open_ask, runs, store, finish):
    longer = finish(runs[0].spec, [0.7] * 6)
    app = open_ask()
    app.button(key="ask").click().run()
    (request,) = generation_requests.open_requests(store)
    assert request.runs == tuple(run.id for run in runs)
    assert "no run of exactly" not in texts(app, "caption")
    forget_weights(store, runs[:1])
    app = open_ask()
    assert (
        "1 model of 6 epochs answers here (Flatten), because no run of exactly 5 epochs has its weights in this cache."
        in texts(app, "caption")
    )
    app.text_area(key="question").set_value(TEXT)
    app.button(key="ask").click().run()
    assert longer.id in generation_requests.open_requests(store)[-1].runs


REFUSED = {
    " ": "Type at least one word",
    "🙂 …!": "Type at least one word",
    "word " * 480: "The text has 2,400 characters, and at most 2,000 are read: shorten it by 400.",
}


def test_a_text_that_cannot_be_asked_is_refused_in_a_sentence(open_ask, runs, store):
    app = open_ask()
    for text, message in REFUSED.items():
        app.text_area(key="question").set_value(text)
        app.button(key="ask").click().run()
        assert not app.exception
        assert message in texts(app, "info") and "go on from" not in texts(app, "info")
        assert app.text_area(key="question").value == text, "what was typed stays"
        assert generation_requests.open_requests(store) == []


UNKNOWN = {
    "Zxqv wvvk!": "No word of this text is in the vocabulary of 10,000 words",
    "A film of zxqv.": "1 of 4 words is not in the vocabulary of 10,000 words and is read as “unknown”: zxqv.",
    "A film of zxqv, zxqv and wvvk.": "4 of 7 words are not in the vocabulary of 10,000 words and are read as "
    "“unknown”: zxqv (2 times), and, wvvk.",
    "A film of.": "",
}


def test_unknown_words_are_counted_and_named(open_ask, runs, store):
    file = tokenizer_file(get_dataset("imdb"), None, TextEncoding(), store.root)
    fitted_tokenizer(file, TextEncoding(), ["A film of the year"] * 3)
    for text, message in UNKNOWN.items():
        shown = texts(open_ask(question=text), "markdown")
        assert message in shown
        assert bool(message) == ("unknown" in shown)


def test_what_is_cut_off_a_text_is_said(open_ask, specs, finish, store):
    encoding = TextEncoding(length=5)
    finish(replace(specs["Flatten"][0], encoding=encoding), [0.7] * 5)
    fitted_tokenizer(tokenizer_file(get_dataset("imdb"), None, encoding, store.root), encoding, ["a film of the"] * 3)
    shown = texts(open_ask(question="film " * 7, length="5"), "markdown")
    assert "The last 2 tokens of the text are not read: a text is cut to 5 tokens." in shown
    assert "are not read" not in texts(open_ask(question="film " * 5, length="5"), "markdown")


def test_a_model_that_fails_gives_the_reason_and_can_be_asked_again(open_ask, runs, store):
    answer(store, runs, TEXT, FAILED, (), {runs[0].id: "The weights are damaged."})
    app = open_ask(question=TEXT)
    assert "The weights are damaged." in texts(app, "caption")
    app.button(key="ask_again").click().run()
    assert len(generation_requests.open_requests(store)) == 1


def test_a_read_only_server_is_asked_too(open_ask, runs, store, monkeypatch):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    app = open_ask(question=TEXT)
    app.button(key="ask").click().run()
    assert not app.exception
    request = Request(tuple(run.id for run in runs), TEXT, 1, 1.0, 1, 0)
    assert Answer.of(RunStore(store.root), request).state == QUEUED
    assert generation_requests.open_requests(store) == [], "nothing is written into the cache"
