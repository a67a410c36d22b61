"""Layers as JAX computes them inside a loop, beside Keras's own way: outputs, and gradients of every weight.

Keras chooses its backend when it is imported, and that of the other tests is TensorFlow; so another process computes.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from models.layers import Embedding
from models.machine.devices import cpu
from models.machine.environment import configure
from models.stacks.stack_parser import parse_layers

pytest.importorskip("jax")

LENGTH, VOCABULARY = 7, 30
NEAR = 2e-6

RECURRENT = [
    "SimpleRNN(4)",
    "SimpleRNN(4, return_sequences=True, use_bias=False)",
    "LSTM(4)",
    "LSTM(4, return_sequences=True, go_backwards=True)",
    "LSTM(4, activation='relu', recurrent_activation='hard_sigmoid')",
    "LSTM(4, dropout=0.5)",
    "LSTM(4, recurrent_dropout=0.5)",
    "GRU(4)",
    "GRU(4, go_backwards=True, use_bias=False)",
    "GRU(4, reset_after=False)",
    "Bidirectional(LSTM(4))",
    "Bidirectional(LSTM(4, dropout=0.5))",
    "Bidirectional(LSTM(4, return_sequences=True), merge_mode='mul')",
    "Bidirectional(GRU(4, return_sequences=True), merge_mode='sum')",
    "Bidirectional(SimpleRNN(4), merge_mode='ave')",
    "Bidirectional(LSTM(4), backward_layer=LSTM(3, go_backwards=True))",
]
TWO_STEPS, CONVOLUTION = "unroll=2", "conv_general_dilated"
"""What is in JAX's program where two steps are read a turn, and where it convolves."""

AS_IN_KERAS = {"LSTM(4, recurrent_dropout=0.5)", "GRU(4, reset_after=False)"}
MASKED = [
    "LSTM(4)",
    "LSTM(4, return_sequences=True, go_backwards=True)",
    "Bidirectional(GRU(4))",
    "Bidirectional(LSTM(4, return_sequences=True), merge_mode='mul')",
    "Bidirectional(GRU(4, return_sequences=True, dropout=0.5))",
]
CONVOLUTIONS = [
    "Conv1D(3, 5)",
    "Conv1D(3, 5, padding='same', activation='relu')",
    "Conv1D(3, 4, padding='same', strides=3)",
    "Conv1D(3, 3, padding='causal', dilation_rate=2, use_bias=False)",
    "Conv1D(3, 2, strides=2)",
    "SeparableConv1D(3, 4)",
    "SeparableConv1D(3, 4, padding='same', strides=2, use_bias=False)",
    "SeparableConv1D(3, 3, dilation_rate=2, activation='relu')",
]


@pytest.fixture(scope="module")
def by_jax():
    with ProcessPoolExecutor(1, get_context("spawn"), compile_little) as pool:
        yield lambda *arguments: pool.submit(*arguments).result()


def compile_little():
    """What is computed once need not be fast."""
    os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    configure("jax", cpu())
    from models.jax_layers import recurrent

    recurrent.STEPS_AT_ONCE = 2


def computed(layers, fast, on_gpu):
    """(outputs, gradients of every weight, what is computed) in training, of one batch."""
    import jax
    import keras

    from models.jax_layers.fast_layers import use_fast_layers
    from models.training.keras_model import build_model

    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model = build_model(layers, LENGTH)
    if fast:
        use_fast_layers(model, on_gpu)
    tokens = np.random.default_rng(1).integers(1, VOCABULARY, (5, LENGTH))
    tokens[1, :3] = tokens[2, 5:] = tokens[3, 4] = tokens[4] = 0
    weights = [np.random.default_rng(2).normal(0, 0.5, weight.shape) for weight in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]

    def loss(weights):
        outputs, _ = model.stateless_call(weights, others, tokens, training=True)
        return (outputs**2).sum(), outputs

    compute, weights = jax.grad(loss, has_aux=True), [jax.numpy.asarray(weight) for weight in weights]
    gradients, outputs = jax.jit(compute)(weights)
    return np.asarray(outputs), [np.asarray(gradient) for gradient in gradients], str(jax.make_jaxpr(compute)(weights))


def layers_of(stack, masked):
    return (Embedding(VOCABULARY, 3, mask_zero=masked), *parse_layers(stack))


def beside_keras(by_jax, stack, masked, on_gpu):
    """Compares the two and returns (what Keras computes, what is computed instead)."""
    layers = layers_of(stack, masked)
    outputs, gradients, slow = by_jax(computed, layers, False, on_gpu)
    fast_outputs, fast_gradients, fast = by_jax(computed, layers, True, on_gpu)
    np.testing.assert_allclose(fast_outputs, outputs, rtol=0, atol=NEAR)
    for pair in zip(fast_gradients, gradients, strict=True):
        np.testing.assert_allclose(*pair, rtol=1e-5, atol=NEAR)
    return slow, fast


@pytest.mark.parametrize("stack", RECURRENT)
def test_a_recurrent_layer_on_a_gpu_gives_what_keras_gives(stack, by_jax):
    slow, fast = beside_keras(by_jax, stack, False, on_gpu=True)
    assert TWO_STEPS not in slow
    assert (TWO_STEPS in fast) == (stack not in AS_IN_KERAS)


@pytest.mark.parametrize("stack", MASKED)
def test_masked_steps_are_skipped_as_keras_does(stack, by_jax):
    slow, fast = beside_keras(by_jax, stack, True, on_gpu=True)
    assert TWO_STEPS not in slow
    assert TWO_STEPS in fast


@pytest.mark.parametrize("stack", CONVOLUTIONS)
def test_a_convolution_on_a_cpu_gives_what_keras_gives(stack, by_jax):
    slow, fast = beside_keras(by_jax, stack, False, on_gpu=False)
    assert CONVOLUTION in slow
    assert CONVOLUTION not in fast


@pytest.mark.parametrize(("stack", "on_gpu"), [("LSTM(4)", False), ("Conv1D(3, 5)", True)])
def test_what_is_fast_as_it_is_stays_as_it_is(stack, on_gpu, by_jax):
    slow, fast = (by_jax(computed, layers_of(stack, False), fast, on_gpu)[2] for fast in (False, True))
    assert fast == slow
