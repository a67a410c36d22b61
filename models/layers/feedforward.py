"""Layers without a notion of sequence: they treat every step alike, or put all steps side by side."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange, IntRange, Sizes
from models.layers.arguments import (
    HERE,
    Activation,
    BiasRegularizer,
    KernelRegularizer,
    Option,
    UseBias,
)
from models.layers.layer import Layer, Shape, ShapeError, Weight, require_steps

Epsilon = Annotated[float, FloatRange(0.0, 1.0, "Is added to the variance, so that nothing is divided by zero.", 12)]


@dataclass(frozen=True)
class Embedding(Layer):
    """A vector for each token, trained unless it is frozen: (steps,) → (steps, output_dim)."""

    input_dim: int
    output_dim: Annotated[int, IntRange(1, 1_024, "Length of the vector that stands for each word.")]
    trainable: Annotated[bool, Option((True, False), "Change the vectors in training, or leave them.")] = True
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

    units: Annotated[int, IntRange(1, 1_024, "Number of outputs.")]
    activation: Activation = None
    use_bias: UseBias = True
    kernel_regularizer: KernelRegularizer = None
    bias_regularizer: BiasRegularizer = None
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
    """Puts the features of all steps side by side: (steps, features) → (steps × features,)."""

    supports_masking: ClassVar[bool] = False

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class LayerNormalization(Layer):
    """Scales the features of each step to mean 0 and variance 1, then scales and shifts them; the shape stays the same.

    Source: Ba, Kiros & Hinton (2016), https://arxiv.org/abs/1607.06450
    """

    epsilon: Epsilon = 0.001
    keras_arguments: ClassVar[dict[str, Any]] = {"axis": (-1,), "epsilon": HERE}
    formula: ClassVar[str] = "2m"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return Weight("gamma", (shape[-1],), ("m",)), Weight("beta", (shape[-1],), ("m",))


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Scales each feature to mean 0 and variance 1 over the batch, then scales and shifts it; the shape stays the same.

    Training keeps moving averages of mean and variance, which are used for other texts afterwards. Source: Ioffe &
    Szegedy (2015), https://arxiv.org/abs/1502.03167
    """

    momentum: Annotated[float, FloatRange(0.0, 0.99, "How slowly the moving averages follow the batches.")] = 0.99
    epsilon: Epsilon = 0.001
    keras_arguments: ClassVar[dict[str, Any]] = {"axis": (-1,), "momentum": HERE, "epsilon": HERE}
    formula: ClassVar[str] = "4m"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        trained = (Weight(name, (shape[-1],), ("m",)) for name in ("gamma", "beta"))
        followed = (Weight(name, (shape[-1],), ("m",), trainable=False) for name in ("moving_mean", "moving_variance"))
        return (*trained, *followed)


@dataclass(frozen=True)
class RepeatVector(Layer):
    """Repeats the vector at each of ``n`` steps: (m,) → (n, m)."""

    supports_masking: ClassVar[bool] = False

    n: Annotated[int, IntRange(1, 2_000, "Number of steps.")]
    keras_arguments: ClassVar[dict[str, Any]] = {"n": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"RepeatVector repeats one vector of shape (features,) but is given {shape}: put a recurrent layer "
                "without return_sequences, global pooling or Flatten before it."
            )
        return self.n, shape[0]


@dataclass(frozen=True)
class Reshape(Layer):
    """Arranges the same numbers in other rows: (steps, features) → ``target_shape``."""

    supports_masking: ClassVar[bool] = False

    target_shape: Annotated[
        tuple[int, ...], Sizes("Steps and features, or features alone; -1 is computed from the other.")
    ]
    keras_arguments: ClassVar[dict[str, Any]] = {"target_shape": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        known, size = prod(each for each in self.target_shape if each != -1), prod(shape)
        found = tuple(size // known if each == -1 else each for each in self.target_shape)
        if prod(found) != size:
            raise ShapeError(
                f"Reshape is given {size:,} numbers of shape {shape}, which do not fill {self.target_shape} exactly: "
                "choose sizes whose product is that number."
            )
        return found


@dataclass(frozen=True)
class Permute(Layer):
    """Exchanges steps and features with ``dims`` (2, 1): (steps, m) → (m, steps)."""

    supports_masking: ClassVar[bool] = False

    dims: Annotated[tuple[int, ...], Option(((2, 1), (1, 2)), "(2, 1) swaps steps and features; (1, 2) keeps them.")]
    keras_arguments: ClassVar[dict[str, Any]] = {"dims": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        return tuple(shape[each - 1] for each in self.dims)


@dataclass(frozen=True)
class Masking(Layer):
    """Makes later layers skip steps whose features all equal ``mask_value``; the shape stays the same.

    After an embedding this is rarely the case: there, ``mask_zero`` skips the padding.
    """

    mask_value: Annotated[float, FloatRange(-10.0, 10.0, "The value that marks a step to be skipped.")] = 0.0
    keras_arguments: ClassVar[dict[str, Any]] = {"mask_value": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        return shape
