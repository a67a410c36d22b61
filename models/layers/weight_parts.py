"""The weights of a layer one by one, per gate and direction, and its formula with the numbers filled in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.layers import Bidirectional, Layer, Recurrent, Residual, Shape, Weight

LETTERS = {"recurrent_kernel": "U", "kernel": "W", "bias": "b", "gamma": "γ", "beta": "β"}
"""The usual letter of a weight by the end of its name in Keras."""
BIASES = ("input bias", "recurrent bias")
"""The two rows of a GRU's bias: one is added to the product with W, one to the product with U."""
PRODUCT = re.compile(r"(?<=[\w)²])(?=[a-z(])")
"""The places in a formula between two adjacent factors."""


@dataclass(frozen=True, kw_only=True)
class WeightPart(Weight):
    """A weight or, in a recurrent layer, the part of it that belongs to one gate.

    ``name`` describes it with its letter: "recurrent kernel U"; shape and symbols are those of the part.

    Attributes:
        place: Where the weight is within the layer: "forward", or "LSTM" in a shortcut; empty for the layer itself.
        gate: The gate, or empty.
        weight: The whole weight as in Keras.
    """

    weight: Weight
    place: str = ""
    gate: str = ""

    @property
    def calculation(self) -> str:
        """The formula with the numbers filled in: "42 × 32 = 1,344"."""
        return _equation(" × ".join(f"{size:,}" for size in self.shape), self.num_params)


def weight_parts(layer: Layer, shape: Shape) -> tuple[WeightPart, ...]:
    """Lists the weights of a layer, one entry per gate in a recurrent layer.

    Args:
        layer: Any layer.
        shape: The input shape, without the batch axis.

    Returns:
        Parts whose counts add up to ``layer.num_params(shape)``.

    Raises:
        ShapeError: The layer cannot take the shape.

    Example:
        ``weight_parts(LSTM(32), (120, 42))`` begins with the input gate's kernel W of shape (42, 32).
    """
    if isinstance(layer, Bidirectional):
        return tuple(
            _within(direction, part) for direction, inner in layer.directions for part in weight_parts(inner, shape)
        )
    if isinstance(layer, Residual):
        return tuple(
            _within(type(each).__name__, part)
            for each, given in layer.walk(shape)
            for part in weight_parts(each, given)
        )
    if isinstance(layer, Recurrent):
        return tuple(part for weight in layer.weights(shape) for part in _per_gate(layer, weight))
    return tuple(
        WeightPart(
            _with_letter(weight.name, weight.name), weight.shape, weight.symbols, weight.trainable, weight=weight
        )
        for weight in layer.weights(shape)
    )


def calculation(layer: Layer, shape: Shape) -> str:
    """Fills the numbers into the layer's formula.

    Args:
        layer: Any layer.
        shape: The input shape, without the batch axis.

    Returns:
        An equation such as "4 × (42 × 32 + 32² + 32) = 9,600"; empty for a layer without weights.

    Raises:
        ShapeError: The layer cannot take the shape.
    """
    filled = _filled(layer, shape)
    return _equation(filled, layer.num_params(shape)) if filled else ""


def _filled(layer: Layer, shape: Shape) -> str:
    if isinstance(layer, Residual):
        return " + ".join(filter(None, (_filled(each, given) for each, given in layer.walk(shape))))
    sizes = _sizes(layer.weights(shape))
    spaced = PRODUCT.sub(" × ", layer.formula)
    return re.sub("[a-z]", lambda letter: f"{sizes.get(letter.group(), 1):,}", spaced)  # a vector is one step


def _sizes(weights: tuple[Weight, ...]) -> dict[str, int]:
    """The value of each letter, from the weights' shapes: "4n" of 128 gives n = 32."""
    sizes: dict[str, int] = {}
    for weight in weights:
        for symbol, size in zip(weight.symbols, weight.shape, strict=True):
            if letter := symbol.lstrip("0123456789"):
                sizes[letter] = size // int(symbol.removesuffix(letter) or 1)
    return sizes


def _per_gate(layer: Recurrent, weight: Weight) -> Iterator[WeightPart]:
    """The gates' parts of a weight, which are side by side along its last axis."""
    gates = layer.gates
    rows = BIASES if weight.symbols[0] == "2" else (weight.name,)
    is_split = len(rows) > 1
    shape = (*weight.shape[is_split:-1], weight.shape[-1] // len(gates))
    symbols = (*weight.symbols[is_split:-1], weight.symbols[-1].removeprefix(str(len(gates))))
    for row in rows:
        for gate in gates:
            name = _with_letter(row, weight.name)
            yield WeightPart(name, shape, symbols, weight.trainable, weight=weight, gate=gate)


def _with_letter(name: str, keras_name: str) -> str:
    letter = next((letter for end, letter in LETTERS.items() if keras_name.endswith(end)), "")
    return f"{name.replace('_', ' ')} {letter}".strip()


def _within(place: str, part: WeightPart) -> WeightPart:
    return replace(part, place=f"{place} {part.place}".strip())


def _equation(left: str, count: int) -> str:
    return left if left == f"{count:,}" else f"{left} = {count:,}"
