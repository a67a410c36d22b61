"""A stack of one's own as text: ``Embedding(16) → Bidirectional(LSTM(32)) → Dense(6, activation="relu")``.

It is what stands between the tokens and the answer. The vocabulary comes from the encoding and the answer from the
number of classes, so neither is part of it. ``models.stacks.stack_parser`` reads it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import MISSING, dataclass
from typing import Any

from models.layers import (
    LSTM,
    Bidirectional,
    Dropout,
    Embedding,
    Layer,
    MultiHeadAttention,
    Residual,
    Shape,
    ShapeError,
)
from models.layers.keras_code import layer_code
from models.layers.kinds import ARGUMENTS, argument_fields

MAX_LAYERS = 20
ARROW = " → "
VECTORS = re.compile(r'Embedding\([^)"]*vectors="([^"]*)"\)')
SHORT = 26
BEGIN_WITH: dict[str, Any] = {
    "units": 32, "filters": 32, "kernel_size": 5, "rate": 0.2, "num_heads": 2, "key_dim": 16, "activation": "relu",
    "stddev": 0.1, "n": 10, "pool_size": 2, "target_shape": (-1, 1), "dims": (2, 1),
}  # fmt: skip
"""Middling values of the arguments that a layer cannot do without."""
LONG = 1_000_000
"""A number of steps longer than any window, to follow the steps through a stack for any length of texts."""
STEPS_ARE_LEFT = (
    "The answer needs one vector for the whole text, but the last layer still hands on a vector for every step: end "
    "with GlobalMaxPooling1D(), GlobalAveragePooling1D() or Flatten(), or with a recurrent layer without "
    "return_sequences."
)


class StackError(ValueError):
    """Text that is no stack; the message says where and what is allowed."""


@dataclass(frozen=True)
class Stack:
    """The length of the vector that stands for each word, the layers that follow, and whether padding is skipped.

    ``vectors`` names the word vectors with which the embedding begins; None for random ones. They stay as they are
    where the embedding is not ``trainable``.
    """

    embedding_dim: int
    layers: tuple[Layer, ...]
    mask_zero: bool = False
    trainable: bool = True
    vectors: str | None = None

    @property
    def embedding_text(self) -> str:
        """The embedding without its vocabulary: "Embedding(16)"."""
        rest = [", trainable=False"] * (not self.trainable) + [", mask_zero=True"] * self.mask_zero
        named = f', vectors="{self.vectors}"' if self.vectors else ""
        return f"Embedding({self.embedding_dim}{''.join(rest)}{named})"

    def with_embedding(self, vocabulary_size: int) -> list[Layer]:
        return [Embedding(vocabulary_size, self.embedding_dim, self.trainable, self.mask_zero), *self.layers]


def write_stack(stack: Stack) -> str:
    """The one spelling of a stack."""
    return ARROW.join([stack.embedding_text, *map(layer_code, stack.layers)])


def vectors_in(text: str) -> str | None:
    """The word vectors that a stack in its one spelling begins with."""
    found = VECTORS.match(text)
    return found[1] if found else None


def layers_text(layers: Sequence[Layer]) -> str:
    """Layers without an embedding, as within a shortcut."""
    return ARROW.join(map(layer_code, layers))


def check_stack(stack: Stack) -> Stack:
    """The stack itself. Raises StackError for more layers than there may be."""
    if (number := num_layers(stack)) > MAX_LAYERS:
        raise StackError(f"A stack has up to {MAX_LAYERS} layers after the embedding, not {number}: take some away.")
    return stack


def num_layers(stack: Stack) -> int:
    """Layers after the embedding, those within shortcuts and the shortcuts themselves."""
    return sum(map(_size, stack.layers))


def require_vector(stack: Stack) -> None:
    """Raises ShapeError if there are steps left behind the last layer: the answer is one for the whole text."""
    shape: Shape = (LONG, stack.embedding_dim)
    for layer in stack.layers:
        shape = layer.output_shape(shape)
    if len(shape) != 1:
        raise ShapeError(STEPS_ARE_LEFT)


def short(stack: Stack) -> str:
    """What tells a stack without a name from another: "#3f2a: Bi(LSTM 32), Dense 6"."""
    sign = hashlib.sha256(write_stack(stack).encode()).hexdigest()[:4]
    text = layers_in_short(stack)
    return f"#{sign}: {text if len(text) <= SHORT else text[: SHORT - 1].rstrip(' ,(') + '…'}"


def layers_in_short(stack: Stack) -> str:
    """Each layer with its size: "Bi(LSTM 32), Dense 6"."""
    return ", ".join(map(_short, stack.layers)) or "no layers"


def plain_layer(kind: type[Layer]) -> Layer:
    """A layer of ``kind`` with middling arguments, to begin with."""
    if kind is Bidirectional:
        return Bidirectional(LSTM(32))
    if kind is Residual:
        return Residual(MultiHeadAttention(2, 16), Dropout(0.1))
    needed = [field.name for field in argument_fields(kind) if field.default is MISSING]
    return kind(**{name: BEGIN_WITH[name] for name in needed})


def _size(layer: Layer) -> int:
    return 1 + sum(map(_size, layer.layers)) if isinstance(layer, Residual) else 1


def _short(layer: Layer) -> str:
    if isinstance(layer, Bidirectional):
        return f"Bi({_short(layer.layer)})"
    if isinstance(layer, Residual):
        return f"Residual({', '.join(map(_short, layer.layers))})"
    first = next(iter(ARGUMENTS[type(layer)]), None)
    name = type(layer).__name__.removesuffix("1D")
    value = getattr(layer, first) if first else None
    return name if value is None or isinstance(value, bool) else f"{name} {value}"
