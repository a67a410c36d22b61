"""What names, attributes and elements stand for as pasted code sets them. Nothing of it is run."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.pasting.graph import NOT_IN_TEXT, Block, FoundModel, Tensor
from models.pasting.values import MOST_ELEMENTS, Call, TooLong, Unset, Values, source

CHANGES = ("append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort", "update", "setdefault")
"""Methods that change a list or a dict."""
PLAIN_OBJECTS = ("SimpleNamespace", "Namespace", "EasyDict", "AttrDict", "Box")
"""Classes whose objects have what they are called with."""
MAX_DOTS = 4


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the text, which is read where it is called. ``owner`` is the object that a method is of."""

    node: ast.FunctionDef
    path: str
    owner: Call | None = None


class Assignments(Values):
    """Sets, changes and forgets what a text assigns. All methods raise TooLong."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.depth = 0
        """How many functions are being read within each other."""
        self.tensor: tuple[str, Tensor] | None = None
        self.classes: dict[str, dict[str, Any]] = {}
        """Of each class of the text its methods, and the values that its fields begin with."""

    def known(self, code: str) -> Any:
        """What a name stands for, also one of a model or of an object of a class of the text."""
        if code in self.names or not 0 < code.count(".") <= MAX_DOTS:
            return super().known(code)
        path, _, name = code.rpartition(".")
        owner = self.known(path)
        if isinstance(owner, FoundModel):
            return self.of_model(owner, name, code)
        if isinstance(owner, Call) and (owner.is_own or owner.kind in PLAIN_OBJECTS):
            fields = self.classes.get(owner.kind, {}) | owner.kwargs
            if name in fields:
                return bound(fields[name], owner) if isinstance(fields[name], Function) else fields[name]
        return super().known(code)

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            several = isinstance(value, tuple) and len(value) == len(target.elts)
            parts = Tensor(value.chain, value.problem or NOT_IN_TEXT) if isinstance(value, Tensor) else None
            for number, each in enumerate(target.elts):
                self._assign(each, value[number] if several else parts or self.asked(source(each)))
            return
        name = source(target)
        if isinstance(value, FoundModel) and not (value.name and self.depth):
            value.name = name
        if isinstance(value, Tensor):
            self.tensor = name, value
        can_grow = isinstance(value, tuple) and (
            not value or any(isinstance(each, Call | FoundModel) for each in value)
        )
        self._set(target, list(value) if can_grow else value)

    def _set(self, target: ast.expr, value: Any) -> None:
        owner = self.value(target.value) if isinstance(target, ast.Attribute | ast.Subscript) else None
        if isinstance(target, ast.Attribute):
            self.attribute_is_set(owner, value, target)
            if isinstance(owner, Call) and owner.is_own:
                owner.kwargs[target.attr] = value
                return
        elif isinstance(target, ast.Subscript) and isinstance(owner, tuple | list | dict):
            key = self.value(target.slice)
            is_place = type(key) is int and -len(owner) <= key < len(owner)
            changed = list(owner) if isinstance(owner, tuple) else owner
            if isinstance(key, str | int) if isinstance(changed, dict) else is_place:
                changed[key] = value
                self._set(target.value, tuple(changed) if isinstance(owner, tuple) else changed)
            else:
                self._set(target.value, self.asked(source(target.value)))
            return
        self.names[source(target)] = value

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Subscript):
            self._set(target.value, self.asked(source(target.value)))
        else:
            self.names.pop(source(target), None)

    def _open(self, target: ast.expr, block: Block) -> None:
        """Forgets what a name stands for, but for models, to which nothing may be added outside of their block."""
        if isinstance(target, ast.Subscript):
            held, key = self.value(target.value), self.value(target.slice)
            if isinstance(held, dict) and isinstance(key, str | int):
                held[key] = self.asked(source(target))
                return
            target = target.value
        name = source(target)
        value = self.known(name)
        if isinstance(value, FoundModel | Function):
            return
        if isinstance(value, Tensor):
            value = Tensor(value.chain, value.problem or block.sentence)
            if self.tensor and self.tensor[0] == name:
                self.tensor = name, value
        else:
            is_set = isinstance(value, Call) or (isinstance(value, Unset) and value.is_set)
            value = self.given.get(name, Unset(name, is_set and isinstance(getattr(target, "ctx", None), ast.Load)))
        owner = self.value(target.value) if isinstance(target, ast.Attribute) else None
        if isinstance(owner, Call) and owner.is_own and isinstance(target, ast.Attribute):
            owner.kwargs[target.attr] = value
        else:
            self.names[name] = value

    def change(self, owner: tuple[Any, ...] | list[Any] | dict[Any, Any], node: ast.Call) -> Any:
        """A method that changes a list or a dict, which is open afterwards if it cannot be followed."""
        assert isinstance(node.func, ast.Attribute)  # noqa: S101
        grown = list(owner) if isinstance(owner, tuple) else owner
        match node.func.attr, [self.value(each) for each in node.args], grown:
            case "append", [value], list():
                grown.append(value)
            case "extend", [tuple() | list() as values], list():
                grown.extend(values)
            case "insert", [int() as place, value], list():
                grown.insert(place, value)
            case _:
                self._set(node.func.value, self.asked(source(node.func.value)))
                return Unset(source(node))
        if len(grown) > MOST_ELEMENTS:
            raise TooLong
        if isinstance(owner, tuple):
            self._set(node.func.value, tuple(grown))
        return None

    def of_model(self, model: FoundModel, name: str, code: str) -> Any:
        """An attribute of a model."""
        return super().known(code)

    def attribute_is_set(self, owner: Any, value: Any, target: ast.Attribute) -> None:
        """What it means that code sets an attribute of something."""


def bound(function: Function, owner: Call) -> Function:
    """A method of an object; one that is static, or of its class, stays as it is."""
    is_static = any(source(each) == "staticmethod" for each in function.node.decorator_list)
    return function if is_static or function.owner else replace(function, owner=owner)


def stored(nodes: Iterable[ast.AST]) -> list[ast.expr]:
    """What statements set, or change by a method of a list or dict."""
    found: list[ast.expr] = []
    for node in (each for one in nodes for each in ast.walk(one)):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            found.append(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            found.append(node.func.value)
    return found
