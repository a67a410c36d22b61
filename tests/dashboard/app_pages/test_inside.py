import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from cache.core.checksums import checksum
from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest, embedding_file, inside_file, vocabulary_file
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED
from dashboard.inside.inside_view import SENTENCE
from dashboard.inside.openable import trained_models, untrained_models
from dashboard.shell import session
from dashboard.shell.permission import Permissions
from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.encoded import fit_tokenizers
from models.encoded.fitted import read_tokenizer
from models.encoded.test_split import path_of_test_split
from models.experiments.spec import RunSpec
from models.inside.embeddings import save_embedding
from models.inside.maps import maps_of, shown_layers
from models.inside.readings import Reading, Readings
from models.training.run_files import BEST_WEIGHTS, save_arrays, save_predictions
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


def read(store, run, text=SENTENCE, problems=(), is_fresh=False, others=(), spec=None, kept_epoch=None):
    """Leaves the answer of a process that has read the text: with the run's model or, if there is one, with that of a
    spec; and with ``others``, which say 25% and 75% in turn."""
    spec, model = spec or run.spec, spec.to_json() if spec else run.id
    request = InsideRequest((model,), text, is_fresh, tuple(others), kept_epoch)
    generation_requests.ask(store, request)
    Answer(FAILED if problems else DONE, "Read", ME, {}, dict(problems)).write(store, request)
    if not problems:
        layers = {
            key: Reading({each.key: np.zeros((LENGTH, layer.units)) for each in maps_of(layer)}, np.ones(layer.units))
            for key, _, layer in shown_layers(spec.layers())
        }
        halves = np.full((len(text.replace(",", "").split()), 1), 0.5)
        seeds = np.stack([halves / 2, 1.5 * halves])[: len(others)]
        Readings(np.zeros(LENGTH), halves, halves, np.ones(LENGTH), layers, seeds).save(
            inside_file(store.root, request, model)
        )


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


def train_embedding(store, run, after=1.0):
    """Leaves vectors before training, and weights in which "not" moved by five times ``after``, "as" by two."""
    size = (run.spec.encoding.vocabulary_size, 16)
    before = np.random.default_rng(0).normal(size=size).astype(np.float32)
    change = np.zeros(size, np.float32)
    words = read_tokenizer(vocabulary_file(store.root, run.spec)).get_vocab()
    change[words["not"], 0], change[words["as"], 3] = 5 * after, 2 * after
    save_embedding(embedding_file(store.root, run.id), before)
    file = store.files_dir(run.id) / BEST_WEIGHTS
    save_arrays(file, [before + change])
    with store.db.transaction() as db:
        files = json.dumps({**run.files, BEST_WEIGHTS: checksum(file)})
        db.execute("UPDATE runs SET files = ? WHERE id = ?", (files, run.id))


def test_embeddings_show_the_word_that_moved_most_its_neighbours_and_all_words(open_inside, run, store):
    read(store, run)
    train_embedding(store, run)
    app = open_inside(embeddings_open="true")
    assert app.text_input(key="inside_word").placeholder == "not"
    assert "“not” moved by 5.000, further than 100% of all words" in texts(app, "markdown")
    moved = app.dataframe[-1].value
    assert moved["Word"].tolist()[:2] == ["not", "as"]
    assert moved[f"Moved: {run.title}"].tolist()[:3] == pytest.approx([5, 2, 0], abs=1e-5)
    app.text_input(key="inside_word").set_value("As ").run()
    assert "“as” moved by 2.000" in texts(app, "markdown") and len(app.dataframe[-2].value) == 10


def test_embeddings_of_two_models_say_which_neighbours_they_share(open_inside, run, store, finish, small_spec):
    other = finish(small_spec("gru"), [0.8])
    for each, after in ((run, 0.0), (other, 0.0)):
        train_embedding(store, each, after)
    request = InsideRequest((run.id, other.id), SENTENCE)
    for each in (run, other):
        read(store, each)
        shutil.copy(
            inside_file(store.root, InsideRequest((each.id,), SENTENCE), each.id),
            inside_file(store.root, request, each.id),
        )
    generation_requests.ask(store, request)
    Answer(DONE, "Read", ME, {}, {}).write(store, request)
    app = open_inside(embeddings_open="true", inside_models=[run.title, other.title], inside_word="as")
    shown = texts(app, "markdown")
    assert "After training, the two models share 10 of 10 neighbours (100%)" in shown
    assert shown.count("“as” did not move") == 2 and "Both models began with the same vectors" in shown


@pytest.mark.parametrize("word", ["xyzzy", "<b>bad</b>", "<PAD>", "$x$ :red[a]", "x" * 500])
def test_word_that_is_not_in_the_vocabulary_is_one_sentence(open_inside, run, store, word):
    read(store, run)
    train_embedding(store, run)
    app = open_inside(embeddings_open="true", inside_word=word)
    expected = "at most 100 are read: shorten it by 400" if len(word) == 500 else "is not in the vocabulary"
    assert [each.value for each in app.info if expected in each.value]
    assert "<b>" not in texts(app, "info").replace("<b>bad</b>", "")


def test_click_asks_for_the_vectors_before_training(open_inside, run, store):
    read(store, run)
    app = open_inside(embeddings_open="true")
    app.button(key="embeddings_ask").click().run()
    assert not app.exception
    assert Answer.of(store, InsideRequest((run.id,), SENTENCE, is_fresh=True)).state == "queued"


def test_read_only_cache_computes_the_vectors_before_training_beside_it(open_inside, run, store, monkeypatch):
    read(store, run)
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    app = open_inside(embeddings_open="true")
    assert app.get("bidi_component"), "what was read before is there"
    app.button(key="embeddings_ask").click().run()
    assert not app.exception
    assert Answer.of(RunStore(store.root), InsideRequest((run.id,), SENTENCE, is_fresh=True)).state == "queued"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda store, run: (store.files_dir(run.id) / BEST_WEIGHTS).write_bytes(b"x"), "are damaged: train it again"),
        (lambda store, run: embedding_file(store.root, run.id).write_bytes(b"PK\x03\x04"), "cannot be read"),
        (lambda store, run: train_embedding(store, run, np.nan), "contain NaN or infinity"),
    ],
)
def test_vectors_that_cannot_be_used_are_one_sentence(open_inside, run, store, damage, message):
    read(store, run)
    train_embedding(store, run)
    damage(store, run)
    app = open_inside(embeddings_open="true")
    assert not app.exception and message in texts(app, "error")


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
    asked = InsideRequest((run.id, other.id), SENTENCE)
    generation_requests.ask(store, asked)
    Answer(DONE, "Read", ME, {}, {}).write(store, asked)
    for each in asked.runs:
        file = inside_file(store.root, InsideRequest((run.id,), SENTENCE), run.id)
        shutil.copyfile(file, inside_file(store.root, asked, each))
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
    read(store, run, others=[other.id])
    asked = InsideRequest((run.id,), SENTENCE, others=(other.id,))
    Answer(DONE, "Read", ME, {}, {other.id: "The weights of it are damaged."}).write(store, asked)
    app = open_inside(inside_models=[run.title], inside_seeds="true")
    assert "are damaged" in texts(app, "error") and len(app.get("bidi_component")) == 1


TEXTS = ["all agree, rightly", "they disagree", "so very bad " * 30, "all agree, wrongly"]


@pytest.fixture
def two_models(run, store, finish, small_spec):
    """Two runs that disagree on the second of four test texts, and are both wrong on the last one."""
    other = finish(small_spec("gru"), [0.8])
    for each, positive in ((run, [0.1, 0.2, 0.9, 0.9]), (other, [0.1, 0.8, 0.8, 0.8])):
        save_predictions(store.files_dir(each.id), {1: np.array(positive, np.float32)})
    file = path_of_test_split(get_dataset(run.spec.dataset), store.root)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_splits(file, {"test": Split(TEXTS, [0, 1, 1, 0])})
    return run, other


def test_contested_test_texts_come_first_and_can_be_read(open_inside, two_models, store):
    app = open_inside(inside_models=[each.title for each in two_models], test_texts_open="true")
    choice = app.selectbox(key="inside_test_text")
    assert [label.split(":")[0] for label in choice.options] == [
        "2, positive, 1 of 2 right", "4, negative, 0 of 2 right", "3, positive, 2 of 2 right",
        "1, negative, 2 of 2 right",
    ]  # fmt: skip
    assert max(map(len, choice.options)) < 120 and choice.value is None
    assert "first those on which the chosen models disagree" in texts(app, "caption")
    choice.set_value(3).run()
    assert not app.exception
    assert app.text_area(key="inside_text").value == TEXTS[3]
    assert "This is test text 4 of Rotten Tomatoes sentences. Its true class is **negative**" in texts(app, "markdown")
    app.text_area(key="inside_text").set_value("my own words").run()
    assert app.selectbox(key="inside_test_text").value is None and "true class" not in texts(app, "markdown")


def test_true_class_of_a_linked_test_text_is_reported_while_the_list_is_closed(open_inside, two_models):
    app = open_inside(inside_text=TEXTS[2])
    assert "Its true class is **positive**" in texts(app, "markdown") and not app.selectbox


def test_test_texts_that_are_not_in_the_cache_are_offered_to_be_read(open_inside, run, store, started_tasks):
    app = open_inside(test_texts_open="true")
    assert "they must be read once" in texts(app, "caption")
    app.button(key="read_inside").click().run()
    assert not app.exception
    assert [(root, task.dataset) for root, task in started_tasks] == [(store.root, run.spec.dataset)]


def test_test_texts_without_answers_come_in_their_order(open_inside, two_models, store):
    app = open_inside(test_texts_open="true", inside_weights="Before training", inside_models=["Flatten, not trained"])
    assert "are not in this cache: here are the first texts" in texts(app, "caption")
    assert app.selectbox(key="inside_test_text").options[0] == "1, negative: all agree, rightly"


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


def test_process_is_started_once_while_the_reader_types(open_inside, run, store, early_starts):
    app = open_inside()
    app.text_area(key="inside_text").set_value("so bad").run()
    assert early_starts == [[run.id]]


def test_process_is_not_started_for_what_was_read(open_inside, run, store, early_starts):
    read(store, run)
    open_inside()
    assert early_starts == []
