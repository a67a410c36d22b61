"""Layers that drop values or add noise in training, so that the model cannot rely on single ones."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from models.hyperparameters import FloatRange
from models.layers.arguments import HERE, DropoutRate
from models.layers.layer import Layer, Shape, require_steps


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a share of the inputs to zero in training; the shape stays the same.

    Source: Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html
    """

    rate: DropoutRate
    keras_arguments: ClassVar[dict[str, Any]] = {"rate": HERE, "noise_shape": (None,)}


@dataclass(frozen=True)
class SpatialDropout1D(Layer):
    """Sets a share of the features to zero, each at all steps of an example together; the shape stays the same.

    Source: Tompson et al. (2015), https://arxiv.org/abs/1411.4280
    """

    rate: Annotated[float, FloatRange(0.0, 0.9, "Share of the features that are missing from a whole text.")]
    keras_arguments: ClassVar[dict[str, Any]] = {"rate": HERE}

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        return shape


@dataclass(frozen=True)
class GaussianNoise(Layer):
    """Adds noise of mean 0 in training; the shape stays the same.

    Source: Bishop (1995), Training with noise is equivalent to Tikhonov regularization,
    https://doi.org/10.1162/neco.1995.7.1.108
    """

    stddev: Annotated[float, FloatRange(0.0, 10.0, "Standard deviation of the noise.")]
    keras_arguments: ClassVar[dict[str, Any]] = {"stddev": HERE}
