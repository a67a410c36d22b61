"""Layers that read a sequence step by step and keep a state."""

from dataclasses import dataclass, replace
from math import prod
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange, IntRange
from models.layers.arguments import (
    HERE,
    PENALTY,
    BiasRegularizer,
    DropoutRate,
    KernelRegularizer,
    Option,
    UseBias,
    activation_option,
)
from models.layers.layer import Layer, Shape, ShapeError, Weight, require_steps
from models.regularizers import Penalty, Regularizer

STATE_HELP = "What is made of the state at every step."
StateActivation = Annotated[str | None, replace(activation_option, help=STATE_HELP)]
GateActivation = Annotated[str | None, replace(activation_option, help="What is made of each gate at every step.")]


@dataclass(frozen=True)
class Recurrent(Layer):
    """Base of SimpleRNN, LSTM and GRU: (steps, m) → (units,), or (steps, units) with return_sequences.

    ``dropout`` is the share of inputs, ``recurrent_dropout`` that of the state, that are zero in training.
    """

    units: Annotated[int, IntRange(1, 4_096, "Size of the state; in each of the two directions, if there are two.")]
    return_sequences: Annotated[
        bool,
        Option(
            (False, True),
            "Hand on the state at every step, as another layer that reads a sequence needs it, or the last.",
        ),
    ] = False
    dropout: DropoutRate = 0.0
    recurrent_dropout: Annotated[
        float, FloatRange(0.0, 0.9, "Share of the state that no step sees while training.")
    ] = 0.0
    activation: StateActivation = "tanh"
    use_bias: UseBias = True
    go_backwards: Annotated[bool, Option((False, True), "Read from the last step to the first.")] = False
    kernel_regularizer: KernelRegularizer = None
    recurrent_regularizer: Annotated[Regularizer | None, Penalty(PENALTY.format("weights of the state"))] = None
    bias_regularizer: BiasRegularizer = None
    keras_arguments: ClassVar[dict[str, Any]] = {"units": HERE, "activation": HERE, "use_bias": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        return (shape[0], self.units) if self.return_sequences else (self.units,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        require_steps(self, shape)
        n, gates = self.units, len(self.gates)
        symbol = "n" if gates == 1 else f"{gates}n"
        return (
            Weight("kernel", (shape[-1], gates * n), ("m", symbol)),
            Weight("recurrent_kernel", (n, gates * n), ("n", symbol)),
            *((self._bias(n, gates, symbol),) if self.use_bias else ()),
        )

    def _bias(self, n: int, gates: int, symbol: str) -> Weight:
        return Weight("bias", (gates * n,), (symbol,))


@dataclass(frozen=True)
class SimpleRNN(Recurrent):
    """The plain recurrent layer.

    Source: Elman (1990), https://doi.org/10.1207/s15516709cog1402_1
    """

    gates: ClassVar[tuple[str, ...]] = ("state",)

    @property
    def formula(self) -> str:
        return "n(m + n + 1)" if self.use_bias else "n(m + n)"


@dataclass(frozen=True)
class Gated(Recurrent):
    """Base of LSTM and GRU."""

    recurrent_activation: GateActivation = "sigmoid"
    keras_arguments: ClassVar[dict[str, Any]] = {
        "units": HERE, "activation": HERE, "recurrent_activation": HERE, "use_bias": HERE,
    }  # fmt: skip


@dataclass(frozen=True)
class LSTM(Gated):
    """Long short-term memory.

    ``LSTM(100)`` on 70 steps of 5 features has a kernel W of 5 × 400, a recurrent kernel U of 100 × 400 and a bias b of
    400: 42,400 parameters, independent of the number of steps and of which ones it returns.

    Source: Hochreiter & Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735
    """

    gates: ClassVar[tuple[str, ...]] = ("input", "forget", "cell", "output")

    @property
    def formula(self) -> str:
        return "4(mn + n² + n)" if self.use_bias else "4(mn + n²)"


@dataclass(frozen=True)
class GRU(Gated):
    """Gated recurrent unit. With ``reset_after``, as in Keras by default, each gate has two biases.

    Source: Cho et al. (2014), https://arxiv.org/abs/1406.1078
    """

    reset_after: Annotated[
        bool,
        Option((True, False), "Reset the state after it is multiplied by its weights, or before, as first published."),
    ] = True
    gates: ClassVar[tuple[str, ...]] = ("update", "reset", "candidate")

    @property
    def formula(self) -> str:
        if not self.use_bias:
            return "3(mn + n²)"
        return "3(mn + n² + 2n)" if self.reset_after else "3(mn + n² + n)"

    def _bias(self, n: int, gates: int, symbol: str) -> Weight:
        return Weight("bias", (2, gates * n), ("2", symbol)) if self.reset_after else super()._bias(n, gates, symbol)


@dataclass(frozen=True)
class Bidirectional(Layer):
    """Two copies of a recurrent layer, one reading forwards and one backwards.

    Their outputs are put side by side ("concat"), added ("sum"), multiplied ("mul") or averaged ("ave"). A
    ``backward_layer`` of the same kind and size reads backwards instead of a copy.

    Source: Schuster & Paliwal (1997), https://doi.org/10.1109/78.650093
    """

    layer: Recurrent
    merge_mode: Annotated[
        str,
        Option(
            ("concat", "sum", "mul", "ave"),
            "How the two directions become one: side by side, added, multiplied, or averaged.",
        ),
    ] = "concat"
    backward_layer: Recurrent | None = None
    keras_arguments: ClassVar[dict[str, Any]] = {"layer": HERE, "merge_mode": HERE}

    @property
    def directions(self) -> tuple[tuple[str, Recurrent], ...]:
        """The names of both directions, each with its layer."""
        return ("forward", self.layer), ("backward", self.backward_layer or self.layer)

    @property
    def formula(self) -> str:
        return f"2 × {self.layer.formula}"

    @property
    def gates(self) -> tuple[str, ...]:
        return tuple(f"{direction} {gate}" for direction, layer in self.directions for gate in layer.gates)

    def output_shape(self, shape: Shape) -> Shape:
        if self.layer.go_backwards:
            raise ShapeError("Bidirectional reads in both directions itself: take go_backwards away from its layer.")
        if other := self.backward_layer:
            is_alike = self.layer.return_sequences == other.return_sequences
            if not other.go_backwards or not is_alike or self.layer.weights(shape) != other.weights(shape):
                raise ShapeError(
                    "Bidirectional's backward_layer must have go_backwards=True, and be of the same kind as its layer, "
                    "with the same units, use_bias and return_sequences."
                )
        *steps, features = self.layer.output_shape(shape)
        return (*steps, 2 * features if self.merge_mode == "concat" else features)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return tuple(
            replace(weight, name=f"{direction} {weight.name}")
            for direction, layer in self.directions
            for weight in layer.weights(shape)
        )

    def num_activations(self, shape: Shape) -> int:
        return 2 * prod(self.layer.output_shape(shape))
