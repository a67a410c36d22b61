"""Layers as the Keras source that builds them, for a reader to copy."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields

from models.layers import Bidirectional, Layer, MultiHeadAttention, Residual


def layer_code(layer: Layer) -> str:
    """The layer as it is written in Keras, defaults left out: ``Bidirectional(LSTM(32))``.

    A ``Residual(…)``, which Keras writes as a sum, stands as what it is.
    """
    if isinstance(layer, Residual):
        return f"Residual({', '.join(map(layer_code, layer.layers))})"
    arguments = []
    for field in fields(layer):
        value = getattr(layer, field.name)
        code = layer_code(value) if isinstance(value, Layer) else _literal(value)
        if field.default is MISSING:
            arguments.append(code)
        elif value != field.default:
            arguments.append(f"{field.name}={code}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def kind_name(layer: Layer) -> str:
    """The kind of a layer, a bidirectional one with what it goes around: "Bidirectional LSTM"."""
    name = type(layer).__name__
    return f"{name} {type(layer.layer).__name__}" if isinstance(layer, Bidirectional) else name


def model_code(layers: Sequence[Layer], length: int, vectors: str | None = None) -> str:
    """Writes a script that builds and prints the Keras model of some layers.

    Args:
        layers: A plain list becomes a ``Sequential``; where steps meet again, the graph is written out.
        length: The number of tokens of a text.
        vectors: The title of the word vectors with which the embedding begins. A comment says where they go in.

    Returns:
        Python source.
    """
    where = (
        [f"# model.layers[0].set_weights([matrix]), whose row i is the vector of token i: {vectors}"] if vectors else []
    )
    body = [*model_statements(layers, length), *where, "model.summary()"]
    return "\n".join(["import keras", layers_import(layers), "", *body]) + "\n"


def layers_import(layers: Sequence[Layer]) -> str:
    return f"from keras.layers import {', '.join(sorted(set(_kinds(layers))))}"


def model_statements(layers: Sequence[Layer], length: int) -> list[str]:
    """Lines that make ``model``."""
    tokens = f'shape=({length},), dtype="int32"'
    if any(isinstance(layer, MultiHeadAttention | Residual) for layer in layers):
        return [f"x = inputs = keras.Input({tokens})", *_statements(layers, "x"), "model = keras.Model(inputs, x)"]
    return [
        "model = keras.Sequential([",
        f"    keras.Input({tokens}),",
        *(f"    {layer_code(layer)}," for layer in layers),
        "])",
    ]


def _statements(layers: Sequence[Layer], x: str) -> Iterator[str]:
    """Assignments that send the variable ``x`` through ``layers``; a shortcut's way around takes the next letter."""
    for layer in layers:
        if isinstance(layer, Residual):
            y = chr(ord(x) + 1)
            yield f"{y} = {x}"
            yield from _statements(layer.layers, y)
            yield f"{x} = Add()([{x}, {y}])"
        else:
            arguments = f"{x}, {x}" if isinstance(layer, MultiHeadAttention) else x
            yield f"{x} = {layer_code(layer)}({arguments})"


def _kinds(layers: Sequence[Layer]) -> Iterator[str]:
    """Names of the Keras layers that the code needs."""
    for layer in layers:
        yield "Add" if isinstance(layer, Residual) else type(layer).__name__
        yield from _kinds(getattr(layer, "layers", [layer.layer] if hasattr(layer, "layer") else []))


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
