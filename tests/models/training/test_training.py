import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow

from models.architectures import ARCHITECTURES
from models.architectures.registry import Architecture
from models.data.datasets import get_dataset
from models.encoded.encoded import EncodedDataset, EncodedSplit, load_encoded
from models.experiments.spec import RunSpec, Training
from models.layers import Dense, Dropout, Embedding, Flatten
from models.layers.keras_code import layers_import, model_statements
from models.layers.kinds import ARGUMENTS
from models.layers.stack import summarize
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.text.encoding import TextEncoding
from models.training import training
from models.training.events import BatchProgress, Done, EpochFinished, Started, StateSaved
from models.training.initial_vectors import initial_vectors
from models.training.metrics import score, score_outcomes
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, load_arrays, load_epoch_weights, load_predictions
from models.training.scoring import perplexity
from models.training.training import TrainingDiverged, compile_model, predict, train

ROOT = Path(__file__).resolve().parents[3]


def run(spec, data, epochs, folder, resume_from=None, vectors=None):
    """A spec that names word vectors begins with zeros unless some are given."""
    folder.mkdir()
    if spec.vectors and vectors is None:
        vectors = np.zeros((spec.encoding.vocabulary_size, spec.hyperparameters["embedding_dim"]), np.float32)
    return list(train(spec, data, epochs, folder, resume_from, vectors))


def beginning(split, number=300):
    return EncodedSplit(*(part if part is None else part[:number] for part in (split.x, split.y, split.texts)))


def with_short_splits(data):
    return replace(data, validation=beginning(data.validation, 100), test=beginning(data.test, 100))


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["at once", "in graphs"])
def in_graphs(request):
    """Whether TensorFlow makes graphs of a training, as it does for users. For few rows that takes most of the time:
    in the quick lane it computes the same operations one after the other, and in graphs those of simpler models."""
    tensorflow.config.run_functions_eagerly(not request.param)
    yield request.param
    tensorflow.config.run_functions_eagerly(False)


def curve(events):
    """What must be equal between equal runs: everything but the seconds."""
    return [
        replace(event, train_seconds=0, validation_seconds=0, is_first=False)
        for event in events
        if isinstance(event, EpochFinished)
    ]


def same_files(left, right):
    for name in ("state.npz", "best_weights.npz", "predictions.npz"):
        with np.load(left / name) as a, np.load(right / name) as b:
            assert a.files == b.files
            for member in a.files:
                np.testing.assert_array_equal(a[member], b[member], err_msg=f"{name} {member}")


@pytest.mark.usefixtures("no_graphs")
def test_events_come_in_order(small_spec, small_data, tmp_path):
    events = run(small_spec(), small_data, 2, tmp_path / "run")
    assert events[0] == Started(from_epoch=0, num_batches=2)
    assert events[-1] == Done(num_epochs=2)
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert [epoch.is_first for epoch in epochs] == [True, False]
    assert all(epoch.train_seconds > 0 and epoch.validation_seconds > 0 for epoch in epochs)
    assert any(isinstance(event, BatchProgress) for event in events)


ONE_OF_EACH = """
Embedding(8) -> SpatialDropout1D(0.2) -> Conv1D(8, 3) -> SeparableConv1D(8, 3) -> MaxPooling1D(2) -> AveragePooling1D(2)
Bidirectional(LSTM(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.2))
GRU(8, return_sequences=True) -> SimpleRNN(8, return_sequences=True)
Residual(MultiHeadAttention(2, 4), Dropout(0.2)) -> LayerNormalization() -> GlobalMaxPooling1D() -> RepeatVector(2)
BatchNormalization() -> Activation("tanh") -> LeakyReLU() -> ELU() -> GaussianNoise(0.1) -> Flatten()
"""
OTHERS = """
Embedding(8) -> Permute((2, 1)) -> Reshape((-1, 8)) -> PReLU(shared_axes=1) -> Masking()
Attention(True, dropout=0.2) -> AdditiveAttention() -> GlobalAveragePooling1D()
"""


def test_every_kind_of_layer_is_in_one_of_the_stacks():
    kinds = set(re.findall(r"([A-Z]\w+)\(", ONE_OF_EACH + OTHERS))
    assert {*kinds, "Dense"} == {kind.__name__ for kind in {*ARGUMENTS, Embedding}}  # which is the answer


def go_on(texts_of_specs, root, in_graphs):
    """What the other process does."""
    tensorflow.config.run_functions_eagerly(not in_graphs)
    for number, spec in enumerate(map(RunSpec.from_json, texts_of_specs)):
        start, rest = (root / f"{name} {number}" for name in ("start", "rest"))
        data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, root / "data")
        for _ in train(spec, with_short_splits(data), 2, rest, start):
            pass


def test_a_stack_ends_as_in_one_go_when_another_process_goes_on_with_it(
    small_spec, small_data, data_root, tmp_path, in_graphs
):
    specs = [small_spec("composed", hyperparameters={"stack": stack}) for stack in (ONE_OF_EACH, OTHERS)]
    (tmp_path / "data").symlink_to(data_root)
    for number, spec in enumerate(specs):
        for name in ("straight", "rest"):
            (tmp_path / f"{name} {number}").mkdir()
        for event in train(spec, with_short_splits(small_data), 2, tmp_path / f"straight {number}", save_seconds=0):
            if isinstance(event, StateSaved):
                event.folder.rename(tmp_path / f"start {number}")
    arguments = f"{[spec.to_json() for spec in specs]}, Path({str(tmp_path)!r}), {in_graphs}"
    code = f"from pathlib import Path; from {__name__} import go_on; go_on({arguments})"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)
    for number in range(len(specs)):
        same_files(tmp_path / f"straight {number}", tmp_path / f"rest {number}")


AS_IN_KERAS = """
Embedding(8) -> Conv1D(8, 3, activation="relu") -> BatchNormalization() -> AveragePooling1D(2) -> LeakyReLU(0.1)
GaussianNoise(0.1) -> LSTM(4) -> RepeatVector(3) -> ELU() -> Flatten() -> Dense(6) -> BatchNormalization(momentum=0.9)
Activation("relu") -> Dropout(0.2)
"""
PENALIZED = """
Embedding(8) -> Conv1D(8, 3, kernel_regularizer=L2(0.01), bias_regularizer=L1(0.01)) -> MaxPooling1D(3, 2, "same")
Bidirectional(LSTM(4, return_sequences=True), backward_layer=
LSTM(4, return_sequences=True, activation="relu", go_backwards=True))
GRU(4, kernel_regularizer=L1L2(0.01, 0.02), recurrent_regularizer=L2(0.1)) -> PReLU()
"""
ATTENDING = """
Embedding(8, mask_zero=True) -> Attention(True, "concat", 0.2) -> AdditiveAttention()
MultiHeadAttention(2, 4, dropout=0.2) -> LSTM(4) -> Reshape((2, 2)) -> Permute((2, 1)) -> Masking(0.5) -> GRU(3)
"""

MASKED = """
Embedding(8, mask_zero=True) -> GRU(6, return_sequences=True, reset_after=False, use_bias=False, go_backwards=True)
LSTM(5, return_sequences=True, activation="relu", recurrent_activation="hard_sigmoid")
Bidirectional(SimpleRNN(4, activation="sigmoid")) -> Dense(4, use_bias=False)
"""
STRIDES = "Embedding(8) -> Conv1D(8, 3, strides=2) -> Flatten()"


@pytest.mark.parametrize("stack", [AS_IN_KERAS, MASKED, PENALIZED, ATTENDING, STRIDES])
def test_a_stack_is_trained_as_the_code_that_is_shown_trains_it(stack, small_spec, small_data, tmp_path, in_graphs):
    assert_shown_code_trains_alike(small_spec("composed", hyperparameters={"stack": stack}), small_data, tmp_path)


def test_graphs_train_as_the_code_that_is_shown(small_spec, small_data, tmp_path):
    assert_shown_code_trains_alike(small_spec("composed", hyperparameters={"stack": STRIDES}), small_data, tmp_path)


def assert_shown_code_trains_alike(spec, small_data, tmp_path):
    """An epoch by Unroll, and an epoch of the shown code with Keras's own fit on the same order of rows."""
    run(spec, with_short_splits(small_data), 1, tmp_path / "ours")
    ours, _ = load_arrays(tmp_path / "ours" / "best_weights.npz")
    keras.utils.set_random_seed(spec.seed)
    names: dict = {}
    exec("\n".join(["import keras", layers_import(spec.layers()), *model_statements(spec.layers(), 20)]), names)
    model = names["model"]
    model.compile(keras.optimizers.Adam(spec.training.learning_rate), "binary_crossentropy", metrics=["accuracy"])
    rows = training.shuffled_rows(spec.seed, 1, len(small_data.train.y))
    x, y = small_data.train.x[rows], small_data.train.y[rows]
    model.fit(x, y, batch_size=spec.training.batch_size, epochs=1, shuffle=False, verbose=0)
    for mine, theirs in zip(ours, model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.usefixtures("no_graphs")
def test_the_loss_that_is_shown_leaves_penalties_out(small_spec, small_data, tmp_path):
    """By the same weights, once without training: a penalty of this size would make the loss larger by far."""
    shown = {}
    for name, penalty in (("without", "None"), ("with", "L2(10.0)")):
        stack = f"Embedding(8) -> Flatten() -> Dense(8, kernel_regularizer={penalty})"
        training = Training(optimizer="sgd", learning_rate=1e-9, batch_size=50)
        spec = small_spec("composed", hyperparameters={"stack": stack}, training=training)
        events = run(spec, small_data, 1, tmp_path / name)
        shown[name] = next(event.train_loss for event in events if isinstance(event, EpochFinished))
    assert shown["with"] == pytest.approx(shown["without"], abs=1e-4)


def each_architecture(*quick):
    """All architectures; those that are not ``quick`` are for the slow lane."""
    return [pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in ARCHITECTURES]


@pytest.mark.parametrize("name", each_architecture("next_word_conv1d"))
def test_the_same_spec_gives_the_same_curve_to_the_last_bit(name, small_spec, data_root, tmp_path):
    spec = small_spec(name)
    whole = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root, task=spec.task)
    data = replace(whole, validation=beginning(whole.validation), test=beginning(whole.test))
    first = run(spec, data, 2, tmp_path / "first")
    second = run(spec, data, 2, tmp_path / "second")
    assert curve(first) == curve(second)
    same_files(tmp_path / "first", tmp_path / "second")
    # The kept weights are those that the layers name, without the random state of a dropout.
    kept, _ = load_arrays(tmp_path / "first" / "best_weights.npz")
    layers = summarize(spec.layers(), (spec.encoding.length,))
    assert [array.shape for array in kept] == [weight.shape for layer in layers for weight in layer.weights]


def test_a_spec_of_another_version_of_the_training_is_refused(small_spec, small_data, tmp_path):
    with pytest.raises(ValueError, match="version 2 of the training, and this Unroll has version 1: ask for it anew"):
        run(replace(small_spec(), training_version=2), small_data, 1, tmp_path / "run")


@pytest.mark.usefixtures("no_graphs")
def test_another_seed_gives_another_curve(small_spec, small_data, tmp_path):
    assert curve(run(small_spec(seed=0), small_data, 1, tmp_path / "a")) != curve(
        run(small_spec(seed=1), small_data, 1, tmp_path / "b")
    )


@pytest.mark.parametrize(
    "optimizer", ["adam", pytest.param("rmsprop", marks=pytest.mark.slow), pytest.param("sgd", marks=pytest.mark.slow)]
)
def test_four_epochs_continued_to_eight_equal_eight_straight(optimizer, small_spec, small_data, tmp_path):
    spec = small_spec("conv1d", training=Training(optimizer=optimizer, batch_size=32))
    straight = run(spec, small_data, 8, tmp_path / "straight")
    start = run(spec, small_data, 4, tmp_path / "start")
    rest = run(spec, small_data, 8, tmp_path / "rest", resume_from=tmp_path / "start")
    assert curve(straight) == curve(start) + curve(rest)
    assert rest[0] == Started(from_epoch=4, num_batches=7)
    same_files(tmp_path / "straight", tmp_path / "rest")


def test_a_continuation_restores_the_random_state_of_dropout(small_spec, small_data, tmp_path, monkeypatch):
    def layers(self, vocabulary_size, num_classes=2, /, **values):
        return [Embedding(vocabulary_size, 4), Flatten(), Dropout(0.5), Dense(1, "sigmoid")]

    monkeypatch.setattr(Architecture, "layers", layers)
    spec = small_spec()
    straight = run(spec, small_data, 4, tmp_path / "straight")
    start = run(spec, small_data, 2, tmp_path / "start")
    rest = run(spec, small_data, 4, tmp_path / "rest", resume_from=tmp_path / "start")
    assert curve(straight) == curve(start) + curve(rest)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm_dropout", "self_attention"])
def test_a_continuation_of_an_architecture_with_dropout_equals_a_straight_run(name, small_spec, small_data, tmp_path):
    """SpatialDropout1D, recurrent dropout in both directions, and dropout inside of shortcuts."""
    spec = small_spec(name, training=Training(batch_size=32))
    straight = run(spec, small_data, 4, tmp_path / "straight")
    start = run(spec, small_data, 2, tmp_path / "start")
    rest = run(spec, small_data, 4, tmp_path / "rest", resume_from=tmp_path / "start")
    assert curve(straight) == curve(start) + curve(rest)
    same_files(tmp_path / "straight", tmp_path / "rest")


@pytest.mark.slow
def test_dropout_is_at_work(small_spec, small_data, tmp_path):
    without = small_spec("lstm_dropout", hyperparameters={"dropout": 0, "recurrent_dropout": 0})
    plain = curve(run(without, small_data, 1, tmp_path / "plain"))
    for name in ("dropout", "recurrent_dropout"):
        spec = small_spec("lstm_dropout", hyperparameters=without.hyperparameters | {name: 0.9})
        assert curve(run(spec, small_data, 1, tmp_path / name)) != plain


@pytest.mark.usefixtures("no_graphs")
def test_the_test_split_is_scored_only_when_validation_improves(small_spec, small_data, tmp_path):
    events = run(small_spec(), small_data, 6, tmp_path / "run")
    best, predictions = -1.0, load_predictions(tmp_path / "run")
    for epoch in curve(events):
        if epoch.validation_accuracy > best:
            best = epoch.validation_accuracy
            expected = score(predictions.pop(epoch.epoch), small_data.test.y)
            assert (epoch.test_loss, epoch.test_accuracy) == (expected["loss"], expected["accuracy"])
        else:
            assert epoch.test_loss is epoch.test_accuracy is None
    assert predictions == {}


def test_the_best_weights_give_the_kept_predictions(small_spec, small_data, tmp_path):
    spec = small_spec()
    run(spec, small_data, 6, tmp_path / "run")
    model = compile_model(spec)
    model.set_weights(load_arrays(tmp_path / "run" / "best_weights.npz")[0])
    best = load_predictions(tmp_path / "run")
    np.testing.assert_array_equal(predict(model, small_data.test), best[max(best)])


def test_predictions_of_next_words_say_where_each_text_begins(small_spec, data_root, tmp_path):
    spec = small_spec("next_word_conv1d")
    data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    (epoch,) = curve(run(spec, data, 1, tmp_path / "run"))
    kept = load_predictions(tmp_path / "run")[1]
    np.testing.assert_array_equal(np.cumsum(kept[:, 2]) - 1, np.unique(data.test.texts, return_inverse=True)[1])
    assert score_outcomes(kept)["accuracy"] == epoch.test_accuracy


@pytest.mark.usefixtures("no_graphs")
def test_more_than_two_classes_get_a_softmax(small_spec, small_data, tmp_path, monkeypatch):
    spec = small_spec()
    monkeypatch.setattr(RunSpec, "layers", lambda self: [Embedding(1_000, 4), Flatten(), Dense(3, "softmax")])
    three = EncodedDataset(
        *(EncodedSplit(split.x, split.y + (split.x[:, 0] == 2)) for split in (small_data.train, small_data.validation)),
        EncodedSplit(small_data.test.x, small_data.test.y),
        num_classes=3,
    )
    events = run(spec, three, 1, tmp_path / "run")
    assert load_predictions(tmp_path / "run")[1].shape == (853, 3)
    assert curve(events)[0].train_loss < 1.5


@pytest.mark.usefixtures("no_graphs")
def test_closing_the_iterator_stops_the_training(small_spec, small_data, tmp_path):
    (tmp_path / "run").mkdir()
    events = train(small_spec(training=Training(batch_size=1)), small_data, 100, tmp_path / "run")
    for event in events:
        if isinstance(event, BatchProgress):
            break
    events.close()
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.usefixtures("no_graphs")
def test_a_loss_that_is_no_number_says_what_to_change(small_spec, small_data, tmp_path):
    broken = EncodedSplit(small_data.train.x, np.full(200, np.nan, dtype=np.float32))
    with pytest.raises(TrainingDiverged, match="loss became nan in epoch 1: choose a learning rate below 0.001"):
        run(small_spec(), replace(small_data, train=broken), 2, tmp_path / "run")


@pytest.mark.usefixtures("no_graphs")
def test_a_continuation_must_be_longer_and_of_the_same_model(small_spec, small_data, tmp_path):
    run(small_spec(), small_data, 2, tmp_path / "short")
    with pytest.raises(ValueError, match="has 2 epochs already; 2 were asked for"):
        run(small_spec(), small_data, 2, tmp_path / "same", resume_from=tmp_path / "short")
    with pytest.raises(ValueError, match="not of this model"):
        run(small_spec("gru"), small_data, 3, tmp_path / "other", resume_from=tmp_path / "short")


@pytest.mark.parametrize(
    ("dataset", "encoding", "training", "least"),
    [
        ("rotten_tomatoes", TextEncoding(length=40), Training(learning_rate=0.003, batch_size=64), 0.65),
        pytest.param("imdb", TextEncoding(), Training(), 0.8, marks=pytest.mark.slow),
    ],
)
def test_real_reviews_are_learnt(dataset, encoding, training, least, data_root, tmp_path):
    """All there are, three epochs: far above chance, as a broken pipeline would not be."""
    source = get_dataset(dataset)
    spec = RunSpec.create(
        dataset=dataset,
        fingerprint=source.fingerprint(data_root / "tfds"),
        encoding=encoding,
        architecture="flatten",
        training=training,
    )
    epochs = curve(run(spec, load_encoded(source, None, encoding, data_root), 3, tmp_path / "run"))
    assert max(epoch.validation_accuracy for epoch in epochs) > least
    assert max(epoch.test_accuracy or 0 for epoch in epochs) > least


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", [entry.name for entry in ARCHITECTURES.values() if entry.task == CLASSIFICATION])
def test_every_architecture_learns_real_reviews(name, data_root, tmp_path):
    """At the default settings. Chance is 50 ± 1%; SimpleRNN forgets what stood early, and is slow to learn."""
    imdb = get_dataset("imdb")
    spec = RunSpec.create(
        dataset="imdb",
        fingerprint=imdb.fingerprint(data_root / "tfds"),
        architecture=name,
    )
    data = load_encoded(imdb, None, spec.encoding, data_root)
    epochs = curve(run(spec, data, 3, tmp_path / "run", vectors=initial_vectors(spec, data_root)))
    assert max(epoch.validation_accuracy for epoch in epochs) > (0.55 if name == "simple_rnn" else 0.7)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", [entry.name for entry in ARCHITECTURES.values() if entry.task == NEXT_WORD])
def test_next_words_are_learnt(name, data_root, tmp_path):
    """50,000 words of IMDB reviews, four epochs: better than to know how frequent each word is, whatever is before."""
    imdb = get_dataset("imdb")
    spec = RunSpec.create(
        dataset="imdb",
        fingerprint=imdb.fingerprint(data_root / "tfds"),
        architecture=name,
        encoding=TextEncoding(2_000, 20),
        train_examples=50_000,
    )
    data = load_encoded(imdb, spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    counts = 1 + np.bincount(data.train.y, minlength=2_000)
    by_frequency = -np.log(counts / counts.sum())[data.test.y].mean()
    epochs = curve(run(spec, data, 4, tmp_path / "run"))
    best = max(epochs, key=lambda epoch: epoch.validation_accuracy)
    assert perplexity(best.test_loss) < 0.9 * perplexity(by_frequency)
    assert best.test_top5_accuracy > best.test_accuracy > 1.1 * (data.test.y == counts.argmax()).mean()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["flatten", "conv1d"])
def test_subwords_are_learnt(name, data_root, tmp_path):
    """5,000 IMDB reviews, three epochs in small batches. Chance is 50 ± 1%."""
    imdb = get_dataset("imdb")
    spec = RunSpec.create(
        dataset="imdb",
        fingerprint=imdb.fingerprint(data_root / "tfds"),
        architecture=name,
        encoding=TextEncoding(tokenizer="subwords"),
        training=Training(batch_size=32),
        train_examples=5_000,
    )
    data = load_encoded(imdb, spec.train_examples, spec.encoding, data_root)
    epochs = curve(run(spec, data, 3, tmp_path / "run"))
    assert max(epoch.validation_accuracy for epoch in epochs) > 0.7


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("no_graphs")
def test_a_saved_state_is_a_run_of_so_many_epochs(small_spec, small_data, tmp_path):
    spec = small_spec("flatten", training=Training(batch_size=64))
    output, saved = tmp_path / "output", {}
    output.mkdir()
    for event in train(spec, small_data, 3, output, save_seconds=0):
        if isinstance(event, StateSaved):
            saved[event.epoch] = event.folder.rename(tmp_path / f"saved-{event.epoch}")
    assert list(saved) == [1, 2], "the files of the last epoch are the run's own"
    straight = run(spec, small_data, 3, tmp_path / "straight")
    same_files(tmp_path / "straight", output)
    assert sorted(path.name for path in output.iterdir()) == sorted(path.name for path in saved[2].iterdir())
    start = run(spec, small_data, 2, tmp_path / "start")
    same_files(tmp_path / "start", saved[2])
    rest = run(spec, small_data, 3, tmp_path / "rest", resume_from=saved[2])
    assert curve(start) + curve(rest) == curve(straight)


@pytest.mark.usefixtures("no_graphs")
def test_a_state_that_cannot_be_saved_costs_the_training_nothing(small_spec, small_data, tmp_path, monkeypatch):
    save = training.save_arrays

    def full_at_first(path, *arguments, **numbers):
        if path.parent.name in ("epoch-1", "epoch-2"):
            raise OSError(28, "No space left on device")
        save(path, *arguments, **numbers)

    monkeypatch.setattr(training, "save_arrays", full_at_first)
    events = list(train(small_spec(), small_data, 4, tmp_path, save_seconds=0))
    assert [event.epoch for event in events if isinstance(event, StateSaved)] == [3]
    assert events[-1] == Done(num_epochs=4) and not (tmp_path / "epoch-1").exists()


@pytest.mark.usefixtures("no_graphs")
def test_no_state_is_saved_before_its_time(small_spec, small_data, tmp_path):
    events = list(train(small_spec(), small_data, 3, tmp_path, save_seconds=3_600))
    assert not any(isinstance(event, StateSaved) for event in events)


@pytest.mark.usefixtures("no_graphs")
def test_weights_after_chosen_epochs_are_kept_and_change_nothing(small_spec, small_data, tmp_path):
    spec, folder = small_spec("flatten", training=Training(batch_size=64)), tmp_path / "keeping"
    folder.mkdir()
    events = list(train(spec, small_data, 4, folder, keep_weights=True))
    plain, states = tmp_path / "plain", {}
    plain.mkdir()
    others = list(train(spec, small_data, 4, plain, save_seconds=0))
    for event in others:
        if isinstance(event, StateSaved):
            states[event.epoch] = load_arrays(event.folder / "state.npz")[0]
    assert curve(events) == curve(others) and not (plain / EPOCH_WEIGHTS).exists()
    same_files(folder, plain)
    kept = load_epoch_weights(folder)
    assert list(kept) == [1, 2, 3]
    for epoch, weights in kept.items():
        for one, other in zip(
            weights, states[epoch], strict=False
        ):  # behind the weights come the optimizer's variables
            np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("no_graphs")
def test_kept_weights_survive_an_interruption_and_a_continuation(small_spec, small_data, tmp_path):
    spec, straight, begun = small_spec("flatten", training=Training(batch_size=64)), tmp_path / "a", tmp_path / "b"
    for folder, epochs in ((straight, 3), (begun, 3)):
        folder.mkdir()
        for event in train(spec, small_data, epochs, folder, save_seconds=0, keep_weights=True):
            if isinstance(event, StateSaved) and event.epoch == 2:
                event.folder.rename(tmp_path / f"saved {folder.name}")
    run(spec, small_data, 3, tmp_path / "rest", resume_from=tmp_path / "saved b")
    expected, found = load_epoch_weights(straight), load_epoch_weights(tmp_path / "rest")
    assert list(found) == list(expected) == [1, 2, 3]
    for epoch, arrays in expected.items():
        for one, other in zip(arrays, found[epoch], strict=True):
            np.testing.assert_array_equal(one, other)
    best = load_arrays(straight / BEST_WEIGHTS)[0]
    assert any(all(map(np.array_equal, best, arrays)) for arrays in expected.values())
