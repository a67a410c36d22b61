import json

import numpy as np
import pytest

from cache.core.checksums import checksum
from cache.inference.generation_requests import Answer, InsideRequest, embedding_file, vocabulary_file
from cache.store.store import RunStore
from dashboard.inside.inside_view import SENTENCE
from models.encoded.fitted import read_tokenizer
from models.inside.embeddings import save_embedding
from models.training.run_files import BEST_WEIGHTS, save_arrays
from tests.dashboard.app_pages.inside.readings import read
from tests.dashboard.pages import texts


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
    assert "“not” moved by 5.000, further than all other words" in texts(app, "markdown")
    moved = app.dataframe[-1].value
    assert moved["Word"].tolist()[:2] == ["not", "as"]
    assert moved[f"Moved: {run.title}"].tolist()[:3] == pytest.approx([5, 2, 0], abs=1e-5)
    app.text_input(key="inside_word").set_value("As ").run()
    assert "“as” moved by 2.000" in texts(app, "markdown") and len(app.dataframe[-2].value) == 10


def test_embeddings_of_two_models_say_which_neighbours_they_share(open_inside, run, store, finish, small_spec):
    other = finish(small_spec("gru"), [0.8])
    for each in (run, other):
        train_embedding(store, each, after=0.0)
    read(store, run, other)
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
