import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import RunSpec, Training
from models.text.encoding import OOV_ID, PAD_ID, TextEncoding, fit_tokenizer
from models.text.tokens import token_names
from models.training.events import EpochFinished
from models.training.initial_vectors import embedding_matrix, initial_vectors
from models.training.run_files import load_arrays
from models.training.training import compile_model, train
from models.vectors import word_vectors
from models.vectors.word_vectors import VectorsMissing, add_vectors, delete_vectors

ROOT = Path(__file__).resolve().parents[3]
TEXTS = ["good good good film", "bad bad film unheard"]


@pytest.fixture
def three_words(data_root):
    """A file that knows three words, of four numbers each."""
    lines = b"the 1 2 3 4\nfilm -1 -2 -3 -4\nnowhere 9 9 9 9\na 0.5 0 0.5 0\n"
    added, _ = add_vectors(data_root, io.BytesIO(lines), "three.txt", "Three words")
    yield added
    if word_vectors.registered():
        delete_vectors(data_root, added.name)
    word_vectors._known.contents = {}


@pytest.fixture
def transfer_spec(small_spec):
    def make(vectors=word_vectors.WORD2VEC, embedding_dim=4, embedding="frozen", **changes):
        values = {"vectors": vectors, "embedding_dim": embedding_dim, "embedding": embedding}
        return small_spec("transfer", hyperparameters=values, **changes)

    return make


def test_rows_are_found_or_random_and_padding_is_zeros():
    names = token_names(fit_tokenizer(TextEncoding(10), TEXTS))
    assert names == ["<PAD>", "<OOV>", "good", "bad", "film", "unheard"]
    found = {2: np.full(50, 2.0, np.float32), 3: np.full(50, -2.0, np.float32)}
    matrix = embedding_matrix(names, 10, found, 50)
    assert matrix.shape == (10, 50) and matrix.dtype == np.float32
    assert not matrix[PAD_ID].any() and not matrix[6:].any()
    assert (matrix[2] == 2).all() and (matrix[3] == -2).all()
    strange = matrix[[OOV_ID, 4, 5]]
    assert strange.std() == pytest.approx(2, rel=0.15)  # as far spread as those that were found
    assert len(np.unique(strange.round(4), axis=0)) == 3 and abs(strange).max() <= 2 * 3**0.5 + 1e-6
    again = embedding_matrix(["<PAD>", "film", "good"], 3, {}, 50)
    assert np.corrcoef(again[1], matrix[4])[0, 1] > 0.999  # by its spelling, whatever its number
    assert again.std() < 0.05


def test_a_file_gives_its_words_their_vectors(three_words, transfer_spec, data_root):
    said = []
    matrix = initial_vectors(transfer_spec(three_words.name), data_root, said.append)
    names = token_names_of(data_root)
    assert matrix.shape == (1_000, 4)
    assert matrix[names.index("the")].tolist() == [1, 2, 3, 4] and matrix[names.index("a")].tolist() == [0.5, 0, 0.5, 0]
    assert not (matrix == 9).any() and "Looking up words in Three words" in said
    with pytest.raises(ValueError, match="have 4 dimensions and embedding_dim is 5: set embedding_dim to 4"):
        transfer_spec(three_words.name, embedding_dim=5)


def token_names_of(data_root):
    texts = get_dataset("rotten_tomatoes").load(data_root / "tfds")["train"].texts[:200]
    return token_names(fit_tokenizer(TextEncoding(1_000, 20), texts))


def test_a_spec_of_vectors_from_elsewhere_can_be_read_and_says_what_is_missing(transfer_spec, data_root):
    spec = transfer_spec("vectors_" + 16 * "a", embedding_dim=300)
    again = RunSpec.from_json(spec.to_json())
    assert again == spec and again.num_trainable_params() < again.num_params()
    with pytest.raises(VectorsMissing, match="'vectors_aaaaaaaaaaaaaaaa' are not in this cache: add the same file"):
        initial_vectors(spec, data_root)
    with pytest.raises(ValueError, match="trains word vectors as word2vec_1, not as word2vec_7"):
        initial_vectors(transfer_spec("word2vec_7"), data_root)
    with pytest.raises(ValueError, match="vectors must be one of “word2vec of the dataset”, not '../secret'"):
        transfer_spec("../secret")


def test_what_goes_in_is_part_of_the_identity(three_words, transfer_spec):
    specs = [transfer_spec(three_words.name), transfer_spec(), transfer_spec(embedding="trainable")]
    assert len({spec.identity for spec in specs}) == 3


def test_other_architectures_begin_with_random_vectors(small_spec, data_root):
    assert initial_vectors(small_spec("lstm"), data_root) is None


SCRIPT = """
import sys
from pathlib import Path
from models.training.initial_vectors import initial_vectors
from models.experiments.spec import RunSpec

initial_vectors(RunSpec.from_json(sys.argv[1]), Path(sys.argv[2])).tofile(sys.argv[3])
"""


def test_word2vec_gives_the_same_in_every_process(transfer_spec, small_data, data_root, tmp_path):
    """Here, and in a process that orders a set of words otherwise."""
    shutil.rmtree(data_root / "encoded" / "word2vec", ignore_errors=True)
    here = initial_vectors(transfer_spec(), data_root)
    shutil.rmtree(data_root / "encoded" / "word2vec")
    words = [sys.executable, "-c", SCRIPT, transfer_spec().to_json(), str(data_root), str(tmp_path / "there")]
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    subprocess.run(words, cwd=ROOT, capture_output=True, check=True, env=environment)
    assert here.tobytes() == (tmp_path / "there").read_bytes()


def test_word2vec_is_trained_once_for_all_seeds_and_architectures_of_the_spec(transfer_spec, data_root, monkeypatch):
    said = []
    first = initial_vectors(transfer_spec(embedding_dim=6), data_root, said.append)
    assert said[-1] == "Training word vectors on 200 texts of Rotten Tomatoes sentences"
    monkeypatch.setattr("models.training.word2vec.train_word2vec", None)
    again = initial_vectors(transfer_spec(embedding_dim=6, embedding="trainable", seed=3), data_root)
    np.testing.assert_array_equal(first, again)
    assert not first[PAD_ID].any() and first[OOV_ID].any() and first[2:].any(axis=1).all()
    for changes in ({"embedding_dim": 7}, {"train_examples": 199}, {"encoding": TextEncoding(999, 20)}):
        with pytest.raises(TypeError):  # is asked for anew
            initial_vectors(transfer_spec(**{"embedding_dim": 6} | changes), data_root)


def learnt(spec, data, data_root, folder, epochs):
    """The best test accuracy, and the embedding before and after."""
    folder.mkdir()
    before = initial_vectors(spec, data_root)
    events = list(train(spec, data, epochs, folder, vectors=before))
    weights, _ = load_arrays(folder / "best_weights.npz")
    state, _ = load_arrays(folder / "state.npz")
    scored = [event.test_accuracy for event in events if isinstance(event, EpochFinished) and event.test_accuracy]
    return max(scored), before, weights, state


@pytest.mark.usefixtures("no_graphs")
@pytest.mark.parametrize("embedding", ["frozen", "trainable"])
def test_frozen_vectors_stay_and_all_else_moves(embedding, transfer_spec, few_data, data_root, tmp_path):
    spec = transfer_spec(embedding=embedding)
    _, before, best, state = learnt(spec, few_data, data_root, tmp_path / "run", 2)
    assert (best[0] == before).all() == (embedding == "frozen")
    assert (state[0] == before).all() == (embedding == "frozen")
    began = initial_weights(spec)
    for early, late in zip(began[1:], best[1:], strict=True):
        assert (early != late).any()


def initial_weights(spec):
    """The weights with which a run begins, but for its vectors."""
    keras.utils.set_random_seed(spec.seed)
    return compile_model(spec).get_weights()


@pytest.mark.slow
def test_a_continuation_goes_on_from_the_state_and_needs_no_vectors(transfer_spec, small_data, data_root, tmp_path):
    spec = transfer_spec(embedding="trainable", training=Training(batch_size=32))
    learnt(spec, small_data, data_root, tmp_path / "start", 1)
    learnt(spec, small_data, data_root, tmp_path / "straight", 2)
    (tmp_path / "rest").mkdir()
    list(train(spec, small_data, 2, tmp_path / "rest", resume_from=tmp_path / "start"))
    with np.load(tmp_path / "rest" / "state.npz") as rest, np.load(tmp_path / "straight" / "state.npz") as straight:
        for name in straight.files:
            np.testing.assert_array_equal(rest[name], straight[name])
    with pytest.raises(ValueError, match="begins with the word vectors 'word2vec_1', and none were given"):
        list(train(spec, small_data, 1, tmp_path / "rest"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("embedding", ["frozen", "trainable"])
def test_short_sentiment_texts_are_learnt_from_word2vec(embedding, data_root, tmp_path):
    """6,824 sentences from film reviews. Chance is 50 ± 2 %; without their vectors the frozen model stays there."""
    dataset = get_dataset("rotten_tomatoes")
    spec = RunSpec.create(
        dataset=dataset.name,
        fingerprint=dataset.fingerprint(None),
        architecture="transfer",
        hyperparameters={"embedding": embedding},
        encoding=TextEncoding(length=40),
        training=Training(batch_size=32),
    )
    data = load_encoded(dataset, None, spec.encoding, data_root)
    accuracy, *_ = learnt(spec, data, data_root, tmp_path / "run", 6)
    print(f"{embedding}: {accuracy:.1%}")
    assert accuracy > 0.6
