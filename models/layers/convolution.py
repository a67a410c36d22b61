"""Layers that slide a bank of filters over the steps."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from models.hyperparameters import IntRange
from models.layers.arguments import (
    FORMAT,
    HERE,
    Activation,
    BiasRegularizer,
    KernelRegularizer,
    Option,
    UseBias,
)
from models.layers.layer import Layer, Shape, ShapeError, Weight, require_steps

ORDER = {"filters": HERE, "kernel_size": HERE, "strides": HERE, "padding": HERE, "data_format": FORMAT}
ORDER |= {"dilation_rate": HERE}


@dataclass(frozen=True)
class Convolution(Layer):
    """Base of both convolutions: (steps, m) → ((steps − what the window spans) ÷ strides + 1, filters).

    With ``dilation_rate`` r the window takes every r-th step. Padding "same" and "causal" keep all steps, or one in
    ``strides``; "causal" pads at the start, so that no step sees a later one.
    """

    supports_masking: ClassVar[bool] = False

    filters: Annotated[int, IntRange(1, 1_024, "Number of patterns that it looks for.")]
    kernel_size: Annotated[int, IntRange(1, 64, "How many neighbouring steps one pattern spans.")]
    activation: Activation = None
    padding: Annotated[
        str,
        Option(
            ("valid", "same", "causal"),
            "Valid loses steps at the ends; same keeps as many; causal, too, and lets no step see a later one.",
        ),
    ] = "valid"
    dilation_rate: Annotated[
        int, IntRange(1, 64, "Takes every step, every second, every third …, so that a pattern spans more.")
    ] = 1
    strides: Annotated[int, IntRange(1, 64, "By how many steps the window moves on.")] = 1
    use_bias: UseBias = True

    def output_shape(self, shape: Shape) -> Shape:
        require_steps(self, shape)
        if self.strides > 1 and self.dilation_rate > 1:
            raise ShapeError(f"{type(self).__name__} cannot have both strides and dilation_rate above 1: set one to 1.")
        if self.padding != "valid":
            return -(-shape[0] // self.strides), self.filters
        span = self.dilation_rate * (self.kernel_size - 1) + 1
        if span > shape[0]:
            dilated = f" spans {span} steps with dilation_rate {self.dilation_rate}, which" * (self.dilation_rate > 1)
            raise ShapeError(
                f"{type(self).__name__}'s kernel_size {self.kernel_size}{dilated} is longer than the {shape[0]} steps "
                'it reads: choose a smaller kernel, padding="same" or longer texts.'
            )
        return (shape[0] - span) // self.strides + 1, self.filters

    def _biases(self) -> tuple[Weight, ...]:
        return (Weight("bias", (self.filters,), ("f",)),) if self.use_bias else ()


@dataclass(frozen=True)
class Conv1D(Convolution):
    """Each filter weighs all features of all steps in its window.

    Source: Waibel et al. (1989), https://doi.org/10.1109/29.21701
    """

    kernel_regularizer: KernelRegularizer = None
    bias_regularizer: BiasRegularizer = None
    keras_arguments: ClassVar[dict[str, Any]] = ORDER | {"groups": (1,), "activation": HERE, "use_bias": HERE}

    @property
    def formula(self) -> str:
        return "kmf + f" if self.use_bias else "kmf"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        require_steps(self, shape)
        return (
            Weight("kernel", (self.kernel_size, shape[-1], self.filters), ("k", "m", "f")),
            *self._biases(),
        )


@dataclass(frozen=True)
class SeparableConv1D(Convolution):
    """First along the steps, each feature by itself, then across the features, each step by itself.

    Padding is "valid" or "same". Source: Chollet (2017), https://arxiv.org/abs/1610.02357
    """

    padding: Annotated[str, Option(("valid", "same"), "Valid loses steps at the ends; same keeps as many.")] = "valid"
    keras_arguments: ClassVar[dict[str, Any]] = ORDER | {
        "depth_multiplier": (1,),
        "activation": HERE,
        "use_bias": HERE,
    }

    @property
    def formula(self) -> str:
        return "km + mf + f" if self.use_bias else "km + mf"

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        require_steps(self, shape)
        return (
            Weight("depthwise_kernel", (self.kernel_size, shape[-1], 1), ("k", "m", "1")),
            Weight("pointwise_kernel", (1, shape[-1], self.filters), ("1", "m", "f")),
            *self._biases(),
        )

    def num_activations(self, shape: Shape) -> int:
        steps, filters = self.output_shape(shape)
        return steps * (shape[-1] + filters)
