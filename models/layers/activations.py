"""Activations as separate layers; the shape stays the same."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange
from models.layers.arguments import HERE, Option, activation_option
from models.layers.layer import Layer, Shape, Weight


@dataclass(frozen=True)
class Activation(Layer):
    """One of Keras's activations by its name."""

    activation: Annotated[str, Option(activation_option.options[1:], activation_option.help, (("swish", "silu"),))]
    keras_arguments: ClassVar[dict[str, Any]] = {"activation": HERE}


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """Multiplies negative inputs by ``negative_slope``; positive ones do not change.

    Source: Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models,
    https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    negative_slope: Annotated[float, FloatRange(0.0, 1.0, "What negative inputs are multiplied by.")] = 0.3
    keras_arguments: ClassVar[dict[str, Any]] = {"negative_slope": HERE}


@dataclass(frozen=True)
class ELU(Layer):
    """Returns ``alpha`` · (exp(x) − 1) for negative inputs; positive ones do not change.

    Source: Clevert, Unterthiner & Hochreiter (2016), https://arxiv.org/abs/1511.07289
    """

    alpha: Annotated[float, FloatRange(0.0, 10.0, "Very negative inputs become minus this number.")] = 1.0
    keras_arguments: ClassVar[dict[str, Any]] = {"alpha": HERE}


@dataclass(frozen=True)
class PReLU(Layer):
    """Multiplies negative inputs by a learnt slope, one for each step and feature; positive ones do not change.

    With ``shared_axes`` 1, all steps share the slopes of the features. Source: He et al. (2015),
    https://arxiv.org/abs/1502.01852
    """

    shared_axes: Annotated[int | None, Option((None, 1), "1: all steps share the slopes of the features.")] = None
    keras_arguments: ClassVar[dict[str, Any]] = {}

    @property
    def formula(self) -> str:
        return "m" if self.shared_axes else "tm"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        if self.shared_axes:
            return (Weight("alpha", (1, *shape[1:]), ("1", "m")[: len(shape)]),)
        return (Weight("alpha", shape, ("t", "m")[-len(shape) :]),)
