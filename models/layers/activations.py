"""Activations that stand as layers of their own; the shape stays."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange
from models.layers.arguments import HERE, Option, activation_option
from models.layers.layer import Layer


@dataclass(frozen=True)
class Activation(Layer):
    """One of Keras's activations by its name."""

    supports_masking: ClassVar[bool] = True

    activation: Annotated[str, Option(activation_option.options[1:], activation_option.help, (("swish", "silu"),))]
    keras_arguments: ClassVar[dict[str, Any]] = {"activation": HERE}


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """Negative inputs times ``negative_slope``, positive ones as they are.

    Source: Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models,
    https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    supports_masking: ClassVar[bool] = True

    negative_slope: Annotated[float, FloatRange(0.0, 1.0, "What negative inputs are multiplied by.")] = 0.3
    keras_arguments: ClassVar[dict[str, Any]] = {"negative_slope": HERE}


@dataclass(frozen=True)
class ELU(Layer):
    """``alpha`` · (exp(x) − 1) for negative inputs, positive ones as they are.

    Source: Clevert, Unterthiner & Hochreiter (2016), https://arxiv.org/abs/1511.07289
    """

    supports_masking: ClassVar[bool] = True

    alpha: Annotated[float, FloatRange(0.0, 10.0, "Very negative inputs become minus this number.")] = 1.0
    keras_arguments: ClassVar[dict[str, Any]] = {"alpha": HERE}
