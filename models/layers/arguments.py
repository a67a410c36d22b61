"""What the arguments of each layer may be where people write layers themselves: the limits of the named architectures,
for what is larger is a slip of the keyboard, or no machine's to train."""

from dataclasses import Field, dataclass, fields
from typing import Any, ClassVar

from models.hyperparameters import Domain, Range, Rate
from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    LayerNormalization,
    MaxPooling1D,
    MultiHeadAttention,
    Residual,
    SeparableConv1D,
    SimpleRNN,
    SpatialDropout1D,
)


@dataclass(frozen=True)
class Option:
    """One of a few values, written as in Python. ``aliases`` are Keras's other words for some of them."""

    options: tuple[str | bool | None, ...]
    help: str
    aliases: tuple[tuple[str, str | None], ...] = ()
    kind: ClassVar[str] = "words"

    def check(self, name: str, value: object) -> Any:
        value = dict(self.aliases).get(value, value) if isinstance(value, str) else value
        for option in self.options:
            if type(option) is type(value) and option == value:
                return option
        *others, last = map(written, self.options)
        raise ValueError(f"{name} must be {', '.join(others)} or {last}, not {value!r}.")

    def parse(self, text: str) -> str:
        return text


def written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


EMBEDDING_DIM = Range(1, 1_024, "Length of the vector that stands for each word.")
ACTIVATION = Option(
    (None, "relu", "elu", "selu", "gelu", "silu", "leaky_relu", "tanh", "sigmoid", "softplus", "softsign", "softmax"),
    "What is made of each output at the end; None leaves it as it is.",
    (("linear", None), ("None", None), ("swish", "silu")),
)
RECURRENT: dict[str, Domain] = {
    "units": Range(1, 512, "Size of the state; in each of the two directions, if there are two."),
    "return_sequences": Option(
        (False, True), "Hand on the state at every step, as another layer that reads a sequence needs it, or the last."
    ),
    "dropout": Rate(0.0, 0.9, "Share of the inputs that are set to zero while training."),
    "recurrent_dropout": Rate(0.0, 0.9, "Share of the state that no step sees while training."),
}
CONVOLUTION: dict[str, Domain] = {
    "filters": Range(1, 1_024, "Number of patterns that it looks for."),
    "kernel_size": Range(1, 64, "How many neighbouring steps one pattern spans."),
    "activation": ACTIVATION,
    "padding": Option(
        ("valid", "same", "causal"),
        "Valid loses steps at the ends; same keeps as many; causal, too, and lets no step see a later one.",
    ),
    "dilation_rate": Range(1, 64, "Takes every step, every second, every third …, so that a pattern spans more."),
}
ARGUMENTS: dict[type[Layer], dict[str, Domain]] = {
    SimpleRNN: RECURRENT,
    LSTM: RECURRENT,
    GRU: RECURRENT,
    Bidirectional: {
        "merge_mode": Option(
            ("concat", "sum", "mul", "ave"),
            "How the two directions become one: side by side, added, multiplied, or averaged.",
        )
    },
    Conv1D: CONVOLUTION,
    SeparableConv1D: CONVOLUTION
    | {"padding": Option(("valid", "same"), "Valid loses steps at the ends; same keeps as many.")},
    MaxPooling1D: {"pool_size": Range(1, 64, "How many neighbouring steps become one, by their largest values.")},
    GlobalAveragePooling1D: {},
    GlobalMaxPooling1D: {},
    Flatten: {},
    Dense: {"units": Range(1, 1_024, "Number of outputs."), "activation": ACTIVATION},
    Dropout: {"rate": Rate(0.0, 0.9, "Share of the inputs that are set to zero while training.")},
    SpatialDropout1D: {"rate": Rate(0.0, 0.9, "Share of the features that are missing from a whole text.")},
    LayerNormalization: {},
    MultiHeadAttention: {
        "num_heads": Range(1, 64, "Number of attentions that look at the text side by side."),
        "key_dim": Range(1, 512, "Length of the vectors that one head compares."),
    },
    Residual: {},
}
"""Every layer that can be between the embedding and the answer, with its arguments but for the layers within it."""

HERE = ...
"""Stands for an argument that Unroll has, too."""
FORMAT = (None, "channels_last")
_RECURRENT = {"units": HERE, "activation": ("tanh",)}
_GATED = _RECURRENT | {"recurrent_activation": ("sigmoid",), "use_bias": (True,)}
_CONVOLUTION = {"filters": HERE, "kernel_size": HERE, "strides": (1,), "padding": HERE, "data_format": FORMAT}
_CONVOLUTION |= {"dilation_rate": HERE}
KERAS: dict[type[Layer], dict[str, Any]] = {
    SimpleRNN: _RECURRENT | {"use_bias": (True,)},
    LSTM: _GATED,
    GRU: _GATED,
    Bidirectional: {"layer": HERE, "merge_mode": HERE},
    Conv1D: _CONVOLUTION | {"groups": (1,), "activation": HERE, "use_bias": (True,)},
    SeparableConv1D: _CONVOLUTION | {"depth_multiplier": (1,), "activation": HERE, "use_bias": (True,)},
    MaxPooling1D: {"pool_size": HERE, "strides": (None,), "padding": ("valid",), "data_format": FORMAT},
    Dense: {"units": HERE, "activation": HERE, "use_bias": (True,)},
    Dropout: {"rate": HERE, "noise_shape": (None,)},
    SpatialDropout1D: {"rate": HERE},
    LayerNormalization: {"axis": (-1,), "epsilon": (0.001,)},
    MultiHeadAttention: {"num_heads": HERE, "key_dim": HERE, "value_dim": (None,), "dropout": (0.0,)},
}
"""Arguments in Keras's order, in which they may go without names; those that Unroll lacks with the values it has."""


def argument_fields(kind: type[Layer]) -> list[Field]:
    return [] if kind is Residual else list(fields(kind))
