import json

import pytest

from cache.inference.generation_requests import Answer, InsideRequest, inside_file
from cache.store.store import RunStore
from dashboard.inside.inside_view import SENTENCE
from dashboard.shell import session
from dashboard.shell.permission import Permissions
from tests.dashboard.app_pages.inside.readings import LENGTH, read
from tests.dashboard.pages import texts


def test_a_click_asks_the_process(open_inside, run, store):
    app = open_inside()
    assert app.multiselect(key="inside_models").value == [run.id]
    about = "classes from 200 training texts of Rotten Tomatoes sentences, 1 epoch, test accuracy"
    assert f"{run.title}: {about}" in texts(app, "caption")
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


def test_problem_of_a_model_is_reported_and_can_be_tried_again(open_inside, run, store):
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
    assert app.select_slider(key="inside_weights").value == "Before training"
    assert app.selectbox(key="inside_order").value == "As they are"
    assert json.loads(app.get("bidi_component")[0].proto.json)["pins"] == [[1, 2]]


@pytest.mark.parametrize("text", ["", "   ", "…!?", "x" * 2_001])
def test_text_that_cannot_be_read_is_one_sentence(open_inside, run, text):
    app = open_inside(inside_text=text)
    assert not app.exception
    assert len(app.info) == 1 or app.text_area(key="inside_text").value == SENTENCE


def test_read_only_cache_is_asked_and_stays_as_it_is(open_inside, run, store, monkeypatch):
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    before = sorted((path, path.stat().st_mtime_ns) for path in store.root.rglob("*"))
    app = open_inside()
    app.button(key="look").click().run()
    assert not app.exception
    assert Answer.of(RunStore(store.root), InsideRequest((run.id,), SENTENCE)).state == "queued"
    assert sorted((path, path.stat().st_mtime_ns) for path in store.root.rglob("*")) == before


def test_visitor_who_may_only_look_where_others_train_cannot_ask(open_inside, run, monkeypatch):
    monkeypatch.setattr(session, "permissions", lambda: Permissions(True, "You have not signed in."))
    app = open_inside()
    assert "No text can be read: You have not signed in." in texts(app, "caption")
    assert not [each for each in app.button if each.key == "look"]


def test_another_text_is_compared_with_the_first(open_inside, run, store):
    read(store, run)
    read(store, run, text="so bad")
    app = open_inside(another_open="true", inside_other="so bad")
    assert not app.exception
    tables = [each.value for each in app.dataframe if "The other text" in each.value]
    assert [(each["Your text"].tolist(), each["Change"].tolist()) for each in tables] == [([50.0], [0.0])]


def test_pins_of_a_longer_text_are_left_out(open_inside, run, store):
    read(store, run, text="so bad")
    app = open_inside(inside_text="so bad", pins=["1.0", "13.0", "999.999", "1.500"])
    assert not app.exception
    data = json.loads(app.get("bidi_component")[0].proto.json)
    assert data["pins"] == [[1, 0]]


def test_pin_stays_at_its_unit_in_another_order(open_inside, run, store):
    read(store, run)

    def pinned(order):
        app = open_inside(inside_order=order, inside_units="All", pins="3u17")
        assert not app.exception
        data = json.loads(app.get("bidi_component")[0].proto.json)
        ((token, row),) = data["pins"]
        return token, row, data["models"][0]["units"][row]

    by_change, as_they_are = pinned("By change"), pinned("As they are")
    assert as_they_are == (3, 17, 17)
    assert by_change[::2] == (3, 17) and by_change[1] != 17


def test_what_is_cut_is_said(open_inside, run, store):
    text = "so bad " * LENGTH
    read(store, run, text=text.strip())
    app = open_inside(inside_text=text.strip())
    assert not app.exception
    assert f"The last {LENGTH} tokens of the text are not read: a text is cut to {LENGTH} tokens." in texts(
        app, "markdown"
    )


def test_pooling_of_a_recurrent_layer_is_shown(open_inside, run, store, small_spec, finish):
    stack = 'Embedding(4), LSTM(4, return_sequences=True), GlobalMaxPooling1D(), Dense(4, "relu")'
    pooled = finish(small_spec("composed", hyperparameters={"stack": stack}), [0.7])
    read(store, pooled)
    app = open_inside(inside_models=pooled.title)
    assert not app.exception
    assert "h_max" in app.get("bidi_component")[0].proto.json


def test_models_without_states_say_their_answers(open_inside, run, store, small_spec, finish):
    flat = finish(small_spec("flatten"), [0.7])
    read(store, flat)
    app = open_inside(inside_models=flat.title)
    assert not app.exception
    assert "The probability of “positive” is 50.0%. It was on this side after every token." in texts(app, "markdown")


def test_equalities_of_one_direction_are_not_said_of_two(open_inside, run, store):
    read(store, run)
    app = open_inside(returns_open="true", inside_flags="Bidirectional")
    assert "They do not hold for both together" in texts(app, "caption") and "Largest" not in texts(app, "markdown")


def test_flags_draw_what_comes_out_and_at_which_token(open_inside, run, store):
    read(store, run)
    app = open_inside(returns_open="true", inside_flags=["Bidirectional", "return_state"], inside_merge_mode="sum")
    assert not app.exception
    (drawn,) = [each for each in app.get("vega_lite_chart") if "Filled" in each.proto.alt]
    assert 'merge_mode="sum"' in drawn.proto.alt
    assert "The two directions are added." in texts(app, "caption")
    app = open_inside(returns_open="true", inside_flags=["return_sequences", "go_backwards"])
    assert "Row 1 is at “say”, row 20 at “7 × padding”." in texts(app, "caption")


def test_a_link_chooses_the_map_and_the_layer(open_inside, run, store):
    read(store, run)
    query = {"inside_map": f"{run.title}: LSTM, forward: Forget gate f", "numbers_open": "true", "returns_open": "true"}
    app = open_inside(**query, inside_returns_layer=f"{run.title}: LSTM, backward")
    assert not app.exception
    assert app.selectbox(key="inside_map").value == query["inside_map"]
    assert app.selectbox(key="inside_returns_layer").value.endswith("backward")
    assert not open_inside(**query | {"inside_map": "none"}).exception


def test_a_link_without_a_model_means_the_same_after_more_trainings(open_inside, run, small_spec, finish):
    finish(small_spec("lstm", train_examples=150), [0.9])
    assert open_inside().multiselect(key="inside_models").value == [run.id]


def test_guide_asks_first_and_then_moves_the_cursor(open_inside, run, store):
    read(store, run)
    app = open_inside()
    app.button(key="guide_begin").click().run()
    assert "1 of 8" in texts(app, "markdown") and "After “i” alone" not in texts(app, "markdown")
    app.button(key="guide_on").click().run()
    assert "After “i” alone it says 50%" in texts(app, "markdown")
    app.button(key="guide_on").click().run()
    assert app.query_params["guide"] == "2"
    app.button(key="guide_end").click().run()
    assert not app.exception and app.button(key="guide_begin")


def test_models_with_weights_are_offered_however_many_runs_without_came_later(open_inside, store, small_spec, finish):
    first = finish(small_spec("gru"), [0.7])
    for seed in range(1, 4):
        later = finish(small_spec("flatten", seed=seed), [0.7])
        (store.files_dir(later.id) / "best_weights.npz").unlink()
    assert store.ids_with_weights() == [first.id]
    assert open_inside().multiselect(key="inside_models").options == [first.title]


def test_layers_follow_the_chosen_models(open_inside, run, store, small_spec, finish):
    read(store, run)
    app = open_inside()
    (first,) = app.multiselect(key="inside_layers").value
    other = finish(small_spec("lstm", seed=1), [0.8])
    app.run()
    read(store, run, other)
    app.multiselect(key="inside_models").set_value([run.id, other.id]).run()
    assert not app.exception
    assert app.multiselect(key="inside_layers").value == [first, first.replace(run.title, other.title)]
    app.multiselect(key="inside_models").set_value([run.id]).run()
    assert app.multiselect(key="inside_layers").value == [first]


@pytest.mark.parametrize("damage", [b"", b"PK", None])
def test_damaged_answer_is_reported_and_can_be_read_again(open_inside, run, store, damage):
    read(store, run)
    request = InsideRequest((run.id,), SENTENCE)
    file = inside_file(store.root, request, run.id)
    file.unlink() if damage is None else file.write_bytes(damage)
    app = open_inside()
    assert not app.exception
    assert "cannot be read" in texts(app, "error")
    app.button(key=f"read {run.title} {request.key}").click().run()
    assert not app.exception
    assert Answer.of(store, request).state == "queued"


def test_process_is_started_once_while_the_reader_types(open_inside, run, store, early_starts):
    app = open_inside()
    app.text_area(key="inside_text").set_value("so bad").run()
    assert early_starts == [[run.id]]


def test_process_is_not_started_for_what_was_read(open_inside, run, store, early_starts):
    read(store, run)
    open_inside()
    assert early_starts == []
