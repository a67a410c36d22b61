"""Training by JAX in which an epoch is one compiled program: a loop over the batches on the device.

``fit`` starts a step for every batch from Python, which takes longer than a small model's step itself. A batch is
trained by Keras's ``train_step``, as in ``fit``: the same layers, loss, penalties, metrics and optimizer. What a loop
makes slow is computed by ``models.jax_layers``. Only worker processes import this module.
"""

import time
from collections.abc import Generator
from functools import partial
from itertools import chain

import jax
import keras
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from models.encoded.encoded import EncodedSplit
from models.jax_layers.fast_layers import use_fast_layers
from models.machine.environment import sees_gpu
from models.training.events import BatchProgress
from models.training.pace import SECONDS_BETWEEN_PROGRESS, PaceClock

State = tuple[list[Array], list[Array], list[Array], list[Array]]
"""Values of the model's trainable variables, of its others, of the optimizer's and of the metrics' variables."""


class WholeEpochs:
    """Trains a compiled model on a split, which stays on the device. Between epochs the model's variables are current.

    Some of the model's layers are computed another way from then on, with the same results but for rounding.

    Args:
        model: A compiled model whose optimizer is built.
        split: The training examples.
        batch_size: The last batch of an epoch may be smaller.
    """

    def __init__(self, model: keras.Model, split: EncodedSplit, batch_size: int) -> None:
        self._model, self._batch_size = model, batch_size
        use_fast_layers(model, on_gpu=sees_gpu())
        self._x, self._y = jnp.asarray(split.x), jnp.asarray(split.y)
        # The metrics make their variables when they are first used, which a compiled program cannot do.
        model.compute_metrics(None, self._y[:1], jnp.zeros((1, *model.output_shape[1:])))

        @partial(jax.jit, donate_argnums=0)
        def train_batches(state: State, x: Array, y: Array, batches: Array, first: int, stop: int) -> State:
            def train_batch(number: Array, state: State) -> State:
                rows = batches[number]
                return model.train_step(state, (x[rows], y[rows]))[1]

            return lax.fori_loop(first, stop, train_batch, state)

        self._train_batches = train_batches

    def fit_epoch(
        self, rows: np.ndarray, epoch: int, clock: PaceClock
    ) -> Generator[BatchProgress, None, tuple[dict[str, float], float]]:
        """Trains on ``rows`` in this order, yielding progress; returns (logs as those of ``fit``, seconds).

        The program pauses for progress. Where it does so changes nothing in what it computes.
        """
        started, seconds, done = time.perf_counter(), 0.0, 0
        model = self._model
        model.reset_metrics()
        variables = (
            model.trainable_variables, model.non_trainable_variables, model.optimizer.variables, model.metrics_variables
        )  # fmt: skip
        state = tuple([variable.value for variable in group] for group in variables)
        num_in_full = len(rows) // self._batch_size * self._batch_size
        for part in (rows[:num_in_full].reshape(-1, self._batch_size), rows[None, num_in_full:]):
            is_smaller, first = part.shape[1] < self._batch_size, 0
            batches = jnp.asarray(part, jnp.int32)
            while part.size and first < len(part):
                stop = min(len(part), first + _batches_until_progress(clock))
                state = jax.block_until_ready(self._train_batches(state, self._x, self._y, batches, first, stop))
                took = time.perf_counter() - started
                clock.add_batches(took, is_last=is_smaller, number=stop - first)
                seconds, done, first = seconds + took, done + stop - first, stop
                yield BatchProgress(epoch, done, seconds, clock.pace)
                started = time.perf_counter()
        for variable, value in zip(chain(*variables), chain(*state), strict=True):
            variable.assign(value)
        return {name: float(value) for name, value in model.get_metrics_result().items()}, seconds


def _batches_until_progress(clock: PaceClock) -> int:
    """One at first, whose seconds are those of compilation."""
    pace = clock.pace
    return max(1, int(SECONDS_BETWEEN_PROGRESS * pace.batches / pace.seconds)) if pace.batches else 1
