"""Equalities between a recurrent layer's outputs, computed with its own weights. Only processes that load Keras, and
tests, import this module.
"""

from typing import Any

import keras
import numpy as np

MOST_STEPS = 4
"""At the end of the text: Keras needs milliseconds for each, and the equalities hold for any number."""
PLAIN = {"return_sequences": False, "return_state": False, "go_backwards": False}


def differences(layer: keras.layers.RNN, inputs: np.ndarray) -> dict[str, float]:
    """Compute the largest difference between both sides of each of ``returns.EQUALITIES``, by its name.

    Args:
        layer: A trained SimpleRNN, LSTM or GRU, of either direction.
        inputs: Its inputs, (steps, features), in the order of the text.
    """
    x = inputs[None, -MOST_STEPS:]
    half = x.shape[1] // 2
    copy = type(layer).from_config(layer.get_config() | PLAIN)
    copy.build(x.shape)
    copy.set_weights(layer.get_weights())
    output = _run(copy, x)[0]
    sequence = _run(copy, x, return_sequences=True)[0]
    _, *states = _run(copy, x, return_state=True)
    _, *first = _run(copy, x[:, :half], return_state=True)
    found = {
        "last row": _largest(sequence[:, -1], output),
        "state": _largest(states[0], output),
        "reversed": _largest(_run(copy, x, go_backwards=True)[0], _run(copy, x[:, ::-1])[0]),
        "continued": _largest(_run(copy, x[:, half:], initial_state=first)[0], output),
    }
    return found | ({"cell": _largest(states[1], output)} if len(states) > 1 else {})


def _run(layer: keras.layers.RNN, x: np.ndarray, initial_state: Any = None, **flags: bool) -> list[np.ndarray]:
    """All outputs of the layer with these flags."""
    for name, value in (PLAIN | flags).items():
        setattr(layer, name, value)
    found = layer(x, initial_state=initial_state)
    return [np.asarray(each) for each in (found if isinstance(found, list | tuple) else [found])]


def _largest(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())
