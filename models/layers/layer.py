"""The common interface of all layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """A layer that cannot take its input shape; the message says why and how to fix it."""


@dataclass(frozen=True)
class Weight:
    """One array of a layer, e.g. ``Weight("kernel", (16, 128), ("m", "4n"))``.

    ``symbols`` spells the shape in the usual letters: m inputs, n units, k kernel size, f filters, h heads of a
    features each, v, d. A weight that is not trainable never changes.
    """

    name: str
    shape: Shape
    symbols: tuple[str, ...]
    trainable: bool = True

    @property
    def num_params(self) -> int:
        return prod(self.shape)

    @property
    def formula(self) -> str:
        return " × ".join(self.symbols)


@dataclass(frozen=True)
class Layer:
    """A layer. One without weights keeps the defaults. Its fields are annotated with their domains, see ``arguments``.

    ``keras_arguments`` are in Keras's order, in which they may be passed without names. Arguments that Unroll does not
    have are given with their fixed values.
    """

    keras_arguments: ClassVar[Mapping[str, Any]] = {}
    supports_masking: ClassVar[bool] = True
    """Whether the embedding's mask is passed on or used, as in Keras."""

    @property
    def formula(self) -> str:
        """The number of parameters in the usual letters."""
        return ""

    @property
    def gates(self) -> tuple[str, ...]:
        return ()

    def output_shape(self, shape: Shape) -> Shape:
        """The output shape for input ``shape``. Raises ShapeError if the layer cannot take it."""
        return shape

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """The weights for input ``shape``, in Keras's order."""
        return ()

    def num_params(self, shape: Shape) -> int:
        return sum(weight.num_params for weight in self.weights(shape))

    def num_activations(self, shape: Shape) -> int:
        """The least number of values that training keeps of this layer for one example."""
        return prod(self.output_shape(shape))


def require_steps(layer: Layer, shape: Shape) -> None:
    """Check that ``shape`` is ``(steps, features)``, for layers that read a sequence."""
    if len(shape) != 2:
        raise ShapeError(
            f"{type(layer).__name__} reads a sequence of shape (steps, features) but is given {shape}: the steps are "
            "gone. Set return_sequences=True on the recurrent layer before it, or move it before Flatten or pooling."
        )
