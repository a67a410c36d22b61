"""Epochs as one compiled program, beside Keras's ``fit``, both by JAX.

Keras chooses its backend when it is imported, and that of the other tests is TensorFlow; so another process trains.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from unittest.mock import patch

import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import BATCHES, LOOPS, WHOLE_EPOCHS, Training
from models.machine.devices import cpu
from models.machine.environment import configure
from models.training.events import BatchProgress, StateSaved
from models.training.run_files import BEST_WEIGHTS, STATE, load_arrays, load_predictions
from tests.models.training.trainings import (
    AS_IN_KERAS,
    ATTENDING,
    MASKED,
    ONE_OF_EACH,
    OTHERS,
    PENALIZED,
    curve,
    first_rows,
    same_files,
)

pytest.importorskip("jax")
pytestmark = pytest.mark.timeout(900)

STACKS = {
    "one of each": ONE_OF_EACH,
    "others": OTHERS,
    "batch normalization": AS_IN_KERAS,
    "masked": MASKED,
    "penalized": PENALIZED,
    "attending": ATTENDING,
    "frozen": "Embedding(8, trainable=False) -> GRU(4)",
}
NEAR = 1e-5
"""How near losses, weights, random states and moments of the two loops are after so few batches."""


@pytest.fixture(scope="module")
def by_jax():
    """Calls a function in a process whose Keras runs on JAX."""
    with ProcessPoolExecutor(1, get_context("spawn"), configure, ("jax", cpu())) as pool:
        yield lambda function, *arguments: pool.submit(function, *arguments).result()


def run(spec, data, epochs, folder, resume_from=None, between_progress=None):
    from models.training import whole_epochs
    from models.training.training import train

    folder.mkdir()
    seconds = whole_epochs.SECONDS_BETWEEN_PROGRESS if between_progress is None else between_progress
    with patch.object(whole_epochs, "SECONDS_BETWEEN_PROGRESS", seconds):
        return list(train(spec, data, epochs, folder, resume_from))


def run_and_save(spec, data, epochs, folder, saved):
    """Also moves the state after each epoch but the last to ``saved``."""
    from models.training.training import train

    folder.mkdir()
    events = []
    for event in train(spec, data, epochs, folder, save_seconds=0):
        events.append(event)
        if isinstance(event, StateSaved):
            event.folder.rename(saved / f"epoch {event.epoch}")
    return events


def stop_after_first_progress(spec, data, folder):
    from models.training.training import train

    folder.mkdir()
    events = train(spec, data, 100, folder)
    found = next(event for event in events if isinstance(event, BatchProgress))
    events.close()
    return found


def predict_by(spec, weights, split):
    from models.training.training import compile_model, predict

    model = compile_model(spec)
    model.set_weights(weights)
    return predict(model, split)


@pytest.fixture
def ask(small_spec):
    """Makes a spec by the name of an architecture or of one of the stacks, with a last batch of 8 of 200 examples."""

    def make(name, loop=WHOLE_EPOCHS, **training):
        changes = {"training": Training(**{"batch_size": 64, "backend": "jax", "loop": loop} | training)}
        if name in STACKS:
            return small_spec("composed", hyperparameters={"stack": STACKS[name]}, **changes)
        return small_spec(name, **changes)

    return make


@pytest.fixture
def small(small_data):
    """With short splits for validation and test."""
    return replace(small_data, validation=first_rows(small_data.validation), test=first_rows(small_data.test))


QUICK = ("flatten", "conv1d", "gru", "lstm", "lstm_dropout", "batch normalization", "penalized", "frozen")


def quick_and_slow(*slow):
    return [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in slow)]


def measured(events):
    """All but the seconds of each epoch, with zeros for what is not measured."""
    return [{field: value or 0.0 for field, value in vars(epoch).items()} for epoch in curve(events)]


@pytest.mark.parametrize("name", quick_and_slow("one of each", "others", "masked", "attending", "self_attention"))
def test_an_epoch_is_nearly_that_of_fit(name, by_jax, ask, small, tmp_path):
    # The gradient of a bias before a batch normalization is nothing but rounding, which Adam turns into whole steps.
    optimizer = "sgd" if name == "batch normalization" else "adam"
    found = {loop: by_jax(run, ask(name, loop, optimizer=optimizer), small, 1, tmp_path / loop) for loop in LOOPS}
    by_fit, whole = (measured(found[loop])[0] for loop in LOOPS)
    assert whole == pytest.approx(by_fit, abs=NEAR)
    states = [load_arrays(tmp_path / loop / STATE)[0] for loop in LOOPS]
    for expected, array in zip(*states, strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=NEAR)


@pytest.mark.parametrize("optimizer", ["rmsprop", "sgd"])
def test_every_optimizer_does_the_same_as_in_fit(optimizer, by_jax, ask, small, tmp_path):
    found = [by_jax(run, ask("flatten", loop, optimizer=optimizer), small, 2, tmp_path / loop) for loop in LOOPS]
    by_fit, whole = map(measured, found)
    assert whole == [pytest.approx(epoch, abs=NEAR) for epoch in by_fit]


def test_next_words_are_nearly_those_of_fit(by_jax, small_spec, data_root, tmp_path):
    found = []
    for loop in LOOPS:
        spec = small_spec("next_word_gru", training=Training(backend="jax", loop=loop))
        data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root, task=spec.task)
        found += measured(by_jax(run, spec, replace(data, test=first_rows(data.test)), 1, tmp_path / loop))
    by_fit, whole = found
    assert whole == pytest.approx(by_fit, abs=NEAR)
    assert by_fit["train_top5_accuracy"] > 0


def test_an_epoch_of_one_small_batch_is_trained(by_jax, ask, small, tmp_path):
    (epoch,) = curve(by_jax(run, ask("flatten", batch_size=512), small, 1, tmp_path / "whole"))
    (expected,) = curve(by_jax(run, ask("flatten", BATCHES, batch_size=512), small, 1, tmp_path / "by batches"))
    assert vars(epoch) == pytest.approx(vars(expected), abs=NEAR)


@pytest.mark.parametrize("name", quick_and_slow("one of each", "others", "attending"))
def test_a_run_is_the_same_to_the_last_bit_wherever_it_pauses(name, by_jax, ask, small, tmp_path):
    spec, folders = ask(name, batch_size=32), [tmp_path / "after each batch", tmp_path / "never"]
    events = [by_jax(run, spec, small, 2, folder, None, every) for folder, every in zip(folders, (0, 1e9), strict=True)]
    batches = [[event.batch for event in each if isinstance(event, BatchProgress)] for each in events]
    assert batches == [[*range(1, 8)] * 2, [1, 2, 6, 7, 6, 7]]
    assert curve(events[0]) == curve(events[1])
    same_files(*folders)


@pytest.mark.parametrize("name", ["flatten", "lstm_dropout", "batch normalization"])
def test_a_continuation_is_the_same_to_the_last_bit(name, by_jax, ask, small, tmp_path):
    spec, straight, rest = ask(name), tmp_path / "straight", tmp_path / "rest"
    whole = by_jax(run_and_save, spec, small, 3, straight, tmp_path)
    saved = by_jax(run, spec, small, 3, rest, tmp_path / "epoch 2")
    assert curve(saved) == curve(whole)[2:]
    same_files(straight, rest)


def test_the_best_weights_give_the_kept_predictions(by_jax, ask, small, tmp_path):
    """They are copies: the memory of an epoch's weights is used again by the next epoch."""
    spec, folder = ask("flatten", learning_rate=0.01), tmp_path / "run"
    epochs = curve(by_jax(run, spec, small, 12, folder))
    best = load_predictions(folder)
    assert max(best) < 12, "later epochs are worse"
    assert max(best) == max(epochs, key=lambda epoch: (epoch.validation_accuracy, -epoch.epoch)).epoch
    predictions = by_jax(predict_by, spec, load_arrays(folder / BEST_WEIGHTS)[0], small.test)
    np.testing.assert_array_equal(predictions, best[max(best)])


def test_closing_the_iterator_stops_the_training(by_jax, ask, small, tmp_path):
    assert by_jax(stop_after_first_progress, ask("flatten"), small, tmp_path / "run").batch == 1
    assert list((tmp_path / "run").iterdir()) == []


def test_seconds_of_the_first_epoch_include_compilation(by_jax, ask, small, tmp_path):
    first, second = (each for each in by_jax(run, ask("lstm"), small, 2, tmp_path / "run") if hasattr(each, "is_first"))
    assert first.is_first and first.train_seconds > 3 * second.train_seconds > 0
