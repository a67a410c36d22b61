"""The same models in plain JAX: an epoch is one compiled program, a scan over batches on the device."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import jax
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from models.encoded.encoded import EncodedDataset, EncodedSplit
from models.experiments.spec import RunSpec
from models.layers import GRU, Bidirectional, Conv1D, Dense, Embedding, Flatten, GlobalAveragePooling1D, Layer
from models.training.scoring import accuracy
from tests.benchmarks.engines.cases import Lap
from tests.benchmarks.engines.initial_weights import initial_weights

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
STEPS_AT_ONCE = 8
"""Of the steps of a text, how many a loop's body holds."""

Weights = list[list[Array]]
State = tuple[Weights, Weights, Weights, Array]
"""Weights, Adam's two moments of them, and the number of batches so far."""


def train(spec: RunSpec, data: EncodedDataset, epochs: int, on_lap: Callable[[Lap], None]) -> None:
    began = time.perf_counter()
    layers = spec.layers()
    weights = jax.tree.map(jnp.asarray, initial_weights(layers, spec.encoding.length, spec.seed))
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state: State = weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros(())
    x, y = jnp.asarray(data.train.x), jnp.asarray(data.train.y, jnp.float32)
    run_epoch = make_epoch(layers, spec.training.batch_size, spec.training.learning_rate)
    apply = jax.jit(partial(logits, layers))
    for key in jax.random.split(jax.random.key(spec.seed), epochs):
        state, loss = run_epoch(state, x, y, key)
        float(loss)  # once it is a number the device is done
        seconds = time.perf_counter() - began
        on_lap(Lap(seconds, *(_accuracy(apply, state[0], split) for split in (data.validation, data.test))))
        began = time.perf_counter()


def make_epoch(layers: Sequence[Layer], batch_size: int, rate: float) -> Callable[..., tuple[State, Array]]:
    """The compiled function (state, x, y, key) → (state, the last batch's loss)."""

    def loss_of(weights: Weights, x: Array, y: Array) -> Array:
        answer = logits(layers, weights, x)
        return (jax.nn.softplus(answer) - y * answer).mean()

    def step(state: State, x: Array, y: Array) -> tuple[State, Array]:
        weights, means, squares, count = state
        loss, gradients = jax.value_and_grad(loss_of)(weights, x, y)
        count += 1
        means = jax.tree.map(lambda mean, each: BETA_1 * mean + (1 - BETA_1) * each, means, gradients)
        squares = jax.tree.map(lambda square, each: BETA_2 * square + (1 - BETA_2) * each**2, squares, gradients)
        scaled = rate * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
        weights = jax.tree.map(
            lambda weight, mean, square: weight - scaled * mean / (jnp.sqrt(square) + EPSILON), weights, means, squares
        )
        return (weights, means, squares, count), loss

    @partial(jax.jit, donate_argnums=0)
    def run_epoch(state: State, x: Array, y: Array, key: Array) -> tuple[State, Array]:
        rows = jax.random.permutation(key, len(x))
        whole = len(x) // batch_size * batch_size
        batches = rows[:whole].reshape(-1, batch_size)
        state, losses = lax.scan(lambda state, batch: step(state, x[batch], y[batch]), state, batches)
        if whole < len(x):
            return step(state, x[rows[whole:]], y[rows[whole:]])
        return state, losses[-1]

    return run_epoch


def logits(layers: Sequence[Layer], weights: Weights, x: Array) -> Array:
    """(batch, length) → (batch,). The sigmoid at the end is left to the loss."""
    for layer, arrays in zip(layers, weights, strict=True):
        x = _part(layer, arrays, x)
    return x[:, 0]


def _accuracy(apply: Callable[..., Array], weights: Weights, split: EncodedSplit) -> float:
    return accuracy(np.asarray(jax.nn.sigmoid(apply(weights, jnp.asarray(split.x)))), split.y)


def _part(layer: Layer, arrays: list[Array], x: Array) -> Array:
    match layer:
        case Embedding():
            return arrays[0][x]
        case Flatten():
            return x.reshape(len(x), -1)
        case GlobalAveragePooling1D():
            return x.mean(1)
        case Conv1D():
            kernel, bias = arrays
            return jax.nn.relu(
                lax.conv_general_dilated(x, kernel, (1,), "VALID", dimension_numbers=("NWC", "WIO", "NWC")) + bias
            )
        case Bidirectional():
            return _recurrent(layer, arrays, x)
        case Dense():
            x = x @ arrays[0] + arrays[1]
            return jax.nn.relu(x) if layer.activation == "relu" else x
    raise NotImplementedError(f"{type(layer).__name__} was not written by hand.")


def _recurrent(layer: Bidirectional, arrays: list[Array], x: Array) -> Array:
    """Both directions step by step in one loop; what does not depend on the state is multiplied beforehand."""
    kernel, recurrent, bias = (jnp.stack(pair) for pair in zip(arrays[:3], arrays[3:], strict=True))
    is_gru, units = isinstance(layer.layer, GRU), layer.layer.units
    directions = jnp.stack([x, x[:, ::-1]])
    of_inputs = bias[:, 0] if is_gru else bias
    inputs = jnp.einsum("dbtm,dmg->tdbg", directions, kernel) + of_inputs[:, None]
    zeros = jnp.zeros((2, len(x), units))

    def lstm(state: tuple[Array, Array], given: Array) -> tuple[tuple[Array, Array], Array]:
        hidden, cell = state
        gates = given + jnp.einsum("dbn,dng->dbg", hidden, recurrent)
        enter, forget, candidate, output = jnp.split(gates, 4, axis=-1)
        cell = jax.nn.sigmoid(forget) * cell + jax.nn.sigmoid(enter) * jnp.tanh(candidate)
        hidden = jax.nn.sigmoid(output) * jnp.tanh(cell)
        return (hidden, cell), hidden

    def gru(hidden: Array, given: Array) -> tuple[Array, Array]:
        of_state = jnp.einsum("dbn,dng->dbg", hidden, recurrent) + bias[:, 1][:, None]
        gates = jax.nn.sigmoid(given[..., : 2 * units] + of_state[..., : 2 * units])
        update, reset = jnp.split(gates, 2, axis=-1)
        candidate = jnp.tanh(given[..., 2 * units :] + reset * of_state[..., 2 * units :])
        hidden = update * hidden + (1 - update) * candidate
        return hidden, hidden

    step, start = (gru, zeros) if is_gru else (lstm, (zeros, zeros))
    end, hidden = lax.scan(step, start, inputs, unroll=STEPS_AT_ONCE)
    if layer.layer.return_sequences:
        return jnp.concatenate([hidden[:, 0], hidden[::-1, 1]], axis=-1).swapaxes(0, 1)
    return jnp.concatenate(tuple(end if is_gru else end[0]), axis=-1)
