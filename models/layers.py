"""Layers as small frozen values that mirror the Keras layers of the same names and arguments.

From a list of them follow, with no framework loaded, every output shape and every weight with its shape and formula.
Shapes leave out the batch axis: ``(steps, features)`` for sequences, ``(features,)`` for vectors.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """A layer that cannot take the shape it is given; the message says why and how to mend it."""


@dataclass(frozen=True)
class Weight:
    """One array of a layer, e.g. ``Weight("kernel", (16, 128), ("m", "4n"))``.

    ``symbols`` spells the shape in the field's letters: m inputs, n units, k kernel size, f filters, v, d.
    """

    name: str
    shape: Shape
    symbols: tuple[str, ...]

    @property
    def num_params(self) -> int:
        return prod(self.shape)

    @property
    def formula(self) -> str:
        return " × ".join(self.symbols)


@dataclass(frozen=True)
class Layer:
    """What every layer can say of itself. A layer without weights keeps the defaults."""

    formula: ClassVar[str] = ""
    gates: ClassVar[tuple[str, ...]] = ()

    def output_shape(self, shape: Shape) -> Shape:
        """Shape behind this layer for input ``shape``. Raises ShapeError if the layer cannot take it."""
        return shape

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Weights that this layer has for input ``shape``, in Keras's order."""
        return ()

    def num_params(self, shape: Shape) -> int:
        return sum(weight.num_params for weight in self.weights(shape))


def _require_steps(layer: Layer, shape: Shape) -> None:
    """Holds ``shape`` to ``(steps, features)``, for the layers that read a sequence."""
    if len(shape) != 2:
        raise ShapeError(
            f"{type(layer).__name__} reads a sequence of shape (steps, features) but is given {shape}: the steps are "
            "gone. Set return_sequences=True on the recurrent layer before it, or move it before Flatten or pooling."
        )


@dataclass(frozen=True)
class Embedding(Layer):
    """A trained vector for each token: (steps,) → (steps, output_dim)."""

    input_dim: int
    output_dim: int
    formula: ClassVar[str] = "v × d"

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(f"Embedding reads token numbers of shape (steps,) but is given {shape}: put it first.")
        return (*shape, self.output_dim)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return (Weight("embeddings", (self.input_dim, self.output_dim), ("v", "d")),)


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer on the last axis: (…, m) → (…, units)."""

    units: int
    activation: str | None = None
    formula: ClassVar[str] = "mn + n"

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.units)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return Weight("kernel", (shape[-1], self.units), ("m", "n")), Weight("bias", (self.units,), ("n",))


@dataclass(frozen=True)
class Flatten(Layer):
    """Every step's features side by side: (steps, features) → (steps × features,)."""

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a share of the inputs to zero while training; the shape stays."""

    rate: float


@dataclass(frozen=True)
class Recurrent(Layer):
    """What SimpleRNN, LSTM and GRU share: (steps, m) → (units,), or (steps, units) with return_sequences."""

    units: int
    return_sequences: bool = False

    def output_shape(self, shape: Shape) -> Shape:
        _require_steps(self, shape)
        return (shape[0], self.units) if self.return_sequences else (self.units,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        _require_steps(self, shape)
        n, gates = self.units, len(self.gates)
        symbol = "n" if gates == 1 else f"{gates}n"
        return (
            Weight("kernel", (shape[-1], gates * n), ("m", symbol)),
            Weight("recurrent_kernel", (n, gates * n), ("n", symbol)),
            self._bias(n, gates, symbol),
        )

    def _bias(self, n: int, gates: int, symbol: str) -> Weight:
        return Weight("bias", (gates * n,), (symbol,))


@dataclass(frozen=True)
class SimpleRNN(Recurrent):
    """The plain recurrent layer. Source: Elman (1990), https://doi.org/10.1207/s15516709cog1402_1"""

    formula: ClassVar[str] = "n(m + n + 1)"
    gates: ClassVar[tuple[str, ...]] = ("state",)


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory. Source: Hochreiter & Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735"""

    formula: ClassVar[str] = "4(mn + n² + n)"
    gates: ClassVar[tuple[str, ...]] = ("input", "forget", "cell", "output")


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent unit, with Keras's default ``reset_after``: two biases a gate.

    Source: Cho et al. (2014), https://arxiv.org/abs/1406.1078
    """

    formula: ClassVar[str] = "3(mn + n² + 2n)"
    gates: ClassVar[tuple[str, ...]] = ("update", "reset", "candidate")

    def _bias(self, n: int, gates: int, symbol: str) -> Weight:
        return Weight("bias", (2, gates * n), ("2", symbol))


@dataclass(frozen=True)
class Bidirectional(Layer):
    """Two copies of a recurrent layer, one reading forwards and one backwards, outputs concatenated.

    Source: Schuster & Paliwal (1997), https://doi.org/10.1109/78.650093
    """

    layer: Recurrent

    @property
    def formula(self) -> str:
        return f"2 × {self.layer.formula}"

    @property
    def gates(self) -> tuple[str, ...]:
        return tuple(f"{direction} {gate}" for direction in ("forward", "backward") for gate in self.layer.gates)

    def output_shape(self, shape: Shape) -> Shape:
        *steps, features = self.layer.output_shape(shape)
        return (*steps, 2 * features)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return tuple(
            Weight(f"{direction} {weight.name}", weight.shape, weight.symbols)
            for direction in ("forward", "backward")
            for weight in self.layer.weights(shape)
        )


@dataclass(frozen=True)
class Conv1D(Layer):
    """A filter bank slid over the steps, no padding: (steps, m) → (steps − kernel_size + 1, filters)."""

    filters: int
    kernel_size: int
    activation: str | None = None
    formula: ClassVar[str] = "kmf + f"

    def output_shape(self, shape: Shape) -> Shape:
        _require_steps(self, shape)
        if self.kernel_size > shape[0]:
            raise ShapeError(
                f"Conv1D's kernel_size {self.kernel_size} is longer than the {shape[0]} steps it reads: "
                "choose a smaller kernel or longer texts."
            )
        return shape[0] - self.kernel_size + 1, self.filters

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return (
            Weight("kernel", (self.kernel_size, shape[-1], self.filters), ("k", "m", "f")),
            Weight("bias", (self.filters,), ("f",)),
        )


@dataclass(frozen=True)
class MaxPooling1D(Layer):
    """The largest value in each window of ``pool_size`` steps: (steps, m) → (steps ÷ pool_size, m)."""

    pool_size: int = 2

    def output_shape(self, shape: Shape) -> Shape:
        _require_steps(self, shape)
        if self.pool_size > shape[0]:
            raise ShapeError(
                f"MaxPooling1D's pool_size {self.pool_size} is longer than the {shape[0]} steps it reads: "
                "choose a smaller pool or longer texts."
            )
        return shape[0] // self.pool_size, shape[1]


@dataclass(frozen=True)
class GlobalPooling1D(Layer):
    """What the two global poolings share: (steps, m) → (m,)."""

    def output_shape(self, shape: Shape) -> Shape:
        _require_steps(self, shape)
        return (shape[1],)


@dataclass(frozen=True)
class GlobalAveragePooling1D(GlobalPooling1D):
    """The mean over all steps."""


@dataclass(frozen=True)
class GlobalMaxPooling1D(GlobalPooling1D):
    """The largest value over all steps."""
