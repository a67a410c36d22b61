"""What the arguments of each layer may be where people write layers themselves: the limits of the named architectures,
for what is larger is a slip of the keyboard, or no machine's to train."""

from dataclasses import MISSING, Field, dataclass, fields
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

BY_POSITION = {Dense: 2, Bidirectional: 2, MaxPooling1D: 1}
"""How many arguments may go without their names, where Keras has more in our order than those that are required."""


def argument_fields(kind: type[Layer]) -> list[Field]:
    return [] if kind is Residual else list(fields(kind))


def num_by_position(kind: type[Layer]) -> int:
    return BY_POSITION.get(kind, sum(field.default is MISSING for field in argument_fields(kind)))
