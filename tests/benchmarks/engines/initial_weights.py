"""The weights with which Keras's layers begin, for code by hand, so that all learn from the same start."""

from collections.abc import Sequence
from math import prod

import numpy as np

from models.layers import LSTM, Bidirectional, Layer, Weight
from models.layers.stack import summarize


def initial_weights(layers: Sequence[Layer], length: int, seed: int) -> list[list[np.ndarray]]:
    """The float32 arrays of each layer, in Keras's shapes and order."""
    random = np.random.default_rng(seed)
    return [
        [_initial(weight, summary.layer, random).astype(np.float32) for weight in summary.weights]
        for summary in summarize(layers, (length,))
    ]


def _initial(weight: Weight, layer: Layer, random: np.random.Generator) -> np.ndarray:
    kind = weight.name.split()[-1]
    if kind == "embeddings":
        return random.uniform(-0.05, 0.05, weight.shape)
    if kind == "kernel":
        fans = (weight.shape[-2] + weight.shape[-1]) * prod(weight.shape[:-2])
        return random.uniform(-1, 1, weight.shape) * np.sqrt(6 / fans)
    if kind == "recurrent_kernel":
        q, r = np.linalg.qr(random.standard_normal(weight.shape[::-1]))
        return (q * np.sign(np.diag(r))).T
    values = np.zeros(weight.shape)
    if isinstance(layer.layer if isinstance(layer, Bidirectional) else layer, LSTM):
        quarter = weight.shape[0] // 4
        values[quarter : 2 * quarter] = 1  # of the forget gate
    return values
