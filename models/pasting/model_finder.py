"""Finds the Keras models that a text builds, each as its calls of layers. Nothing of the text is run."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from models.pasting.graph import INPUTS, MERGES, ONE_PATH, FoundModel, Tensor, as_tensor, merged
from models.pasting.values import Call, TooLong, Unset, Values, bounded, cut, source

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
PAIRING: dict[str, Callable[..., Iterable[Any]]] = {
    "enumerate": lambda values: enumerate(values),
    "reversed": lambda values: reversed(values),
    "zip": lambda *values: zip(*values, strict=False),
}
MAX_STATEMENTS, MAX_CALLS, MAX_DEPTH, MAX_TURNS = 20_000, 500, 8, 50


class Left(Exception):
    """A statement that leaves a function or a turn of a loop: "return", "break" or "continue"."""

    def __init__(self, by: str) -> None:
        self.by = by


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the text, which is read where it is called."""

    node: ast.FunctionDef


class ModelFinder(Values):
    """Reads statements one after the other. All methods raise TooLong."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.found: list[FoundModel] = []
        self._blocked: str | None = None
        self._num_statements = self._num_calls = self._depth = 0
        self._returned: Any = None
        self._tensor: tuple[str, Tensor] | None = None
        self._not_called: dict[str, Function] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        """Of each class of the text, the values that its fields begin with."""

    def find(self, statements: Sequence[ast.stmt]) -> list[FoundModel]:
        """All models of a text, in their order."""
        with suppress(Left):
            self._run(statements)
        while self._not_called:
            name, function = self._not_called.popitem()
            self._enter(name, function, (), {})
        if not self.found and self._tensor and self._tensor[1].chain:
            name, tensor = self._tensor
            self._from_tensor(tensor, 1).name = name
        return sorted((each for each in self.found if each.layers or each.problem), key=lambda model: model.line)

    def _run(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._num_statements += 1
            if self._num_statements > MAX_STATEMENTS:
                raise TooLong
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign():
                value = self.value(node.value)
                for target in node.targets:
                    self._assign(target, value)
            case ast.AnnAssign(value=ast.expr()) if node.value is not None:
                self._assign(node.target, self.value(node.value))
            case ast.AugAssign():
                before = self.value(node.target)
                self._assign(node.target, self.combine(node.op, before, self.value(node.value), node))
            case ast.Expr():
                self.value(node.value)
            case ast.Return():
                self._returned = self.value(node.value) if node.value else None
                raise Left("return")
            case ast.Break():
                raise Left("break")
            case ast.Continue():
                raise Left("continue")
            case ast.Import() | ast.ImportFrom():
                self.renamed |= {each.asname: each.name.rsplit(".", 1)[-1] for each in node.names if each.asname}
            case ast.FunctionDef():
                self.names[node.name] = self._not_called[node.name] = Function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.With() | ast.Try():
                self._run(node.body)
            case ast.If():
                self._if(node)
            case ast.For():
                self._for(node)
            case ast.While():
                self._block("in a while loop", node.body)

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            several = isinstance(value, tuple) and len(value) == len(target.elts)
            for number, each in enumerate(target.elts):
                self._assign(each, value[number] if several else Unset(source(each)))
            return
        name = source(target)
        if isinstance(value, FoundModel) and not (value.name and self._depth):
            value.name = name
        if isinstance(value, Tensor):
            value = self._marked(value)
            self._tensor = name, value
        if isinstance(value, Call) and value.kind in self._fields:
            own = self._fields[value.kind] | dict(value.kwargs)
            self.names |= {f"{name}.{field}": each for field, each in own.items()}
        can_grow = isinstance(value, tuple) and (not value or any(map(_is_layer, value)))
        self.names[name] = list(value) if can_grow else value

    def _class(self, node: ast.ClassDef) -> None:
        """A model that is a class of its own is named; methods of other classes are read as functions are."""
        if any(source(base).rsplit(".", 1)[-1] == "Model" for base in node.bases):
            sentence = (
                f"{node.name} is a model as a class of its own, which is not read: write its layers one after the "
                "other, as in Sequential([…])."
            )
            self.found.append(FoundModel(node.name, node.lineno, problem=sentence))
            return
        fields = self._fields[node.name] = {}
        for each in node.body:
            if isinstance(each, ast.FunctionDef):
                self._not_called[f"{node.name}.{each.name}"] = Function(each)
            elif isinstance(each, ast.Assign | ast.AnnAssign) and each.value:
                for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                    fields[source(target)] = self.names[f"{node.name}.{source(target)}"] = self.value(each.value)

    def _if(self, node: ast.If) -> None:
        test = node.test
        is_main = isinstance(test, ast.Compare) and source(test.left) == "__name__"
        chosen = True if is_main else self.value(test)
        if isinstance(chosen, bool):
            self._run(node.body if chosen else node.orelse)
        else:
            self._block("under an if", [*node.body, *node.orelse])

    def _for(self, node: ast.For) -> None:
        """Turns that the text itself says are read one by one."""
        over = self._range(node.iter)
        if over is None or len(over) > MAX_TURNS:
            self._block("in a loop", node.body)
            return
        for value in over:
            self._assign(node.target, value)
            try:
                self._run(node.body)
            except Left as left:
                if left.by == "return":
                    raise
                if left.by == "break":
                    break

    def _range(self, node: ast.expr) -> tuple[Any, ...] | None:
        if isinstance(node, ast.Call) and source(node.func) == "range":
            ends = [self.value(each) for each in node.args]
            if all(type(each) is int for each in ends) and 1 <= len(ends) <= 3 and (len(ends) < 3 or ends[2]):
                turns = range(*ends)
                return tuple(turns[: MAX_TURNS + 1])
            return None
        if isinstance(node, ast.Call) and (function := PAIRING.get(source(node.func))) and node.args:
            parts = [self._range(each) for each in node.args]
            return None if None in parts or node.keywords else tuple(function(*parts))
        value = self.value(node)
        return tuple(value) if isinstance(value, tuple | list) else None

    def _block(self, where: str, statements: Sequence[ast.stmt]) -> None:
        """Reads statements of which the text does not say whether, or how often, they are done."""
        before, self._blocked = self._blocked, where
        for statement in statements:
            with suppress(Left):  # whether it is left here is not known
                self._run([statement])
        self._blocked = before

    def _blocked_sentence(self) -> str | None:
        return self._blocked and (
            f"Layers are added {self._blocked}, and the text does not say how it goes: write the layers one after the "
            "other."
        )

    def _marked(self, tensor: Tensor) -> Tensor:
        return Tensor(tensor.chain, tensor.problem or self._blocked_sentence())

    def comprehended(self, node: ast.ListComp, turns: ast.comprehension) -> Any:
        """Turns that the text itself says are followed one by one."""
        over = None if turns.ifs else self._range(turns.iter)
        if over is None or len(over) > MAX_TURNS:
            return self.unset(node)
        before, found = dict(self.names), []
        for value in over:
            self._assign(turns.target, value)
            found.append(self.value(node.elt))
        self.names = before
        return tuple(bounded(found))

    def unset(self, node: ast.AST) -> Any:
        """A comprehension that adds layers to a model is a problem of that model."""
        parts = ast.walk(node) if isinstance(node, COMPREHENSIONS) else ()
        for each in parts:
            if not (isinstance(each, ast.Attribute) and each.attr == "add"):
                continue
            if isinstance(model := self.names.get(source(each.value)), FoundModel):
                model.problem = model.problem or (
                    f"Layers are added by {cut(source(node))}, which is not followed: write the layers one after the "
                    "other."
                )
        return super().unset(node)

    def called(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):
            owner = self._owner(node)
            if isinstance(owner, FoundModel):
                return self._method(owner, node.func.attr, node)
            if isinstance(owner, list) and node.func.attr == "append" and node.args:
                owner.append(self.value(node.args[0]))
                return None
        callee = self.value(node.func) if isinstance(node.func, ast.Call) else self.names.get(source(node.func))
        if isinstance(callee, Function):
            call = self.call(node, tuple(self._elements(node.args)))
            return self._enter(source(node.func), callee, call.args, call.kwargs)
        if isinstance(callee, Call | FoundModel):
            return self._apply(callee, node)
        found = super().called(node)
        if not isinstance(found, Call):
            return found
        if found.kind == "Sequential":
            return self._sequential(found, node.lineno)
        if found.kind in ("Model", "Functional") and (found.args or "outputs" in found.kwargs):
            return self._functional(found, node.lineno)
        if found.kind in MERGES and found.args and isinstance(found.args[0], tuple):
            return merged(found, found.args[0])
        return found

    def _owner(self, node: ast.Call) -> Any:
        """What a method is called of; a model that begins outside of the text begins with its first ``add``."""
        assert isinstance(node.func, ast.Attribute)  # noqa: S101
        name = source(node.func.value)
        owner = self.names.get(name)
        begins = (
            owner is None and node.func.attr == "add" and len(node.args) == 1 and isinstance(node.args[0], ast.Call)
        )
        if begins and isinstance(node.func.value, ast.Name | ast.Attribute):
            owner = self.names[name] = self._new(node.lineno, name)
        return owner

    def _new(self, line: int, name: str = "") -> FoundModel:
        model = FoundModel(name, line)
        self.found.append(model)
        return model

    def _method(self, model: FoundModel, name: str, node: ast.Call) -> Any:
        call = self.call(node, tuple(self._elements(node.args)))
        if name == "add" and (call.args or "layer" in call.kwargs):
            self._extend(model, call.args or (call.kwargs["layer"],))
            model.problem = model.problem or self._blocked_sentence()
        elif name == "pop" and model.layers:
            model.layers.pop()
        elif name == "compile":
            model.compiled = call
        elif name == "fit":
            model.fitted = call
        elif name == "build":
            model.layers.insert(
                0, Call("Input", (), {"batch_shape": next(iter((*call.args, *call.kwargs.values())), None)})
            )
        return Unset(call.code)

    def _sequential(self, call: Call, line: int) -> FoundModel:
        model = self._new(line)
        layers = call.args[0] if call.args else call.kwargs.get("layers", ())
        if isinstance(layers, tuple | list):
            self._extend(model, tuple(layers))
        elif layers is not None:
            code = layers.code if isinstance(layers, Unset) else call.code
            model.problem = f"The layers of Sequential are {cut(code)}, which the text does not write out."
        return model

    def _extend(self, model: FoundModel, layers: Sequence[Any]) -> None:
        """Adds layers; a model within a model is its layers."""
        for each in layers:
            if isinstance(each, FoundModel):
                model.layers += each.layers
                model.problem = model.problem or each.problem
                self.found = [other for other in self.found if other is not each]
            else:
                model.layers.append(each)
        bounded(model.layers)

    def _apply(self, callee: Call | FoundModel, node: ast.Call) -> Any:
        """A layer, or a model, called with what came before it."""
        given = [self.value(each) for each in node.args] or [self.value(each.value) for each in node.keywords]
        if given and isinstance(given[0], tuple | list) and isinstance(callee, Call) and callee.kind not in INPUTS:
            return merged(callee, tuple(given[0]))
        tensors = [as_tensor(each) for each in given]
        if tensors[:1] == [None] and isinstance(callee, Call) and callee.kind == "Embedding":
            tensors[0] = Tensor()  # its input is made outside of the text
        if not tensors or tensors[0] is None:
            return Unset(source(node))
        first = tensors[0]
        if any(each is not None and each.chain != first.chain for each in tensors[1:]) or _has_state(node):
            return Tensor(first.chain, f"{_name(callee)} reads several paths. {ONE_PATH}")
        if isinstance(callee, FoundModel):
            self.found = [each for each in self.found if each is not callee]
            own = [each for each in callee.layers if getattr(each, "kind", "") not in INPUTS]
            return Tensor(bounded((*first.chain, *own)), first.problem or callee.problem)
        return Tensor((*first.chain, callee), first.problem)

    def combine(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        if isinstance(left, list) and isinstance(right, tuple | list):
            return bounded((*left, *right))
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            kind = "Add" if isinstance(op, ast.Add) else source(node)
            return merged(Call(kind, (), {}, source(node)), (left, right))
        return super().combine(op, left, right, node)

    def _functional(self, call: Call, line: int) -> FoundModel:
        outputs = call.kwargs.get("outputs", call.args[1] if len(call.args) > 1 else None)
        if isinstance(outputs, tuple | list) and len(outputs) == 1:
            outputs = outputs[0]
        tensor = as_tensor(outputs)
        if tensor is not None:
            return self._from_tensor(tensor, line)
        model = self._new(line)
        has_several = isinstance(outputs, tuple | list)
        model.problem = (
            f"The model has several outputs. {ONE_PATH}" if has_several
            else "How the model comes from its input to its output is not in the text."
        )  # fmt: skip
        return model

    def _from_tensor(self, tensor: Tensor, line: int) -> FoundModel:
        model = self._new(line)
        model.layers, model.problem = list(tensor.chain), tensor.problem
        return model

    def _enter(self, path: str, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Reads the body of a function with its arguments."""
        self._not_called.pop(path, None)
        self._num_calls += 1
        if self._num_calls > MAX_CALLS:
            raise TooLong
        if self._depth >= MAX_DEPTH:
            return Unset(f"{path}(…)")
        arguments = function.node.args
        named = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        only = [each.arg for each in arguments.kwonlyargs]
        defaults = dict(zip(reversed(named), reversed(arguments.defaults), strict=False))
        values = {name: self.value(node) for name, node in defaults.items()}
        values |= {name: self.value(node) for name, node in zip(only, arguments.kw_defaults, strict=True) if node}
        before, returned = dict(self.names), self._returned
        for name in (*named, *only):
            self.names.pop(name, None)
        self.names |= values | dict(zip(named, args, strict=False)) | dict(kwargs)
        self._depth, self._returned = self._depth + 1, None
        with suppress(Left):
            self._run(function.node.body)
        found = self._returned
        self.names, self._returned, self._depth = before, returned, self._depth - 1
        return found


def _is_layer(value: Any) -> bool:
    return isinstance(value, Call | FoundModel)


def _has_state(node: ast.Call) -> bool:
    return any(each.arg in ("initial_state", "mask") for each in node.keywords)


def _name(callee: Call | FoundModel) -> str:
    return callee.kind if isinstance(callee, Call) else callee.name
