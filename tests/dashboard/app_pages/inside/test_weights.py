import json
from dataclasses import replace

import pytest

from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest
from dashboard.inside.inside_view import SENTENCE
from dashboard.inside.openable import trained_models, untrained_models
from models.experiments.spec import RunSpec
from tests.dashboard.app_pages.inside.readings import read
from tests.dashboard.pages import texts


def test_without_a_trained_model_there_are_models_before_training(open_inside, store):
    app = open_inside()
    assert not app.exception
    assert "Train one on Compare" in texts(app, "info")
    models = app.multiselect(key="inside_models")
    assert {"LSTM, not trained", "GRU, not trained"} <= set(models.options)
    assert not app.select_slider
    app.button(key="look").click().run()
    (asked,) = generation_requests.open_requests(store)
    assert asked.is_fresh and [RunSpec.from_json(text).architecture for text in asked.runs] == ["lstm"]


def test_any_architecture_can_be_chosen_before_training(open_inside, run, store):
    app = open_inside()
    assert app.multiselect(key="inside_models").options == [run.title]
    app.select_slider(key="inside_weights").set_value("Before training").run()
    models = app.multiselect(key="inside_models")
    assert models.value == [run.id] and "LSTM, not trained" not in models.options
    (gru,) = [each for each in untrained_models(store, trained_models(store), "tensorflow").values()
              if each.label == "GRU"]  # fmt: skip
    read(store, run, is_fresh=True, spec=gru.spec)
    models.set_value([gru.id]).run()
    assert not app.exception and not app.error
    (component,) = app.get("bidi_component")
    assert [each["title"] for each in json.loads(component.proto.json)["models"]] == ["GRU, not trained: GRU, forward"]
    assert "Embeddings" not in {each.label for each in app.expander}
    app.select_slider(key="inside_weights").set_value("After training").run()
    assert not app.exception and app.multiselect(key="inside_models").value == []
    assert "Choose one to 4 models" in texts(app, "info")


def test_link_opens_an_architecture_before_training(open_inside, run, store):
    (gru,) = [each for each in untrained_models(store, trained_models(store), "tensorflow").values()
              if each.label == "GRU"]  # fmt: skip
    read(store, run, is_fresh=True, spec=gru.spec)
    app = open_inside(inside_models=[gru.title], inside_weights="Before training")
    assert app.multiselect(key="inside_models").value == [gru.id]
    assert not app.warning and len(app.get("bidi_component")) == 1


def test_answers_of_other_seeds_are_a_band(open_inside, run, store, finish, small_spec):
    others = [finish(small_spec("lstm", seed=seed), [0.8]) for seed in (1, 2)]
    read(store, run)
    app = open_inside(inside_models=[run.title])
    assert json.loads(app.get("bidi_component")[0].proto.json)["models"][0]["band"][-1] is None
    app.toggle(key="inside_seeds").set_value(True).run()
    asked = InsideRequest((run.id,), SENTENCE, others=tuple(each.id for each in others))
    assert Answer.of(store, asked), "the text was read, so no click is needed"
    read(store, run, others=asked.others)
    app = open_inside(inside_models=[run.title], inside_seeds="true")
    (model,) = json.loads(app.get("bidi_component")[0].proto.json)["models"]
    assert (model["band"][-1], model["answer_range"]) == ([0.25, 0.75], "0 to 1, band of 3 seeds")
    assert "After the last token they say “positive” with 25% to 75%" in texts(app, "caption")


def test_without_other_seeds_a_sentence_explains_why_there_is_no_band(open_inside, run, store):
    app = open_inside()
    assert not app.toggle
    assert f"No band over seeds for {run.title}: no other seed has weights" in texts(app, "caption")


def test_seed_that_cannot_be_read_does_not_keep_the_model_from_being_shown(open_inside, run, store, finish, small_spec):
    other = finish(small_spec("lstm", seed=1), [0.8])
    read(store, run, others=[other.id], problems={other.id: "The weights of it are damaged."})
    app = open_inside(inside_models=[run.title], inside_seeds="true")
    assert "are damaged" in texts(app, "error") and len(app.get("bidi_component")) == 1


@pytest.fixture
def learnt(run, finish, small_spec):
    """A run that has kept its weights after three epochs, the first of which was the best."""
    return finish(small_spec("lstm", seed=1), [0.8, 0.7, 0.6], keep_weights=True)


def test_slider_offers_the_epochs_whose_weights_all_chosen_models_kept(open_inside, run, learnt):
    app = open_inside(inside_models=[learnt.title])
    slider = app.select_slider(key="inside_weights")
    assert slider.options == ["Before training", "Epoch 1", "Epoch 2", "Epoch 3", "After training"]
    assert slider.value == "After training"
    assert f"the weights of the best epoch, epoch 1 ({learnt.title})" in texts(app, "caption")
    app.multiselect(key="inside_models").set_value([run.id, learnt.id]).run()
    assert app.select_slider(key="inside_weights").options == ["Before training", "After training"]


def test_text_that_was_read_is_read_with_other_weights_without_a_click(open_inside, learnt, store):
    read(store, learnt)
    app = open_inside(inside_models=[learnt.title])
    app.select_slider(key="inside_weights").set_value("Epoch 2").run()
    assert not app.exception
    wanted = InsideRequest((learnt.id,), SENTENCE, kept_epoch=2)
    assert Answer.of(store, wanted).state == "queued"
    app.text_area(key="inside_text").set_value("so bad").run()
    assert Answer.of(store, replace(wanted, text="so bad")) is None and app.button(key="look")


def test_slider_asks_nothing_before_a_text_was_read(open_inside, learnt, store):
    app = open_inside(inside_models=[learnt.title])
    app.select_slider(key="inside_weights").set_value("Epoch 1").run()
    assert Answer.of(store, InsideRequest((learnt.id,), SENTENCE, kept_epoch=1)) is None and app.button(key="look")


def test_link_opens_the_weights_after_an_epoch(open_inside, learnt, store):
    read(store, learnt, kept_epoch=3)
    app = open_inside(inside_models=[learnt.title], inside_weights="Epoch 3")
    assert not app.warning and app.select_slider(key="inside_weights").value == "Epoch 3"
    assert len(app.get("bidi_component")) == 1


def test_model_that_kept_no_weights_shows_how_to_get_them(open_inside, run, store, finish):
    app = open_inside(inside_models=[run.title], epochs_open="true")
    assert f"{run.title} kept no weights during training" in texts(app, "markdown")
    assert "Trained again for 1 epoch. Weights are kept after epoch 1: about" in texts(app, "caption")
    button = app.button(key="keep_epoch_weights")
    assert "Train 1 run again and keep them" in button.label
    button.click().run()
    assert not app.exception
    (waiting,) = store.runs(["queued"])
    assert (waiting.identity, waiting.epochs, waiting.keeps_weights) == (run.identity, run.epochs, True)
    assert "In training or waiting" in texts(app, "caption")


def test_same_model_that_kept_them_is_named(open_inside, run, finish):
    twin = finish(run.spec, [0.8], keep_weights=True)
    app = open_inside(inside_models=[run.title], epochs_open="true")
    assert f"Choose **{twin.title}**: the same model, which has kept them." in texts(app, "markdown")
    assert not [each for each in app.button if each.key == "keep_epoch_weights"]
