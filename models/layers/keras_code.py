"""Layers as the Keras source that builds them, for a reader to copy."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields

from models.layers import Bidirectional, Layer, MultiHeadAttention, Residual, SelfAttention
from models.layers.arguments import written
from models.regularizers import Regularizer


def layer_code(layer: Layer) -> str:
    """Return the layer in Keras notation without defaults: ``Bidirectional(LSTM(32))``.

    A ``Residual(…)``, which Keras writes as a sum, is written as such.
    """
    if isinstance(layer, Residual):
        return f"Residual({', '.join(map(layer_code, layer.layers))})"
    arguments = []
    for field in fields(layer):
        value = getattr(layer, field.name)
        code = layer_code(value) if isinstance(value, Layer) else written(value)
        if field.default is MISSING:
            arguments.append(code)
        elif value != field.default:
            arguments.append(f"{field.name}={code}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def kind_name(layer: Layer) -> str:
    """Name the kind of a layer, a bidirectional one with the layer inside it: "Bidirectional LSTM"."""
    name = type(layer).__name__
    return f"{name} {type(layer.layer).__name__}" if isinstance(layer, Bidirectional) else name


def model_code(layers: Sequence[Layer], length: int, vectors: str | None = None) -> str:
    """Writes a script that builds and prints the Keras model of some layers.

    Args:
        layers: A plain list becomes a ``Sequential``; with shortcuts, the graph is written out.
        length: The number of tokens of a text.
        vectors: The title of the embedding's word vectors. A comment says where to put them.

    Returns:
        Python source.
    """
    where = (
        [f"# model.layers[0].set_weights([matrix]), whose row i is the vector of token i: {vectors}"] if vectors else []
    )
    body = [*model_statements(layers, length), *where, "model.summary()"]
    return "\n".join(["import keras", layers_import(layers), "", *body]) + "\n"


def layers_import(layers: Sequence[Layer]) -> str:
    """Return the lines that import the names in the code of some layers."""
    penalties = {kind for layer in layers for kind in _regularizers(layer)}
    found = {"keras.layers": set(_kinds(layers)), "keras.regularizers": penalties}
    return "\n".join(f"from {module} import {', '.join(sorted(kinds))}" for module, kinds in found.items() if kinds)


def model_statements(layers: Sequence[Layer], length: int) -> list[str]:
    """Return the lines that make ``model``."""
    tokens = f'shape=({length},), dtype="int32"'
    if any(isinstance(layer, SelfAttention | Residual) for layer in layers):
        return [f"x = inputs = keras.Input({tokens})", *_statements(layers, "x"), "model = keras.Model(inputs, x)"]
    return [
        "model = keras.Sequential([",
        f"    keras.Input({tokens}),",
        *(f"    {layer_code(layer)}," for layer in layers),
        "])",
    ]


def _statements(layers: Sequence[Layer], x: str) -> Iterator[str]:
    """Assignments that send the variable ``x`` through ``layers``; the branch of a shortcut uses the next letter."""
    for layer in layers:
        if isinstance(layer, Residual):
            y = chr(ord(x) + 1)
            yield f"{y} = {x}"
            yield from _statements(layer.layers, y)
            yield f"{x} = Add()([{x}, {y}])"
        else:
            arguments = x
            if isinstance(layer, SelfAttention):
                arguments = f"{x}, {x}" if isinstance(layer, MultiHeadAttention) else f"[{x}, {x}]"
            yield f"{x} = {layer_code(layer)}({arguments})"


def _kinds(layers: Sequence[Layer]) -> Iterator[str]:
    """Names of the Keras layers that the code needs."""
    for layer in layers:
        yield "Add" if isinstance(layer, Residual) else type(layer).__name__
        yield from _kinds(_within(layer))


def _regularizers(layer: Layer) -> Iterator[str]:
    """Names of the Keras regularizers that the code needs."""
    values = (getattr(layer, field.name) for field in fields(layer))
    yield from (value.kind for value in values if isinstance(value, Regularizer))
    for inner in _within(layer):
        yield from _regularizers(inner)


def _within(layer: Layer) -> Sequence[Layer]:
    if isinstance(layer, Bidirectional):
        return [inner for inner in (layer.layer, layer.backward_layer) if inner]
    return layer.layers if isinstance(layer, Residual) else ()
