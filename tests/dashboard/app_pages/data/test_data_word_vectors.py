import re

import pytest

from cache.core.processes import ProcessIdentity
from cache.tasks.add_vectors import ADD_VECTORS, UPLOADS, AddVectors
from cache.tasks.task_status import CANCELLED, DONE, FAILED, RUNNING, TaskStatus
from cache.tasks.text_tasks import CountCoverage
from dashboard.shell import session
from models.text.encoding import TextEncoding
from models.vectors import word_vectors
from models.vectors.word_vectors import add_vectors, registered
from tests.cache.cli.test_vector_commands import NOTES, odd_vectors  # noqa: F401
from tests.dashboard.pages import texts

VIEW = {"data_view": "Word vectors", "dataset": "Rotten Tomatoes sentences"}


@pytest.fixture
def open_vectors(open_page, started_tasks):
    """Opens the word vectors; no process is started."""
    yield lambda page="data", **query: open_page(page, **query or VIEW)
    word_vectors._known.contents = {}


@pytest.fixture
def glove(store, tmp_path):
    file = tmp_path / "glove*.txt"
    file.write_text("the 1 2 3\na 3 2 1\nfilm 0.5 0.25 1\n")

    def add():
        with file.open("rb") as opened:
            return add_vectors(store.root, opened, file.name, "Small GloVe")[0]

    add.file = file
    return add


def fill(app, path):
    app.text_input(key="vectors_path_0").set_value(str(path)).run()
    app.button(key="add_vectors").click().run()
    assert not app.exception
    return app


def test_an_empty_state_shows_what_to_bring(open_vectors):
    app = open_vectors()
    assert "No file was added yet" in texts(app, "info") and app.button(key="add_vectors").disabled
    assert "stand in for GloVe" in texts(app, "markdown")


def test_a_path_is_added_by_a_process_of_its_own(open_vectors, store, glove, started_tasks):
    app = fill(open_vectors(), glove.file)
    assert started_tasks == [(store.root, AddVectors(str(glove.file), "glove"))]
    assert not app.text_input(key="vectors_path_1").value  # ready for the next
    app = fill(open_vectors(), "/nowhere.txt")
    assert "There is no file /nowhere.txt on the machine" in texts(app, "error") and len(started_tasks) == 1
    assert app.text_input(key="vectors_path_0").value == "/nowhere.txt"  # what was typed is still there


def test_an_upload_is_kept_for_the_process(open_vectors, store, glove, started_tasks):
    app = open_vectors()
    app.get("file_uploader")[0].upload("mine.txt", glove.file.read_bytes(), "text/plain")
    app.run()
    app.button(key="add_vectors").click().run()
    assert not app.exception
    (kept,) = (store.root / UPLOADS).iterdir()
    assert kept.read_bytes() == glove.file.read_bytes()
    assert started_tasks == [(store.root, AddVectors(str(kept), "mine", "mine.txt"))]


@pytest.mark.parametrize(
    ("state", "kind", "expected"),
    [
        (RUNNING, "info", "Reading: *20,000* words"),
        (DONE, "success", "Reading: *20,000* words"),
        (FAILED, "error", "Nothing was added: Reading: *20,000* words"),
        (CANCELLED, "info", "Reading: *20,000* words"),
    ],
)
def test_how_the_addition_stands_is_reported_until_it_is_dismissed(open_vectors, store, state, kind, expected):
    owner = ProcessIdentity.current().to_json()
    TaskStatus(state, "Reading: *20,000* words", owner, 1.0).write(ADD_VECTORS.status_file(store.root))
    app = open_vectors()
    assert expected in texts(app, kind)
    buttons = {button.key for button in app.button}
    assert ("add_vectors" in buttons) == (state != RUNNING) and ("stop_adding" in buttons) == (state == RUNNING)
    if state != RUNNING:
        app.button(key="dismiss_adding").click().run()
        assert expected not in texts(app, kind)


def test_what_was_left_out_of_a_file_is_reported(open_vectors, store, odd_vectors):  # noqa: F811
    assert AddVectors(str(odd_vectors), "Odd").run(store.root).state == DONE
    shown = texts(open_vectors(), "success")
    assert "“Odd”: 2 words of 2 dimensions" in shown and all(note in shown for note in NOTES)


def test_vectors_are_listed_counted_and_deleted(open_vectors, store, glove, started_tasks):
    added = glove()
    app = open_vectors()
    shown = " ".join(each.value for each in app.markdown)
    assert re.search(r"3 words of 3 dimensions, [\d.]+ (bytes|kB), from glove\\\*", shown), shown
    app.button(key="cover").click().run()
    task = CountCoverage(added.name, "rotten_tomatoes", None, TextEncoding())
    assert started_tasks == [(store.root, task)]
    assert task.run(store.root).state == DONE
    app = open_vectors()
    figures = {metric.label: metric.value for metric in app.metric}
    assert (
        figures["Vocabulary with a vector"] == "0.0%" and 5 < float(figures["Training tokens with a vector"][:-1]) < 20
    )
    assert "3 of 9,998 words in the vocabulary" in texts(app, "caption") and len(app.get("vega_lite_chart")) == 1
    app.button(key=f"delete {added.name}").click().run()
    assert not app.exception and not registered() and "No file was added yet" in texts(app, "info")


def test_vectors_that_a_run_waits_for_are_kept(open_vectors, store, glove, small_spec):
    name = glove().name
    store.submit([small_spec("transfer", hyperparameters={"vectors": name, "embedding_dim": 3})], 1, "cpu")
    app = open_vectors()
    app.button(key=f"delete {name}").click().run()
    assert "is needed by runs in training or waiting" in texts(app, "error") and registered()


def test_a_read_only_cache_takes_nothing(open_vectors, glove, monkeypatch):
    glove()
    open_vectors()
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    session._store_at.clear()
    app = open_vectors()
    assert "This cache is read-only" in texts(app, "info") and app.button(key="cover").disabled
    assert not [button for button in app.button if button.key.startswith(("add_vectors", "delete"))]


def test_compare_offers_them_by_title_and_takes_their_dimension(open_vectors, glove):
    glove()
    choose = {"models": "Transfer", "dataset": "Rotten Tomatoes sentences", "seeds": "1", "details_open": "true"}
    app = open_vectors("compare", **choose)
    field = app.selectbox(key="transfer.vectors")
    assert field.options == ["word2vec of the dataset", "Small GloVe"]
    assert "1,065,153 parameters: 65,153 trainable, 1,000,000 frozen" in texts(app, "markdown")
    field.select("Small GloVe").run()
    assert not app.exception and not app.error
    assert app.number_input(key="transfer.embedding_dim 3").disabled
    assert "64,113 parameters: 34,113 trainable, 30,000 frozen" in texts(app, "markdown")
    assert "# model.layers[0].set_weights([matrix])" in app.code[0].value and "Small GloVe" in app.code[0].value
    linked = open_vectors("compare", **choose, **{"transfer.vectors": "Small GloVe"})
    assert linked.selectbox(key="transfer.vectors").value == field.value or "Small GloVe" in texts(linked, "markdown")


def test_a_link_to_vectors_that_are_not_here_is_reported(open_vectors):
    app = open_vectors("compare", **{"models": "Transfer", "transfer.vectors": "Their GloVe"})
    assert "asks for “Their GloVe” as transfer.vectors" in texts(app, "warning")


def test_trainable_parameters_stand_apart(open_vectors, store, finish, small_spec):
    run = finish(small_spec("transfer", hyperparameters={"embedding_dim": 3}), [0.6, 0.7])
    app = open_vectors("runs", run=str(run.id))
    figures = {metric.label: metric.value for metric in app.metric}
    assert (figures["Parameters"], figures["Trainable"], figures["Frozen"]) == ("37,113", "34,113", "3,000")
    assert app.dataframe[0].value["trainable_parameters"].tolist() == [34_113]
