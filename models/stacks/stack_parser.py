"""Stacks as people type or paste them. Nothing of it is run: names are looked up, values are literals."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import MISSING, replace
from difflib import get_close_matches
from typing import Any

from models.hyperparameters import NamedValue
from models.layers import Layer, Recurrent, Residual
from models.layers.arguments import HERE, Option, written
from models.layers.keras_code import layer_code
from models.layers.kinds import ARGUMENTS, EMBEDDING_DIM, MASK_ZERO, TRAINABLE, argument_fields
from models.regularizers import Penalty
from models.stacks.keras_names import OLDER_LAYERS, OTHER_LAYERS
from models.stacks.stack_text import Stack, StackError, check_stack, plain_layer
from models.vectors.word_vectors import VECTORS_DOMAIN

MAX_DEPTH, MAX_CHARACTERS, SHOWN = 3, 4_000, 40
NAMES = {kind.__name__: kind for kind in ARGUMENTS}
COMMON = ("Embedding", "SimpleRNN", "LSTM", "GRU", "Bidirectional", "Conv1D", "GlobalMaxPooling1D", "Flatten", "Dense")
EMBEDDING_ARGUMENTS = {"mask_zero": MASK_ZERO, "trainable": TRAINABLE, "vectors": VECTORS_DOMAIN}
BETWEEN = re.compile(r"(?:[\s,;→]|->)*")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
MODULE = re.compile(r"(?:\w+\.)+(?=[A-Za-z])")
COMMENT = re.compile(r"#[^\n]*(?:\n|$)")


def parse_stack(text: str) -> Stack:
    """Reads layers in Keras notation, separated by arrows, line ends, commas, semicolons or nothing.

    ``models.pasting`` reads whole models. Raises StackError.
    """
    calls = _split(_bounded(text))
    if not calls:
        raise StackError("The stack is empty: begin with Embedding(16), which turns each word into 16 numbers.")
    first, *others = calls
    layers = tuple(_layer(call, f"Layer {number}", 1) for number, call in enumerate(others, start=2))
    return check_stack(replace(_embedding(first), layers=layers))


def parse_layers(text: str) -> tuple[Layer, ...]:
    """Layers alone, as within a ``Residual(…)``. Raises StackError."""
    calls = _split(_bounded(text))
    return tuple(_layer(call, f"Layer {number}", 2) for number, call in enumerate(calls, start=1))


def _bounded(text: str) -> str:
    """``text`` without the comments that end with their lines."""
    if len(text) > MAX_CHARACTERS:
        raise StackError(f"A stack has up to {MAX_CHARACTERS:,} characters, not {len(text):,}.")
    return COMMENT.sub("\n", text)


def _split(text: str) -> list[ast.Call]:
    """The calls that stand one after the other in ``text``."""
    calls: list[ast.Call] = []
    place = _next(text, 0)
    while place < len(text):
        where, start = f"Layer {len(calls) + 1}", place
        if not (name := NAME.match(text, place)):
            raise StackError(f"{where}: a layer begins with its name, as in LSTM(32), not with {_cut(text[place:])!r}.")
        if message := unknown_layer(where, name.group()):
            raise StackError(message)
        place = name.end()
        while text[place : place + 1].isspace():
            place += 1
        if text[place : place + 1] != "(":
            raise StackError(f"{where}: its arguments are missing: {_example(name.group())}.")
        depth = 0
        while place < len(text):
            depth += (text[place] in "([{") - (text[place] in ")]}")
            place += 1
            if depth == 0:
                break
        else:
            raise StackError(f"{where}: a bracket is not closed: {_cut(text[start:])}")
        calls.append(_call(text[start:place], where))
        place = _next(text, place)
    return calls


def _next(text: str, place: int) -> int:
    """Where the next layer begins."""
    found = BETWEEN.match(text, place)
    return found.end() if found else place


def _call(text: str, where: str) -> ast.Call:
    try:
        with warnings.catch_warnings(action="ignore"):
            node = ast.parse(" ".join(text.split("\n")), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise StackError(
            f"{where}: {_cut(text)} cannot be read: write it as in Python, LSTM(32) for example."
        ) from None
    if not isinstance(node, ast.Call):
        raise StackError(f"{where}: {_cut(text)} is not a layer: write it as in LSTM(32).")
    return node


def _name(call: ast.Call) -> str:
    """LSTM for ``LSTM(…)``, ``layers.LSTM(…)`` and ``keras.layers.LSTM(…)``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _embedding(call: ast.Call) -> Stack:
    """The beginning of a stack: ``Embedding(16)``, or Keras's ``Embedding(10_000, 16)``, whose vocabulary is not part
    of it.
    """
    if _name(call) != "Embedding":
        begin = f"Layer 1: a stack begins with the embedding: write Embedding(16) before {_code(call)}."
        raise StackError(unknown_layer("Layer 1", _name(call)) or begin)
    where, given = "Layer 1, Embedding", {keyword.arg: keyword.value for keyword in call.keywords}
    rest = {
        name: _checked(domain, name, given.pop(name), where)
        for name, domain in EMBEDDING_ARGUMENTS.items()
        if name in given and not (name == "vectors" and _is_none(given[name]))
    }
    given.pop("vectors", None)
    if len(call.args) > 2 or not set(given) <= {"input_dim", "output_dim"} or len(call.args) + len(given) not in (1, 2):
        raise StackError(
            "Layer 1: Embedding has one argument, the length of its vectors, as in Embedding(16): the vocabulary comes "
            "from the text encoding."
        )
    if not call.args and "output_dim" not in given:
        raise StackError(f"Layer 1: {_code(call)} does not say the length of its vectors: write Embedding(16).")
    node = given["output_dim"] if "output_dim" in given else call.args[-1]
    return Stack(_checked(EMBEDDING_DIM, "output_dim", node, where), (), **rest)


def _layer(call: ast.Call, where: str, depth: int) -> Layer:
    name = _name(call)
    if message := unknown_layer(where, name):
        raise StackError(message)
    if name == "Embedding":
        raise StackError(f"{where}: Embedding is the first layer, and there is only one.")
    kind, where = NAMES[name], f"{where}, {name}"
    if kind is Residual:
        return _residual(call, where, depth)
    known = {field.name: field for field in argument_fields(kind)}
    values, fixed = {}, []
    for argument, node in _arguments(call, kind, where):
        if argument == "layer" or (argument == "backward_layer" and not _is_none(node)):
            values[argument] = _inner(node, where, depth)
        elif argument == "backward_layer":
            continue
        elif argument in known:
            values[argument] = _in_place(kind, argument, node, call, where)
        else:
            fixed.append((argument, node))
    if missing := [each for each, field in known.items() if field.default is MISSING and each not in values]:
        raise StackError(f"{where} needs {missing[0]}: {_example(name)}.")
    layer = kind(**values)
    for argument, node in fixed:
        _check_fixed(layer, argument, node, call, where)
    return layer


def _arguments(call: ast.Call, kind: type[Layer], where: str) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of each argument, each once; those without names in Keras's order."""
    names, order, seen = [field.name for field in argument_fields(kind)], kind.keras_arguments, set()
    has = f"it has {', '.join(names)}" if names else "it has none"
    if len(call.args) > len(order):
        raise StackError(f"{where}: these are too many arguments; {has}.")
    pairs = [*zip(order, call.args, strict=False), *((each.arg or "**", each.value) for each in call.keywords)]
    for name, node in pairs:
        if name not in names and name not in order:
            near = get_close_matches(name, names, 1)
            raise StackError(f"{where} has no argument {name}; {f'did you mean {near[0]}?' if near else has + '.'}")
        if name in seen:
            raise StackError(f"{where}: {name} is given twice.")
        seen.add(name)
        yield name, node


def _check_fixed(layer: Layer, name: str, node: ast.expr, call: ast.Call, where: str) -> None:
    """Raises StackError unless an argument that only Keras has is what the layer always does here."""
    options = layer.keras_arguments[name]
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        value = HERE
    if any(type(each) is type(value) and each == value for each in options):
        return
    always = f"always {written(options[0])} here, not {_code(node)}"
    place = next((place for place, each in enumerate(call.args, start=1) if each is node), None)
    if place is None:
        raise StackError(f"{where}: {name} is {always}: leave it out.")
    advice = _by_name(type(layer), name, node) or "leave it out, and name those after it"
    raise StackError(f"{where}: argument {place} is {name}, as in Keras, and {always}: {advice}.")


def _in_place(kind: type[Layer], name: str, node: ast.expr, call: ast.Call, where: str) -> Any:
    """The value of an argument; one without a name that belongs to another argument says so."""
    try:
        return _checked(ARGUMENTS[kind][name], name, node, where)
    except StackError:
        place = next((place for place, each in enumerate(call.args, start=1) if each is node), None)
        if place is None or not (advice := _by_name(kind, name, node)):
            raise
        raise StackError(f"{where}: argument {place} is {name}, as in Keras: {advice}.") from None


def _by_name(kind: type[Layer], name: str, node: ast.expr) -> str | None:
    """What to write if a value is one of another argument: "write padding='same' by its name"."""
    value = node.value if isinstance(node, ast.Constant) else None
    for other, domain in ARGUMENTS[kind].items():
        if other != name and isinstance(value, str | bool) and isinstance(domain, Option) and _is_one_of(domain, value):
            return f"write {other}={_code(node)} by its name"
    return None


def _is_one_of(domain: Option, value: str | bool) -> bool:
    try:
        domain.check("", value)
        return True
    except ValueError:
        return False


def _inner(node: ast.expr, where: str, depth: int) -> Recurrent:
    if not isinstance(node, ast.Call):
        raise StackError(f"{where} goes around a recurrent layer: write Bidirectional(LSTM(32)).")
    layer = _layer(node, where, depth)
    if not isinstance(layer, Recurrent):
        raise StackError(
            f"{where} goes around a recurrent layer, SimpleRNN, LSTM or GRU, which can be read from both ends; "
            f"{_name(node)} cannot: take Bidirectional away, or write Bidirectional(LSTM(32))."
        )
    return layer


def _residual(call: ast.Call, where: str, depth: int) -> Residual:
    if depth > MAX_DEPTH:
        raise StackError(f"{where}: shortcuts may go around shortcuts {MAX_DEPTH} deep, no deeper.")
    inner = [node for node in call.args if isinstance(node, ast.Call)]
    if call.keywords or not inner or len(inner) < len(call.args):
        raise StackError(f"{where} goes around one or more layers: write Residual(Dense(16), Dropout(0.1)).")
    return Residual(*(_layer(node, where, depth + 1) for node in inner))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _checked(domain: Any, name: str, node: ast.expr, where: str) -> Any:
    try:
        is_penalty = isinstance(domain, Penalty) and isinstance(node, ast.Call)
        value = MODULE.sub("", _code(node, 10 * SHOWN)) if is_penalty else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise StackError(f"{where}: {name} must be a plain value, not {_code(node)}.") from None
    if len(repr(value)) > SHOWN:
        raise StackError(f"{where}: {name} must be a plain value, not {_code(node)}.")
    if isinstance(domain, NamedValue) and isinstance(value, str):
        value = domain.parse(value)
    try:
        return domain.check(name, value)
    except (ValueError, TypeError, OverflowError) as error:
        raise StackError(f"{where}: {error}") from None


def is_like_a_layer(name: str) -> bool:
    """Whether the name is that of a layer, or may be a misspelt one."""
    name = name.rsplit(".", 1)[-1]
    return name in OTHER_LAYERS | OLDER_LAYERS or _nearest(name) is not None


def _nearest(name: str) -> str | None:
    same_letters = {each.lower(): each for each in ("Embedding", *NAMES)}
    near = get_close_matches(name.lower(), same_letters, 1)
    return same_letters[near[0]] if near else None


def unknown_layer(where: str, name: str) -> str | None:
    """A sentence if Unroll has no such layer: "Layer 2: Unroll has no Conv2D."."""
    name = name.rsplit(".", 1)[-1]
    if name in NAMES or name == "Embedding":
        return None
    if name in OTHER_LAYERS | OLDER_LAYERS:
        return f"{where}: Unroll has no {name}."
    near = _nearest(name)
    there_are = f"did you mean {near}?" if near else f"there are {', '.join(COMMON)} and others."
    return f"{where}: {_cut(name)} is not a layer; {there_are}"


def _example(name: str) -> str:
    """How a layer is written at least."""
    kind = NAMES.get(name.rsplit(".", 1)[-1])
    return f"write {layer_code(plain_layer(kind)) if kind else 'Embedding(16)'}"


def _cut(text: str, most: int = SHOWN) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _code(node: ast.AST, most: int = SHOWN) -> str:
    try:
        return _cut(ast.unparse(node), most)
    except RecursionError:
        return "this"
