"""Layers that reduce the number of steps, or remove the axis."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from models.hyperparameters import IntOrNone, IntRange
from models.layers.arguments import FORMAT, HERE, Option
from models.layers.layer import Layer, Shape, ShapeError, require_steps

PoolSize = Annotated[int, IntRange(1, 64, "How many neighbouring steps become one.")]


@dataclass(frozen=True)
class Pooling1D(Layer):
    """Base of both poolings: (steps, m) → ((steps − pool_size) ÷ strides + 1, m).

    Without ``strides`` windows are side by side. Padding "same" keeps one in ``strides`` steps, including those at the
    end.
    """

    supports_masking: ClassVar[bool] = False

    pool_size: PoolSize
    strides: Annotated[int | None, IntOrNone(1, 64, "By how many steps the window moves on; empty: by its size.")] = (
        None
    )
    padding: Annotated[str, Option(("valid", "same"), "Valid drops an incomplete last window; same keeps it.")] = (
        "valid"
    )
    keras_arguments: ClassVar[dict[str, Any]] = {
        "pool_size": HERE,
        "strides": HERE,
        "padding": HERE,
        "data_format": FORMAT,
    }

    def __post_init__(self) -> None:
        if self.strides == self.pool_size:
            object.__setattr__(self, "strides", None)

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        strides = self.strides or self.pool_size
        if self.padding == "same":
            return -(-shape[0] // strides), shape[1]
        if self.pool_size > shape[0]:
            raise ShapeError(
                f"{type(self).__name__}'s pool_size {self.pool_size} is longer than the {shape[0]} steps it reads: "
                "choose a smaller pool or longer texts."
            )
        return (shape[0] - self.pool_size) // strides + 1, shape[1]


@dataclass(frozen=True)
class MaxPooling1D(Pooling1D):
    """The largest value in each window of ``pool_size`` steps."""

    pool_size: PoolSize = 2


@dataclass(frozen=True)
class AveragePooling1D(Pooling1D):
    """The mean of each window of ``pool_size`` steps."""


@dataclass(frozen=True)
class GlobalPooling1D(Layer):
    """Base of the two global poolings: (steps, m) → (m,)."""

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        return (shape[1],)


@dataclass(frozen=True)
class GlobalAveragePooling1D(GlobalPooling1D):
    """The mean over all steps."""


@dataclass(frozen=True)
class GlobalMaxPooling1D(GlobalPooling1D):
    """The largest value over all steps."""

    supports_masking: ClassVar[bool] = False
