"""Self-attention, and the shortcut around a layer that is used with it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange, IntRange
from models.layers.arguments import HERE, Option
from models.layers.layer import Layer, Shape, ShapeError, Weight, require_steps

AttentionDropout = Annotated[
    float, FloatRange(0.0, 0.9, "Share of the steps that a step does not look at while training.")
]


@dataclass(frozen=True)
class SelfAttention(Layer):
    """Each step attends to all steps, including itself, and takes a weighted mean of their values: (steps, m) → same.

    Queries, keys and values are all made from the same input.
    """

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        return shape

    def num_activations(self, shape: Shape) -> int:
        """Every pair of steps has a score, so long texts need too much memory."""
        return super().num_activations(shape) + shape[0] ** 2


@dataclass(frozen=True)
class Attention(SelfAttention):
    """Compares the vectors of two steps directly: by their product, or by the tanh of their sum ("concat").

    Source: Luong, Pham & Manning (2015), https://arxiv.org/abs/1508.04025
    """

    use_scale: Annotated[bool, Option((False, True), "Multiply the scores by a number that is learnt.")] = False
    score_mode: Annotated[str, Option(("dot", "concat"), "How two steps are compared: product, or sum and tanh.")] = (
        "dot"
    )
    dropout: AttentionDropout = 0.0
    keras_arguments: ClassVar[dict[str, Any]] = {"use_scale": HERE, "score_mode": HERE, "dropout": HERE}

    @property
    def formula(self) -> str:
        return str(len(self._names())).replace("0", "")

    def _names(self) -> list[str]:
        return ["scale"] * self.use_scale + ["concat_score_weight"] * (self.score_mode == "concat")

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        require_steps(self, shape)
        return tuple(Weight(name, (), ()) for name in self._names())

    def num_activations(self, shape: Shape) -> int:
        sums = shape[0] ** 2 * shape[-1] * (self.score_mode == "concat")
        return super().num_activations(shape) + sums


@dataclass(frozen=True)
class AdditiveAttention(SelfAttention):
    """Compares two steps by the tanh of the sum of their vectors, with one weight for each feature.

    Source: Bahdanau, Cho & Bengio (2015), https://arxiv.org/abs/1409.0473
    """

    use_scale: Annotated[bool, Option((True, False), "Give each feature a weight that is learnt.")] = True
    dropout: AttentionDropout = 0.0
    keras_arguments: ClassVar[dict[str, Any]] = {"use_scale": HERE, "dropout": HERE}

    @property
    def formula(self) -> str:
        return "m" if self.use_scale else ""

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        require_steps(self, shape)
        return (Weight("scale", (shape[-1],), ("m",)),) if self.use_scale else ()

    def num_activations(self, shape: Shape) -> int:
        return super().num_activations(shape) + shape[0] ** 2 * shape[-1]


@dataclass(frozen=True)
class MultiHeadAttention(SelfAttention):
    """Several attentions side by side, each on projections of the vectors.

    Source: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762
    """

    num_heads: Annotated[int, IntRange(1, 64, "Number of attentions that look at the text side by side.")]
    key_dim: Annotated[int, IntRange(1, 512, "Length of the vectors that one head compares.")]
    dropout: AttentionDropout = 0.0
    keras_arguments: ClassVar[dict[str, Any]] = {
        "num_heads": HERE,
        "key_dim": HERE,
        "value_dim": (None,),
        "dropout": HERE,
    }
    formula: ClassVar[str] = "4mha + 3ha + m"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        require_steps(self, shape)
        m, h, a = shape[-1], self.num_heads, self.key_dim
        return (
            *(
                weight
                for name in ("query", "key", "value")
                for weight in (
                    Weight(f"{name} kernel", (m, h, a), ("m", "h", "a")),
                    Weight(f"{name} bias", (h, a), ("h", "a")),
                )
            ),
            Weight("output kernel", (h, a, m), ("h", "a", "m")),
            Weight("output bias", (m,), ("m",)),
        )

    def num_activations(self, shape: Shape) -> int:
        steps, features = self.output_shape(shape)
        return steps * (features + 4 * self.num_heads * self.key_dim) + self.num_heads * steps**2


@dataclass(frozen=True, init=False)
class Residual(Layer):
    """A few layers and a shortcut around them: their input is added to their output. Keras calls the sum ``Add``.

    Source: He et al. (2016), Deep residual learning for image recognition, https://arxiv.org/abs/1512.03385
    """

    layers: tuple[Layer, ...]

    def __init__(self, *layers: Layer) -> None:
        object.__setattr__(self, "layers", layers)

    @property
    def formula(self) -> str:
        return ", then ".join(layer.formula for layer in self.layers if layer.formula)

    def output_shape(self, shape: Shape) -> Shape:
        found = shape
        for layer in self.layers:
            found = layer.output_shape(found)
        if found != shape:
            raise ShapeError(
                f"Residual adds its input of shape {shape} to what its layers make of it, {found}: both must have the "
                f"same shape. Give the last layer within it {shape[-1]} outputs, and keep the steps, by "
                'padding="same" or return_sequences=True.'
            )
        return shape

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        inner = [(layer, layer.weights(given)) for layer, given in self.walk(shape)]
        return tuple(
            replace(weight, name=f"{type(layer).__name__} {weight.name}")
            for layer, weights in inner
            for weight in weights
        )

    def num_activations(self, shape: Shape) -> int:
        return sum(layer.num_activations(given) for layer, given in self.walk(shape)) + super().num_activations(shape)

    def walk(self, shape: Shape) -> Iterator[tuple[Layer, Shape]]:
        """Yield each layer with its input shape."""
        for layer in self.layers:
            yield layer, shape
            shape = layer.output_shape(shape)
