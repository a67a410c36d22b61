import pytest

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, Request
from cache.inference.request_store import request_store
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED, RUNNING
from models.training.generation import Candidate, Step
from tests.dashboard.pages import texts
from tests.fitted import fitted_tokenizer

ME = ProcessIdentity.current().to_json()
STEP = Step("be_st", 0.2, 0.4, (Candidate("film", 0.3, 0.5), Candidate("be_st", 0.2, 0.4)))


@pytest.fixture
def started(monkeypatch):
    calls = []
    monkeypatch.setattr(generation_requests, "ensure_process", calls.append)
    return calls


@pytest.fixture
def open_generate(open_page, started):
    return lambda **query: open_page("generate", **query)


@pytest.fixture
def runs(small_spec, finish):
    return [finish(small_spec(name), [0.1, 0.12]) for name in ("next_word_gru", "next_word_lstm")]


def request(runs, **changes):
    values = {"text": "This film is one of the", "num_words": 20, "temperature": 0.8, "top_k": 20, "seed": 0}
    return Request(runs=tuple(run.id for run in runs), **values | changes)


def answer(store, asked, state=DONE, steps=(STEP, STEP), problems=()):
    generation_requests.ask(store, asked)
    found = Answer(state, "Written", ME, dict.fromkeys(asked.runs, steps), dict(problems))
    found.write(store, asked)


def test_without_a_model_the_page_shows_where_to_train_one(open_generate, small_spec, finish):
    finish(small_spec("lstm"), [0.8])
    app = open_generate()
    assert not app.exception
    assert "Train one on Compare" in texts(app, "info")


def test_models_are_called_by_their_size_and_seed(open_generate, small_spec, finish):
    small = {"units": 32, "embedding_dim": 32}
    run = finish(small_spec("next_word_gru", hyperparameters=small), [0.1, 0.12])
    app = open_generate()
    assert app.multiselect(key="writers").options == [f"GRU (32 units), seed 0 (run {run.id})"]


def test_the_latest_of_each_model_is_chosen_and_asked(open_generate, runs, store, started):
    app = open_generate()
    assert app.multiselect(key="writers").value == [run.id for run in runs]
    app.button(key="write").click().run()
    assert not app.exception
    assert Answer.of(store, request(runs))
    assert "Loading TensorFlow" in texts(app, "caption")
    assert started


def test_what_is_written_is_shown_as_it_is_with_what_was_weighed(open_generate, runs, store):
    answer(store, request(runs))
    app = open_generate()
    assert not app.exception
    assert "**be\\_st be\\_st**" in " ".join(element.value for element in app.markdown)
    assert "test perplexity 2" in texts(app, "caption")
    assert len(app.get("vega_lite_chart")) + len(app.get("arrow_vega_lite_chart")) == 2
    app.slider(key="word").set_value(2).run()
    assert not app.exception


def test_while_it_is_written_it_is_followed(open_generate, runs, store):
    answer(store, request(runs), RUNNING, (STEP,))
    app = open_generate()
    assert "be_st" in texts(app, "markdown")
    assert not [button for button in app.button if button.key == "another"]


def test_a_request_that_was_forgotten_meanwhile_can_be_asked_again(open_generate, runs, store):
    app = open_generate()
    app.button(key="write").click().run()
    with store.db.transaction() as db:
        db.execute("DELETE FROM inference_requests")
    app.run()
    assert not app.exception
    app.button(key="write").click().run()
    assert Answer.of(store, request(runs))


def test_another_text_is_another_draw(open_generate, runs, store):
    answer(store, request(runs))
    app = open_generate()
    app.button(key="another").click().run()
    assert not app.exception
    assert app.number_input(key="draw").value == 1 and app.number_input(key="draw").label == "Seed"
    assert Answer.of(store, request(runs, seed=1))


def test_a_model_that_could_not_write_gives_the_reason(open_generate, runs, store):
    answer(store, request(runs), FAILED, (), {runs[0].id: "The weights are gone."})
    app = open_generate()
    assert "The weights are gone." in texts(app, "error")


def test_another_text_is_of_the_text_in_the_field_now(open_generate, runs, store):
    answer(store, request(runs))
    app = open_generate()
    app.text_area(key="text").set_value("The plot of the")
    app.button(key="another").click().run()
    assert Answer.of(store, request(runs, text="The plot of the", seed=1))


@pytest.mark.parametrize(("text", "shown"), [("🙂 …", "Type at least one word"), ("a " * 1_200, "shorten it by 400")])
def test_a_text_that_no_model_can_read_is_refused_in_a_sentence(open_generate, runs, store, text, shown):
    app = open_generate()
    app.text_area(key="text").set_value(text).run()
    assert shown in texts(app, "info")
    assert not [button for button in app.button if button.key == "write"]


def test_unknown_words_are_named_before_anything_is_written(open_generate, runs, store):
    file = generation_requests.vocabulary_file(store.root, runs[0].spec)
    fitted_tokenizer(file, runs[0].spec.encoding, ["this film is the one"] * 3)
    app = open_generate()
    assert "1 of 6 words is not in the vocabulary of 1,000 words and is read as “unknown”: of." in texts(
        app, "markdown"
    )


def test_a_text_is_shown_as_the_examples_that_it_would_become(open_generate, runs, store):
    assert "Press Write" in texts(open_generate(prefixes_open="true"), "caption")
    file = generation_requests.vocabulary_file(store.root, runs[0].spec)
    fitted_tokenizer(file, runs[0].spec.encoding, ["this film is the one"] * 3)
    app = open_generate(prefixes_open="true", text="This film is of one")
    assert not app.exception
    table = app.dataframe[-1].value
    numbers = [row.split() for row in table["Tokens read"]]
    assert {len(row) for row in numbers} == {runs[0].spec.encoding.length}
    assert [row.count("0") for row in numbers] == [runs[0].spec.encoding.length - size for size in (1, 2, 3, 4)]
    assert table["Words read"].tolist()[:2] == ["this", "this film"]
    assert table["Next word"].tolist() == ["film", "is", "<OOV>", "one"]
    assert table["Next token"].tolist()[2] == "1 (left out)"


@pytest.mark.parametrize(("key", "value"), [("text", " "), ("writers", [])])
def test_what_is_missing_is_reported(open_generate, runs, key, value):
    app = open_generate()
    (app.text_area if key == "text" else app.multiselect)(key=key).set_value(value).run()
    assert not app.exception
    assert len(app.info) == 1
    assert not [button for button in app.button if button.key == "write"]


def test_weights_that_were_deleted_take_a_run_off_the_list(open_generate, runs, store):
    (store.files_dir(runs[0].id) / "best_weights.npz").unlink()
    app = open_generate()
    assert app.multiselect(key="writers").value == [runs[1].id]


def test_a_read_only_server_writes_and_keeps_nothing_in_the_cache(open_generate, runs, store, monkeypatch):
    answer(store, request(runs))
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    app = open_generate()
    assert "be" in texts(app, "markdown")
    app.button(key="another").click().run()
    assert not app.exception
    assert Answer.of(RunStore(store.root), request(runs, seed=1)).state == "queued"
    assert generation_requests.open_requests(store) == []


def test_a_read_only_server_shows_examples_with_the_vocabulary_that_it_has_made(
    open_generate, runs, store, monkeypatch
):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    file = generation_requests.vocabulary_file(request_store(RunStore(store.root)).root, runs[0].spec)
    fitted_tokenizer(file, runs[0].spec.encoding, ["this film is the one"] * 3)
    app = open_generate(prefixes_open="true", text="This film")
    assert not app.exception
    assert app.dataframe[-1].value["Next word"].tolist() == ["film"]
