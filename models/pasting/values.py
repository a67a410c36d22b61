"""Values of expressions in pasted code, as far as the text itself says them. Nothing of it is run."""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Elements = TypeVar("Elements", list[Any], tuple[Any, ...])
SHOWN = 40
LARGEST, MOST_VALUES, MOST_ELEMENTS = 10**12, 100_000, 1_000
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "round": round,
    "min": min,
    "max": max,
    "abs": abs,
    "len": len,
}
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip


COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


class TooLong(ValueError):
    """A text with more to work out than a person writes."""


@dataclass(frozen=True)
class Unset:
    """An expression whose value the text does not say, as it is written. ``is_set`` says that it is not None."""

    code: str
    is_set: bool = False


@dataclass(frozen=True, eq=False)
class Call:
    """A call of something that is not run: a layer, an optimizer, an initializer. ``kind`` is its name without the
    module, ``path`` the name as it is written, and ``is_own`` says that the text itself has a class of that name.
    """

    kind: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    path: str = ""
    is_own: bool = False


class Values:
    """What the names of a text stand for. ``given`` has values for expressions that the text leaves open."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.names: dict[str, Any] = {}
        self._num_values = 0
        self.renamed: dict[str, str] = {}
        """Names that an import gave, e.g. "L" for "LSTM"."""

    def value(self, node: ast.expr) -> Any:
        """A number, text, truth value or None; a tuple or dict of values; a Call; or Unset. Raises TooLong."""
        self._num_values += 1
        if self._num_values > MOST_VALUES:
            raise TooLong
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                return node.value
            case ast.Name() | ast.Attribute():
                return self.known(source(node))
            case ast.Tuple() | ast.List():
                return tuple(self._elements(node.elts))
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return {self._key(key): self.value(value) for key, value in pairs if key is not None}
            case ast.Subscript():
                return self._item(node)
            case ast.UnaryOp():
                return self._signed(node)
            case ast.BinOp():
                return self.combine(node.op, self.value(node.left), self.value(node.right), node)
            case ast.Call():
                return self.called(node)
            case ast.Compare(ops=[operation], comparators=[other]):
                return self._compared(node, operation, other)
            case ast.BoolOp():
                return self._either(node)
            case ast.ListComp(generators=[turns]):
                return self.comprehended(node, turns)
            case ast.IfExp():
                test = truth(self.value(node.test))
                return self.unset(node) if test is None else self.value(node.body if test else node.orelse)
        return self.unset(node)

    def known(self, code: str) -> Any:
        """What a name stands for."""
        return self.names[code] if code in self.names else self.asked(code)

    def asked(self, code: str) -> Any:
        """The value that was given for an expression, if there is one."""
        return self.given.get(code, Unset(code))

    def comprehended(self, node: ast.ListComp, turns: ast.comprehension) -> Any:
        """The elements of a comprehension, where they are followed."""
        return self.unset(node)

    def unset(self, node: ast.AST) -> Any:
        return self.asked(source(node))

    def called(self, node: ast.Call) -> Any:
        """What a call gives: of a few functions of Python its value, else the call itself."""
        path = source(node.func)
        args = tuple(self._elements(node.args))
        if path in ("list", "tuple") and len(args) == 1 and isinstance(args[0], tuple | list):
            return tuple(args[0])
        if path in FUNCTIONS and not node.keywords:
            return self._counted(path, args, node)
        call = self.call(node, args)
        if path == "dict" and not args:
            return dict(call.kwargs)
        if call.kind == "get" and args and isinstance(args[0], str | int):
            owner = self.known(path.rpartition(".")[0])
            if isinstance(owner, dict):
                return owner.get(*args[:2])
        return self.given.get(call.code, call)

    def call(self, node: ast.Call, args: tuple[Any, ...]) -> Call:
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is None:
                kwargs |= value if isinstance(value, dict) else {"**": value}
            else:
                kwargs[keyword.arg] = value
        path = source(node.func)
        named = self.value(node.func) if isinstance(node.func, ast.Subscript) else self.known(path)
        path = named.code if isinstance(named, Unset) else path  # as in RNN = layers.LSTM
        return Call(self.kind(path), args, kwargs, source(node), path)

    def kind(self, path: str) -> str:
        """The last name of a path, as it is called outside of the text."""
        return self.renamed.get(path, path.rsplit(".", 1)[-1])

    def _compared(self, node: ast.Compare, operation: ast.cmpop, other: ast.expr) -> Any:
        left, right = self.value(node.left), self.value(other)
        both = (left, right)
        compare = COMPARISONS.get(type(operation))
        if compare and (all(map(_is_number, both)) or all(isinstance(each, str) for each in both)):
            return bool(compare(left, right))
        is_known = not isinstance(left, Unset) or left.is_set
        if isinstance(operation, ast.Is | ast.IsNot) and right is None and is_known:
            return (left is None) == isinstance(operation, ast.Is)
        words = right if isinstance(right, tuple | list) and all(isinstance(each, str) for each in right) else None
        if isinstance(operation, ast.In | ast.NotIn) and isinstance(left, str) and words is not None:
            return (left in words) == isinstance(operation, ast.In)
        return self.unset(node)

    def _either(self, node: ast.BoolOp) -> Any:
        """What "and" and "or" give, where that is known."""
        value: Any = None
        for each in node.values:
            value = self.value(each)
            known = truth(value)
            if known is None:
                return self.unset(node)
            if known == isinstance(node.op, ast.Or):
                break
        return value

    def _counted(self, name: str, args: tuple[Any, ...], node: ast.Call) -> Any:
        if name != "len" and (open_ := next((each for each in args if isinstance(each, Unset)), None)):
            return open_
        is_written = name in ("int", "float") and all(isinstance(each, str) and len(each) <= SHOWN for each in args)
        if name != "len" and not is_written and not all(map(_is_number, args)):
            return self.unset(node)
        try:
            return FUNCTIONS[name](*args)
        except (TypeError, ValueError, OverflowError):
            return self.unset(node)

    def _elements(self, nodes: Sequence[ast.expr]) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.value(node.value)
                found.extend(value if isinstance(value, tuple | list) else [Unset(source(node))])
            else:
                found.append(self.value(node))
        return bounded(found)

    def _key(self, node: ast.expr) -> Any:
        key = self.value(node)
        return key if isinstance(key, str | int) else source(node)

    def _item(self, node: ast.Subscript) -> Any:
        owner = self.value(node.value)
        key: Any = self._slice(node.slice) if isinstance(node.slice, ast.Slice) else self.value(node.slice)
        try:
            if isinstance(owner, dict) or (isinstance(owner, tuple | list) and isinstance(key, int | slice)):
                return owner[key]
        except (LookupError, TypeError):
            pass
        return self.known(source(node))

    def _slice(self, node: ast.Slice) -> slice | None:
        ends = [each and self.value(each) for each in (node.lower, node.upper, node.step)]
        return slice(*ends) if all(each is None or type(each) is int for each in ends) else None

    def _signed(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            known = truth(value)
            return self.unset(node) if known is None else not known
        if isinstance(value, Unset):
            return value
        if isinstance(value, int | float) and not isinstance(node.op, ast.Invert | ast.Not):
            return -value if isinstance(node.op, ast.USub) else value
        return self.unset(node)

    def combine(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """What an operator makes of two values."""
        if isinstance(op, ast.Add) and isinstance(left, tuple) and isinstance(right, tuple):
            return bounded(left + right)
        if isinstance(op, ast.Mult) and isinstance(left, tuple | list) and type(right) is int:
            return tuple(left) * right if len(left) * right <= MOST_ELEMENTS else self.unset(node)
        for value in (left, right):
            if isinstance(value, Unset):
                return value
        function = OPERATORS.get(type(op))
        if function is None or not (_is_number(left) and _is_number(right)):
            return self.unset(node)
        if isinstance(op, ast.Pow) and (abs(left) > 10_000 or abs(right) > 16):
            return self.unset(node)
        try:
            found = function(left, right)
        except (ArithmeticError, ValueError):
            return self.unset(node)
        return found if _is_number(found) else self.unset(node)


def bounded(found: Elements) -> Elements:
    """The elements themselves. Raises TooLong."""
    if len(found) > MOST_ELEMENTS:
        raise TooLong
    return found


def truth(value: Any) -> bool | None:
    """Whether Python takes a value for true; None where the text does not say it."""
    return bool(value) if value is None or isinstance(value, bool | int | float | str | tuple | list | dict) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) <= LARGEST


def written(value: Any) -> str:
    """A value as it is written, shortened."""
    if isinstance(value, Unset | Call):
        return cut(value.code)
    if isinstance(value, str):
        return f'"{cut(value)}"'
    if isinstance(value, tuple):
        parts = ["(…)" if isinstance(each, tuple) else written(each) for each in value[:SHOWN]]
        return cut(f"({', '.join(parts)}{',' * (len(value) == 1)})")
    return "{…}" if isinstance(value, dict) else cut(str(value))


def cut(text: str) -> str:
    """One line of a text, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def source(node: ast.AST) -> str:
    """A piece of code as Python writes it."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"
