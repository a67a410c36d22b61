"""The domains of layers' arguments: each field of a layer is annotated with its domain, like an architecture's
hyperparameters.

The limits are those of the named architectures: larger values are typing errors, or too large to train.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, get_origin, get_type_hints

from models.hyperparameters import Domain, FloatRange
from models.regularizers import Penalty, Regularizer

HERE = ...
"""Marks arguments in ``keras_arguments`` that Unroll has, too."""
FORMAT = (None, "channels_last")


@dataclass(frozen=True)
class Option:
    """One of a few values, written as in Python. ``aliases`` are Keras's other names for some of them."""

    options: tuple[str | bool | int | tuple[int, ...] | None, ...]
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

    def parse(self, text: str) -> Any:
        return next((option for option in self.options if str(option) == text), text)


activation_option = Option(
    (
        None,
        "relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "leaky_relu",
        "tanh",
        "sigmoid",
        "softplus",
        "softsign",
        "softmax",
        "hard_sigmoid",
        "exponential",
    ),
    "What is made of each output at the end; None leaves it as it is.",
    (("linear", None), ("None", None), ("swish", "silu")),
)
Activation = Annotated[str | None, activation_option]
UseBias = Annotated[bool, Option((True, False), "Add a trainable bias to each output.")]
PENALTY = "Adds a penalty on large {} to the training loss. The losses that Unroll shows leave it out."
KernelRegularizer = Annotated[Regularizer | None, Penalty(PENALTY.format("weights"))]
BiasRegularizer = Annotated[Regularizer | None, Penalty(PENALTY.format("biases"))]
RARE = frozenset({
    "use_bias", "strides", "go_backwards", "recurrent_activation", "reset_after", "kernel_regularizer",
    "recurrent_regularizer", "bias_regularizer", "shared_axes", "score_mode",
    "epsilon",
})  # fmt: skip
"""Arguments that published models seldom change; the editor shows them apart from the others."""
DropoutRate = Annotated[float, FloatRange(0.0, 0.9, "Share of the inputs that are set to zero while training.")]


def written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def domains_of(kind: type) -> dict[str, Domain]:
    """Return the domains of a layer's fields by name, in their order; a layer within it has none."""
    hints = get_type_hints(kind, include_extras=True)
    found = {field.name: hints[field.name] for field in fields(kind)}
    return {name: hint.__metadata__[0] for name, hint in found.items() if get_origin(hint) is Annotated}
