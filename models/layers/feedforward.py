"""Layers that have no notion of a sequence: they treat every step alike, or lay all steps side by side."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange, IntRange
from models.layers.arguments import HERE, Activation, Option, UseBias
from models.layers.layer import Layer, Shape, ShapeError, Weight


@dataclass(frozen=True)
class Embedding(Layer):
    """A vector for each token, trained unless it is frozen: (steps,) → (steps, output_dim)."""

    input_dim: int
    output_dim: Annotated[int, IntRange(1, 1_024, "Length of the vector that stands for each word.")]
    trainable: bool = True
    mask_zero: Annotated[bool, Option((False, True), "Recurrent layers and pooling skip the padding.")] = False
    formula: ClassVar[str] = "v × d"

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(f"Embedding reads token numbers of shape (steps,) but is given {shape}: put it first.")
        return (*shape, self.output_dim)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return (Weight("embeddings", (self.input_dim, self.output_dim), ("v", "d"), self.trainable),)


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer on the last axis: (…, m) → (…, units)."""

    supports_masking: ClassVar[bool] = True

    units: Annotated[int, IntRange(1, 1_024, "Number of outputs.")]
    activation: Activation = None
    use_bias: UseBias = True
    keras_arguments: ClassVar[dict[str, Any]] = {"units": HERE, "activation": HERE, "use_bias": HERE}

    @property
    def formula(self) -> str:
        return "mn + n" if self.use_bias else "mn"

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.units)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        bias = (Weight("bias", (self.units,), ("n",)),) if self.use_bias else ()
        return Weight("kernel", (shape[-1], self.units), ("m", "n")), *bias


@dataclass(frozen=True)
class Flatten(Layer):
    """Every step's features side by side: (steps, features) → (steps × features,)."""

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class LayerNormalization(Layer):
    """Brings the features of each step to mean 0 and variance 1, then scales and shifts them; the shape stays.

    Source: Ba, Kiros & Hinton (2016), https://arxiv.org/abs/1607.06450
    """

    supports_masking: ClassVar[bool] = True

    keras_arguments: ClassVar[dict[str, Any]] = {"axis": (-1,), "epsilon": (0.001,)}
    formula: ClassVar[str] = "2m"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return Weight("gamma", (shape[-1],), ("m",)), Weight("beta", (shape[-1],), ("m",))


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Brings each feature to mean 0 and variance 1 over the batch, then scales and shifts it; the shape stays.

    Training follows mean and variance by moving averages, with which other texts are read afterwards. Source: Ioffe &
    Szegedy (2015), https://arxiv.org/abs/1502.03167
    """

    supports_masking: ClassVar[bool] = True

    momentum: Annotated[float, FloatRange(0.0, 0.99, "How slowly the moving averages follow the batches.")] = 0.99
    keras_arguments: ClassVar[dict[str, Any]] = {"axis": (-1,), "momentum": HERE, "epsilon": (0.001,)}
    formula: ClassVar[str] = "4m"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        trained = (Weight(name, (shape[-1],), ("m",)) for name in ("gamma", "beta"))
        followed = (Weight(name, (shape[-1],), ("m",), trainable=False) for name in ("moving_mean", "moving_variance"))
        return (*trained, *followed)


@dataclass(frozen=True)
class RepeatVector(Layer):
    """The same vector at each of ``n`` steps: (m,) → (n, m)."""

    n: Annotated[int, IntRange(1, 2_000, "Number of steps.")]
    keras_arguments: ClassVar[dict[str, Any]] = {"n": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"RepeatVector repeats one vector of shape (features,) but is given {shape}: put a recurrent layer "
                "without return_sequences, global pooling or Flatten before it."
            )
        return self.n, shape[0]
