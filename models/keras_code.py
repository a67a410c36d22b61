"""Layers as the Keras source that builds them, for a reader to copy."""

from collections.abc import Sequence
from dataclasses import MISSING, fields

from models.layers import Layer


def layer_code(layer: Layer) -> str:
    """The layer as it is written in Keras, defaults left out: ``Bidirectional(LSTM(32))``."""
    arguments = []
    for field in fields(layer):
        value = getattr(layer, field.name)
        code = layer_code(value) if isinstance(value, Layer) else _literal(value)
        if field.default is MISSING:
            arguments.append(code)
        elif value != field.default:
            arguments.append(f"{field.name}={code}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def model_code(layers: Sequence[Layer], length: int) -> str:
    """A script that builds and prints the Keras model of ``layers`` over texts of ``length`` tokens."""
    kinds = {type(layer).__name__ for layer in layers}
    kinds |= {type(layer.layer).__name__ for layer in layers if hasattr(layer, "layer")}
    lines = [
        "import keras",
        f"from keras.layers import {', '.join(sorted(kinds))}",
        "",
        "model = keras.Sequential([",
        f'    keras.Input(shape=({length},), dtype="int32"),',
        *(f"    {layer_code(layer)}," for layer in layers),
        "])",
        "model.summary()",
    ]
    return "\n".join(lines) + "\n"


def _literal(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}" if value >= 10_000 else str(value)
    return f'"{value}"' if isinstance(value, str) else repr(value)
