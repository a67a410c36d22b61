"""Training as an iterator of events. Uses Keras 3 alone, so any backend serves; only worker processes import this.

Keras's own ``fit`` trains, one epoch a call, or JAX by ``whole_epochs``, on rows that are shuffled by (seed, epoch): an
epoch is the same whether the run began at it, passed through it, or was continued from a saved state.
"""

import logging
import math
import shutil
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import keras
import numpy as np

from models.encoded.encoded import EncodedDataset, EncodedSplit
from models.experiments.spec import WHOLE_EPOCHS, RunSpec
from models.tasks import NEXT_WORD
from models.text.next_word import TOP
from models.training.compiled import compiled_as
from models.training.events import DIVERGED, BatchProgress, Done, EpochFinished, Event, Started, StateSaved
from models.training.keras_model import build_model, embedding_of
from models.training.metrics import TEST, TOP5, TRAIN, VALIDATION, Scores, columns_of, score, score_outcomes
from models.training.pace import SECONDS_BETWEEN_PROGRESS, PaceClock
from models.training.run_files import (
    BEST_WEIGHTS,
    STATE,
    kept_epochs,
    load_arrays,
    load_epoch_weights,
    load_predictions,
    save_arrays,
    save_epoch_weights,
    save_predictions,
)
from models.training.scoring import outcomes

PREDICT_BATCH = 512
CROSS_ENTROPY = "cross_entropy"

log = logging.getLogger("unroll.training")


class TrainingDiverged(RuntimeError):
    """The loss is no longer a number; the message says what to change."""


def train(
    spec: RunSpec,
    data: EncodedDataset,
    epochs: int,
    output: Path,
    resume_from: Path | None = None,
    vectors: np.ndarray | None = None,
    save_seconds: float = math.inf,
    keep_weights: bool = False,
) -> Iterator[Event]:
    """Trains a model and yields an event for each step of the training.

        for event in train(spec, data, epochs=5, output=folder):
            if isinstance(event, EpochFinished):
                print(event.epoch, event.validation_accuracy)

    Args:
        spec: What to train.
        data: The encoded splits of the spec's dataset.
        epochs: The number of epochs in all, those of ``resume_from`` included.
        output: An existing folder, into which the run's files are written.
        resume_from: The folder of a shorter run of the same spec, which is continued.
        vectors: (vocabulary_size, embedding_dim), float32: with what the embedding of a spec begins that names word
            vectors (see ``initial_vectors``). Not needed with ``resume_from``.
        save_seconds: After an epoch the state is saved to a folder in ``output`` once so many seconds have passed since
            the last time. The reader of ``StateSaved`` has to move or remove that folder.
        keep_weights: Whether the weights after ``kept_epochs`` are kept. The continuation of a run that keeps them does
            so in any case. Nothing else depends on it.

    Yields:
        Events of ``models.training.events``. Closing the iterator stops within a batch.

    Raises:
        TrainingDiverged: The loss became NaN or infinite.
        ValueError: The saved state is of another spec or has as many epochs already, or the spec is of another version
            of the training.
    """
    spec.require_current()
    keras.utils.clear_session()
    keras.utils.set_random_seed(spec.seed)
    model = compile_model(spec)
    best_accuracy, best_weights, predictions, done = -1.0, [], {}, 0
    kept: dict[int, list[np.ndarray]] = {}
    if resume_from:
        done, best_accuracy = _restore(model, resume_from)
        best_weights, predictions = load_arrays(resume_from / BEST_WEIGHTS)[0], load_predictions(resume_from)
        kept = load_epoch_weights(resume_from)
    elif spec.vectors:
        if vectors is None:
            raise ValueError(f"This run begins with the word vectors {spec.vectors!r}, and none were given.")
        embedding_of(model).set_weights([vectors])
    if done >= epochs:
        raise ValueError(f"The saved run has {done} epochs already; {epochs} were asked for.")

    to_keep = kept_epochs(epochs) if keep_weights or kept else []
    saved_at = time.monotonic()
    batch_size, num_evaluated = spec.training.batch_size, len(data.validation.y) + len(data.test.y)
    clock = PaceClock(num_evaluated / batch_size, num_evaluated / max(1, len(data.test.y)))
    if spec.training.loop == WHOLE_EPOCHS:
        from models.training.whole_epochs import WholeEpochs  # which imports JAX

        fit_epoch = WholeEpochs(model, data.train, batch_size).fit_epoch
    else:
        fit_epoch = partial(_fit_epoch, model, data.train, batch_size)
    yield Started(done, math.ceil(len(data.train.y) / batch_size), compiled_as(model))
    for epoch in range(done + 1, epochs + 1):
        rows = shuffled_rows(spec.seed, epoch, len(data.train.y))
        logs, train_seconds = yield from fit_epoch(rows, epoch, clock)
        trained = logs | {"loss": logs.pop(CROSS_ENTROPY, logs["loss"])}
        started = time.perf_counter()
        _, validated = evaluate(model, data.validation, spec.task)
        validation_seconds = time.perf_counter() - started
        for loss in (trained["loss"], validated["loss"]):
            if not math.isfinite(loss):
                raise TrainingDiverged(
                    f"{DIVERGED} {loss} in epoch {epoch}: choose a learning rate below {spec.training.learning_rate:g}."
                )
        tested: Scores = {}
        if validated["accuracy"] > best_accuracy:
            best_accuracy, best_weights = validated["accuracy"], model.get_weights()
            predictions[epoch], tested = evaluate(model, data.test, spec.task)
        test_seconds = time.perf_counter() - started - validation_seconds
        clock.add_evaluation(validation_seconds, test_seconds if tested else None)
        yield EpochFinished(
            epoch=epoch,
            train_seconds=train_seconds,
            validation_seconds=validation_seconds,
            is_first=epoch == done + 1,
            **columns_of({TRAIN: trained, VALIDATION: validated, TEST: tested}),
        )
        if epoch in to_keep:
            kept[epoch] = model.get_weights()
        if epoch < epochs and time.monotonic() - saved_at >= save_seconds:
            if folder := _try_to_save(output, model, epoch, best_accuracy, best_weights, predictions, kept):
                yield StateSaved(epoch, folder)
            saved_at = time.monotonic()
    _save(output, model, epochs, best_accuracy, best_weights, predictions, kept)
    yield Done(num_epochs=epochs)


def _try_to_save(output: Path, model: keras.Model, epoch: int, *state: Any) -> Path | None:
    """The folder with the state after ``epoch``. None if the disk is full: the training goes on without it."""
    folder = output / f"epoch-{epoch}"
    try:
        folder.mkdir()
        _save(folder, model, epoch, *state)
        return folder
    except OSError as error:
        log.warning("the state after epoch %d cannot be saved: %s", epoch, error)
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _save(
    folder: Path,
    model: keras.Model,
    epoch: int,
    best_accuracy: float,
    best_weights: list[np.ndarray],
    predictions: dict[int, np.ndarray],
    kept: dict[int, list[np.ndarray]],
) -> None:
    """Writes the files of a run of ``epoch`` epochs."""
    if kept:
        save_epoch_weights(folder, kept)
    save_predictions(folder, predictions)
    save_arrays(folder / BEST_WEIGHTS, best_weights)
    variables = [np.asarray(variable) for variable in _state_variables(model)]
    save_arrays(folder / STATE, variables, epoch=epoch, best_accuracy=best_accuracy)


def compile_model(spec: RunSpec) -> keras.Model:
    """The spec's model with its optimizer, loss and accuracy, every variable built."""
    model = build_model(spec.layers(), spec.encoding.length)
    optimizer = keras.optimizers.get(
        {"class_name": spec.training.optimizer, "config": {"learning_rate": spec.training.learning_rate}}
    )
    binary = model.output_shape[-1] == 1
    loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
    metrics: list[Any] = ["accuracy"]
    if model.losses:  # penalties, which the shown loss leaves out
        of_each = keras.losses.BinaryCrossentropy if binary else keras.losses.SparseCategoricalCrossentropy
        metrics.append(keras.metrics.MeanMetricWrapper(of_each(reduction=None), name=CROSS_ENTROPY))
    if spec.task == NEXT_WORD:
        metrics.append(keras.metrics.SparseTopKCategoricalAccuracy(TOP, name=TOP5.key))
    model.compile(optimizer, loss, metrics=metrics)
    optimizer.build(model.trainable_variables)
    return model


def shuffled_rows(seed: int, epoch: int, num_rows: int) -> np.ndarray:
    """The order in which an epoch (from 1) reads the training rows."""
    return np.random.default_rng([seed, epoch]).permutation(num_rows)


def evaluate(model: keras.Model, split: EncodedSplit, task: str) -> tuple[np.ndarray, Scores]:
    """(what is kept of the predictions, their scores): probabilities of classes, or outcomes of next words."""
    if task == NEXT_WORD:
        begins_text = np.diff(np.asarray(split.texts), prepend=-1) > 0
        parts = [outcomes(part, split.y[rows], begins_text[rows]) for rows, part in _predictions(model, split)]
        found = np.asfortranarray(np.concatenate(parts))  # column by column it packs better
        return found, score_outcomes(found)
    probabilities = predict(model, split)
    return probabilities, score(probabilities, split.y)


def predict(model: keras.Model, split: EncodedSplit) -> np.ndarray:
    """Probabilities of shape (examples,) for two classes, else (examples, classes), float32."""
    probabilities = np.concatenate([part for _, part in _predictions(model, split)])
    return probabilities[:, 0] if probabilities.shape[1] == 1 else probabilities


def _predictions(model: keras.Model, split: EncodedSplit) -> Iterator[tuple[slice, np.ndarray]]:
    for start in range(0, len(split.y), PREDICT_BATCH):
        rows = slice(start, start + PREDICT_BATCH)
        yield rows, keras.ops.convert_to_numpy(model.predict_on_batch(np.asarray(split.x[rows])))


def _fit_epoch(
    model: keras.Model, split: EncodedSplit, batch_size: int, rows: np.ndarray, epoch: int, clock: PaceClock
) -> Generator[BatchProgress, None, tuple[dict[str, float], float]]:
    """Fits one epoch on ``rows`` in this order, yielding progress; returns (logs, seconds).

    ``fit`` runs in a thread of its own, because it reports by callbacks and an iterator has to be asked.
    """
    callback = _EpochCallback(epoch, clock)
    asked = batches(split.x[rows], split.y[rows], batch_size)

    def fit() -> dict[str, list[float]]:
        try:
            return model.fit(**asked, verbose=0, callbacks=[callback]).history
        finally:
            callback.events.put(None)

    with ThreadPoolExecutor(1) as executor, closing(callback):
        future = executor.submit(fit)
        while (progress := callback.events.get()) is not None:
            yield progress
        history = future.result()
    return {name: values[-1] for name, values in history.items()}, callback.seconds


def batches(x: np.ndarray, y: np.ndarray, batch_size: int) -> dict[str, Any]:
    """The arguments of ``fit`` for one epoch in this order.

    TensorFlow's data pipeline looks for faster settings in a thread that sleeps 10 ms, 20 ms and so on up to 60 s. The
    end of ``fit`` often waits until it wakes up, so with arrays an epoch of 11 s takes 20 s. Here it looks for none.
    """
    if keras.backend.backend() != "tensorflow":
        return {"x": x, "y": y, "batch_size": batch_size, "shuffle": False}
    import tensorflow

    whole = len(y) // batch_size * batch_size
    in_batches = (each[:whole].reshape(-1, batch_size, *each.shape[1:]) for each in (x, y))
    dataset = tensorflow.data.Dataset.from_tensor_slices(tuple(in_batches))
    if whole < len(y):
        dataset = dataset.concatenate(tensorflow.data.Dataset.from_tensors((x[whole:], y[whole:])))
    options = tensorflow.data.Options()
    options.autotune.enabled = False
    return {"x": dataset.prefetch(1).with_options(options), "shuffle": False}


class _EpochCallback(keras.callbacks.Callback):
    """Times one epoch of ``fit`` and queues its progress."""

    async_safe = True  # reads no logs, so Keras need not wait for the device after every batch

    def __init__(self, epoch: int, clock: PaceClock) -> None:
        super().__init__()
        self._clock = clock
        self.events: SimpleQueue[BatchProgress | None] = SimpleQueue()
        self.seconds = 0.0
        self._epoch = epoch
        self._closed = False
        self._reported = -math.inf

    def close(self) -> None:
        self._closed = True

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = self._batch_ended = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self._closed:
            self.model.stop_training = True
        now = time.perf_counter()
        self._clock.add_batches(now - self._batch_ended, is_last=batch + 1 == self.params["steps"])
        self._batch_ended = now
        if now - self._reported >= SECONDS_BETWEEN_PROGRESS:
            self._reported = now
            self.events.put(BatchProgress(self._epoch, batch + 1, now - self._began, self._clock.pace))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds = time.perf_counter() - self._began


def _state_variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, random states of layers, and the optimizer's variables: all that the next epoch depends on."""
    return [*model.variables, *model.optimizer.variables]


def _restore(model: keras.Model, folder: Path) -> tuple[int, float]:
    """Puts a saved state into ``model``; returns (epochs done, best validation accuracy so far)."""
    arrays, numbers = load_arrays(folder / STATE)
    variables = _state_variables(model)
    if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
        raise ValueError("The saved state is not of this model: its arrays have other shapes.")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return numbers["epoch"], numbers["best_accuracy"]
