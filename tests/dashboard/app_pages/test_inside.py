import json
import shutil

import numpy as np
import pytest

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest, inside_file, vocabulary_file
from cache.tasks.task_status import DONE, FAILED
from dashboard.inside.inside_view import SENTENCE
from models.encoded.encoded import fit_tokenizers
from models.inside.maps import maps_of, shown_layers
from models.inside.readings import Reading, Readings
from tests.dashboard.pages import texts

ME = ProcessIdentity.current().to_json()
LENGTH = 20


@pytest.fixture
def open_inside(open_page, monkeypatch):
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    return lambda **query: open_page("inside", **query)


@pytest.fixture
def run(store, small_spec, finish, small_data, data_root):
    run = finish(small_spec("lstm"), [0.8])
    if not vocabulary_file(data_root, run.spec).exists():
        fit_tokenizers(run.spec.data, run.spec.train_examples, [run.spec.encoding], data_root)
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    return run


def read(store, run, text=SENTENCE, problems=(), is_fresh=False):
    """Leaves the answer of a process that has read the text."""
    request = InsideRequest((run.id,), text, is_fresh)
    generation_requests.ask(store, request)
    Answer(FAILED if problems else DONE, "Read", ME, {}, dict(problems)).write(store, request)
    if not problems:
        layers = {
            key: Reading({each.key: np.zeros((LENGTH, layer.units)) for each in maps_of(layer)}, np.ones(layer.units))
            for key, _, layer in shown_layers(run.spec.layers())
        }
        halves = np.full((len(text.replace(",", "").split()), 1), 0.5)
        Readings(np.zeros(LENGTH), halves, halves, np.ones(LENGTH), layers).save(
            inside_file(store.root, request, run.id)
        )


def test_without_a_model_the_page_says_where_to_train_one(open_inside):
    app = open_inside()
    assert not app.exception
    assert "Train one on Compare" in texts(app, "info")


def test_a_click_asks_the_process(open_inside, run, store):
    app = open_inside()
    assert app.multiselect(key="inside_models").value == [run.id]
    app.button(key="look").click().run()
    assert not app.exception
    assert Answer.of(store, InsideRequest((run.id,), SENTENCE))
    assert "Loading TensorFlow" in texts(app, "caption")


def test_what_was_read_is_shown_with_one_cursor_and_as_a_table(open_inside, run, store):
    read(store, run)
    app = open_inside()
    assert not app.exception
    (component,) = app.get("bidi_component")
    data = json.loads(component.proto.json)
    assert [each["text"] for each in data["tokens"]][:3] == ["7 × padding", "i", "expected"]
    assert [each["title"] for each in data["models"]] == [f"{run.title}: LSTM, forward"]
    assert len(data["models"][0]["units"]) == 16
    assert app.dataframe[0].value["Left out"].tolist()[0] == "i"
    app.segmented_control(key="inside_units").set_value("All").run()
    assert len(json.loads(app.get("bidi_component")[0].proto.json)["models"][0]["units"]) == 32


def test_problem_of_a_model_is_said_and_can_be_tried_again(open_inside, run, store):
    read(store, run, problems={run.id: "The weights are <b>damaged</b>."})
    app = open_inside()
    assert "damaged" in texts(app, "error")
    assert app.button(key="look_again")


def test_link_chooses_text_weights_and_order(open_inside, run, store):
    read(store, run, text="so bad", is_fresh=True)
    app = open_inside(
        inside_text="so bad", inside_weights="Before training", inside_order="As they are", pins=["1.2", "x"]
    )
    assert app.text_area(key="inside_text").value == "so bad"
    assert app.segmented_control(key="inside_weights").value == "Before training"
    assert app.selectbox(key="inside_order").value == "As they are"
    assert json.loads(app.get("bidi_component")[0].proto.json)["pins"] == [[1, 2]]


@pytest.mark.parametrize("text", ["", "   ", "…!?", "x" * 2_001])
def test_text_that_cannot_be_read_is_one_sentence(open_inside, run, text):
    app = open_inside(inside_text=text)
    assert not app.exception
    assert len(app.info) == 1 or app.text_area(key="inside_text").value == SENTENCE


def test_read_only_cache_says_that_it_cannot(open_inside, run, store, monkeypatch):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    app = open_inside()
    assert not app.exception
    assert not [each for each in app.button if each.key == "look"]


def test_another_text_is_compared_with_the_first(open_inside, run, store):
    read(store, run)
    read(store, run, text="so bad")
    app = open_inside(another_open="true", inside_other="so bad")
    assert not app.exception
    tables = [each.value for each in app.dataframe if "The other text" in each.value]
    assert [(each["Your text"].tolist(), each["Change"].tolist()) for each in tables] == [([50.0], [0.0])]


def test_guide_asks_first_and_then_moves_the_cursor(open_inside, run, store):
    read(store, run)
    app = open_inside()
    app.button(key="guide_begin").click().run()
    assert "1 of 8" in texts(app, "markdown") and "After “i” alone" not in texts(app, "markdown")
    app.button(key="guide_show").click().run()
    assert "After “i” alone it says 50%" in texts(app, "markdown")
    app.button(key="guide_next").click().run()
    assert app.query_params["guide"] == "2"
    app.button(key="guide_end").click().run()
    assert not app.exception and app.button(key="guide_begin")
