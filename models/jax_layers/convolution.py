"""Convolutions as products of matrices."""

from functools import partial

import jax
import keras
from jax import numpy as jnp


def multiply_windows(layer: keras.Layer) -> None:
    """Have a Conv1D or a SeparableConv1D multiply its kernel with all windows of its input at once."""
    if isinstance(layer, keras.layers.Conv1D):
        layer.call = partial(_convolve, layer)
    elif isinstance(layer, keras.layers.SeparableConv1D):
        layer.call = partial(_convolve_each_channel, layer)


def _convolve(layer: keras.layers.Conv1D, inputs: jax.Array) -> jax.Array:
    return _multiplied(layer, _windows(layer, inputs), jnp.reshape(jnp.asarray(layer.kernel), (-1, layer.filters)))


def _convolve_each_channel(layer: keras.layers.SeparableConv1D, inputs: jax.Array) -> jax.Array:
    """Filter each channel by itself, then mix the channels of each step."""
    filtered = jnp.einsum("btkc,kcm->btcm", _windows(layer, inputs), jnp.asarray(layer.depthwise_kernel))
    return _multiplied(layer, filtered, jnp.asarray(layer.pointwise_kernel)[0])


def _multiplied(layer: keras.Layer, inputs: jax.Array, kernel: jax.Array) -> jax.Array:
    outputs = inputs.reshape(*inputs.shape[:2], -1) @ kernel
    return layer.activation(outputs + jnp.asarray(layer.bias) if layer.use_bias else outputs)


def _windows(layer: keras.Layer, inputs: jax.Array) -> jax.Array:
    """All windows of (batch, steps, channels): (batch, windows, kernel size, channels)."""
    (size,), (stride,), (dilation,) = layer.kernel_size, layer.strides, layer.dilation_rate
    span, steps = dilation * (size - 1) + 1, inputs.shape[1]
    missing = 0
    if layer.padding == "causal":
        missing = span - 1
    elif layer.padding == "same":
        missing = max(0, -(-steps // stride) * stride - stride + span - steps)
    before = missing if layer.padding == "causal" else missing // 2
    padded = jnp.pad(inputs, ((0, 0), (before, missing - before), (0, 0)))
    stop = padded.shape[1] - span + 1
    return jnp.stack([padded[:, first : first + stop : stride] for first in range(0, span, dilation)], axis=2)
