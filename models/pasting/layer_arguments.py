"""Arguments of Keras layers as those of Unroll, with notes on what Unroll lacks and what the text leaves open."""

import re
from dataclasses import dataclass, field
from typing import Any

from models.hyperparameters import Domain, IntRange, NamedValue, Sizes
from models.layers.arguments import FORMAT, Option
from models.layers.kinds import ARGUMENTS, EMBEDDING_DIM, MASK_ZERO, TRAINABLE
from models.pasting.values import Call, Unset, written
from models.regularizers import NAMES as REGULARIZERS
from models.regularizers import Penalty
from models.stacks.keras_names import DEFAULTS, OLDER_DEFAULTS, WITHOUT_EFFECT
from models.stacks.stack_parser import NAMES
from models.stacks.stack_text import StackError

Limits = Domain | IntRange | Option | Penalty | NamedValue
SHAPES = ("input_shape", "batch_shape", "batch_input_shape")
ACTIVATIONS = frozenset(
    word for option in (ARGUMENTS[NAMES["Dense"]]["activation"],) if isinstance(option, Option)
    for word in (*(str(each) for each in option.options), *(alias for alias, _ in option.aliases))
)  # fmt: skip
AS_ACTIVATION = {"ReLU": "relu", "Softmax": "softmax"}
SIZE = IntRange(1, 100_000, "A number of steps or features.")
OF_EMBEDDING: dict[str, Limits] = {"output_dim": EMBEDDING_DIM, "mask_zero": MASK_ZERO, "trainable": TRAINABLE}
SAME_INITIALIZERS = {"Zeros": "zeros", "uniform": "random_uniform", "zero": "zeros", "one": "ones"}


@dataclass(frozen=True)
class Question:
    """A value that the text does not say: ``code`` is how it is written there, ``argument`` what it is for."""

    code: str
    argument: str
    where: str
    domain: Limits


@dataclass
class Notes:
    """What comes up while layers are read. ``differences`` are sentences on what Unroll does not have."""

    passed_over: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    vocabulary_size: int | None = None
    length: int | None = None
    input_shape: tuple[int | None, ...] = ()


def named_arguments(call: Call, order: list[str], where: str) -> dict[str, Any]:
    """All arguments by their names; those without a name in Keras's order."""
    if len(call.args) > len(order):
        has = f"it has {', '.join(order)}" if order else "it has none"
        raise StackError(f"{where}: these are too many arguments; {has}.")
    found = dict(zip(order, call.args, strict=False))
    if twice := next((name for name in call.kwargs if name in found), None):
        raise StackError(f"{where}: {twice} is given twice.")
    return found | dict(call.kwargs)


def argument_text(name: str, value: Any, domain: Limits, where: str, notes: Notes) -> str | None:
    """One argument that Unroll has, as text; None where its value is asked for."""
    if isinstance(value, Unset | Call) and name == "activation" and (word := activation_word(value)):
        value = word
    if isinstance(domain, Penalty) and isinstance(value, Call) and value.kind in REGULARIZERS:
        return _penalty(name, value, domain, where, notes)
    if isinstance(value, tuple) and len(value) == 1 and not isinstance(domain, Sizes):
        value = value[0]  # as in kernel_size=(5,)
    if isinstance(value, tuple) and name in ("dims", "target_shape"):
        open_ = [each for each in value if isinstance(each, Unset | Call)]
        notes.questions += [Question(each.code, name, where, SIZE) for each in open_]
        if all(type(each) is int for each in value):
            return f"{name}={value!r}"
        if open_:
            return None
    if isinstance(value, Unset | Call):
        notes.questions.append(Question(value.code, name, where, domain))
        return None
    is_switch = isinstance(domain, Option) and all(isinstance(each, bool) for each in domain.options)
    if is_switch and isinstance(value, int | float) and value in (0, 1):
        value = bool(value)  # as in return_sequences=1
    if isinstance(value, tuple | list | dict):
        raise StackError(f"{where}: {name} must be a plain value, not {written(value)}.")
    return f"{name}={value!r}"


def _penalty(name: str, call: Call, domain: Limits, where: str, notes: Notes) -> str | None:
    """A regularizer as text; None where one of its numbers is asked for."""
    values = [*call.args, *call.kwargs.values()]
    if any(isinstance(each, Unset | Call) for each in values):
        notes.questions.append(Question(call.code, name, where, domain))
        return None
    named = {key: value for key, value in call.kwargs.items() if key != "l"}  # which was l1 or l2 in Keras 2
    first = [call.kwargs["l"]] if "l" in call.kwargs else []
    given = ", ".join([*map(repr, (*first, *call.args)), *(f"{key}={value!r}" for key, value in named.items())])
    return f"{name}={call.kind}({given})"


def activation_word(value: Unset | Call) -> str | None:
    """The word "relu" for ``tf.nn.relu``, ``activations.relu`` and ``ReLU()``, whose defaults are the same."""
    if isinstance(value, Call):
        return None if value.args or value.kwargs else AS_ACTIVATION.get(value.kind)
    word = value.code.rsplit(".", 1)[-1]
    return word if word in ACTIVATIONS else None


def note_other_argument(kind: str, name: str, value: Any, where: str, notes: Notes) -> None:
    """An argument that Unroll does not have: passed over where it changes nothing, else noted as a difference."""
    known = OLDER_DEFAULTS | DEFAULTS.get(kind, {})
    if name == "data_format" and value not in FORMAT:
        notes.differences.append(f'{where}: data_format is always "channels_last" in Unroll, not {written(value)}.')
    elif name in WITHOUT_EFFECT or (name == "trainable" and value is True):
        if name in (*SHAPES, "input_length", "input_dim"):
            note_shape(name, value, notes)
        if name != "input_length" or notes.length is None:  # a known length is among the settings
            notes.passed_over.append(name)
    elif name == "weights" and value is not None:
        notes.differences.append(f"{where}: Unroll begins with random weights, not with {written(value)}.")
    elif name == "trainable":
        notes.differences.append(f"{where}: Unroll trains every layer but the embedding, so it is not frozen here.")
    elif name not in known:
        own = ", ".join(ARGUMENTS[NAMES[kind]] if kind in NAMES else ("input_dim", *OF_EMBEDDING))
        raise StackError(f"{where} has no argument {name}{f'; it has {own}' * bool(own)}.")
    elif _same(value, known[name]):
        notes.passed_over.append(f"{name}={written(value)} (Keras’s default)")
    else:
        notes.differences.append(f"{where}: {name} is always {written(known[name])} in Unroll, not {written(value)}.")


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Call) and isinstance(default, str) and not value.args and set(value.kwargs) <= {"seed"}:
        value = re.sub(r"(?<!^)(?=[A-Z])", "_", value.kind).lower()
    if isinstance(value, str) and isinstance(default, str):
        return SAME_INITIALIZERS.get(value, value) == SAME_INITIALIZERS.get(default, default)
    return type(value) is type(default) and bool(value == default)


def note_shape(key: str, shape: Any, notes: Notes) -> None:
    """Notes what an argument says of the input; those that begin with "batch" count the batch."""
    sizes = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    known = tuple(size if type(size) is int and size > 0 else None for size in sizes[key.startswith("batch") :])
    if known and len(known) <= 2:
        notes.input_shape = known
        notes.length = known[0]
