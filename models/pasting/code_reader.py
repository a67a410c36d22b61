"""Follows the statements of pasted code, as far as the text itself says how they go. Nothing of it is run."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from typing import Any

from models.pasting.assignments import Assignments, Function, bound, stored
from models.pasting.graph import Block, FoundModel, Tensor, off_path
from models.pasting.values import Call, TooLong, Unset, bounded, source, truth
from models.stacks.keras_names import OLDER_LAYERS, OTHER_LAYERS
from models.stacks.stack_parser import NAMES

OTHER_MODELS = {
    "Model": "a subclass of a Keras model, which Unroll cannot read: write its layers one after the other, as in "
    "Sequential([…]).",
    "Module": "a PyTorch model, which Unroll cannot read: write it with the layers of Keras.",
}
OTHER_MODELS |= {"Sequential": OTHER_MODELS["Model"], "LightningModule": OTHER_MODELS["Module"]}
MAX_STATEMENTS, MAX_CALLS, MAX_DEPTH, MAX_TURNS = 20_000, 500, 8, 50
OF_KERAS = ("keras", "tensorflow", "tf", "tf_keras", "keras_core", "tensorflow_core")
LAYERS = frozenset((*NAMES, *OTHER_LAYERS, *OLDER_LAYERS, "Embedding"))
PAIRING: dict[str, Callable[..., Iterable[Any]]] = {
    "itertools.product": lambda *values: islice(product(*values), MAX_TURNS + 1),
    "product": lambda *values: islice(product(*values), MAX_TURNS + 1),
    "enumerate": enumerate,
    "reversed": reversed,
    "zip": lambda *values: zip(*values, strict=False),
}


class Left(Exception):
    """A statement that leaves a function or a turn of a loop: "return", "break" or "continue"."""

    def __init__(self, by: str) -> None:
        self.by = by


class CodeReader(Assignments):
    """Reads statements one after the other. All methods raise TooLong."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.found: list[FoundModel] = []
        self.blocked: Block | None = None
        self._num_statements = self._num_calls = 0
        self._returned: Any = None
        self._may_be_left: set[str] = set()
        """What may have left a function or a turn of a loop: "return", "break" or "continue"."""
        self._globals: set[str] = set()
        self.not_called: dict[str, Function] = {}
        self.objects: dict[str, Call] = {}
        """Of each class of the text the latest object."""

    def left_nothing(self) -> None:
        """What stands behind a "return" outside of a function is another piece of code."""
        self._may_be_left.clear()

    def run(self, statements: Sequence[ast.stmt]) -> None:
        for place, statement in enumerate(statements, start=1):
            self._num_statements += 1
            if self._num_statements > MAX_STATEMENTS:
                raise TooLong
            before = set(self._may_be_left)
            self._statement(statement)
            if self._may_be_left > before and place < len(statements):
                self._block("under an if", [statements[place:]])
                return

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(value=ast.Lambda() as made, targets=[ast.Name(id=name)]):
                self.names[name] = self.not_called[name] = _named(made, name)
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
            case ast.Delete():
                for target in node.targets:
                    self._delete(target)
            case ast.Global() | ast.Nonlocal():
                self._globals |= set(node.names)
            case ast.Import() | ast.ImportFrom():
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in OF_KERAS:
                    self.classes |= {each.asname or each.name: {} for each in node.names if each.name in LAYERS}
                self.renamed |= {each.asname: each.name.rsplit(".", 1)[-1] for each in node.names if each.asname}
            case ast.FunctionDef():
                self.names[node.name] = self.not_called[node.name] = Function(node, node.name)
            case ast.ClassDef():
                self._class(node)
            case ast.With():
                self.run(node.body)
            case ast.Try():
                self.run([*node.body, *node.orelse, *node.finalbody])
                if any(map(_begins_model, node.handlers)):
                    self._block("after an error", [each.body for each in node.handlers])
            case ast.If():
                self._if(node)
            case ast.For():
                self._for(node)
            case ast.While():
                self._while(node)
            case ast.Match():
                self._block("under a match", [each.body for each in node.cases])

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.NamedExpr):
            found = self.value(node.value)
            self._assign(node.target, found)
            return found
        if isinstance(node, ast.Subscript) and isinstance(tensor := self.names.get(source(node.value)), Tensor):
            return off_path(tensor, node)
        if isinstance(node, ast.Lambda) and _begins_model(node):
            self.not_called[source(node)] = _named(node, source(node))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
            self.value(node.value)  # as in model.fit(x, y).history
        found = super().value(node)
        return self.asked(source(node)) if isinstance(found, Function) else found

    def _class(self, node: ast.ClassDef) -> None:
        """A model that is a class of its own is named; methods of other classes are read as functions are."""
        bases = {source(base).rsplit(".", 1)[-1] for base in node.bases}
        if is_model := next((each for each in OTHER_MODELS if each in bases), None):
            self.found.append(FoundModel(node.name, node.lineno, problem=f"{node.name} is {OTHER_MODELS[is_model]}"))
            return
        fields = self.classes[node.name] = {}
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and "Layer" not in bases:
                path = f"{node.name}.{each.name}"
                is_of_class = any(source(decorator) == "classmethod" for decorator in each.decorator_list)
                owner = Call(node.name, (), {}, node.name, node.name, is_own=True) if is_of_class else None
                self.names[path] = self.not_called[path] = fields[each.name] = Function(each, path, owner)
            elif isinstance(each, ast.Assign | ast.AnnAssign) and each.value:
                for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                    fields[source(target)] = self.names[f"{node.name}.{source(target)}"] = self.value(each.value)

    def made(self, call: Call) -> Call:
        """An object of a class of the text."""
        fields = self.classes[call.path]
        made = replace(call, args=(), kwargs={}, is_own=True)
        self.objects[call.path] = made
        if isinstance(start := fields.get("__init__"), Function):
            self.enter(bound(start, made), call.args, call.kwargs)
        else:
            names = (name for name, value in fields.items() if not isinstance(value, Function))
            made.kwargs.update(zip(names, call.args, strict=False))
            made.kwargs.update(call.kwargs)
        return made

    def _if(self, node: ast.If) -> None:
        test = node.test
        is_main = isinstance(test, ast.Compare) and source(test.left) == "__name__"
        chosen = True if is_main else truth(self.value(test))
        if chosen is None:
            self._block("under an if", [node.body, node.orelse])
        else:
            self.run(node.body if chosen else node.orelse)

    def _for(self, node: ast.For) -> None:
        """Turns that the text itself says are read one by one."""
        over = self.turns(node.iter)
        if over is None or len(over) > MAX_TURNS:
            self._block("in a loop", [node.body], stored([node.target, *node.body]))
            return
        for value in over:
            self._assign(node.target, value)
            if self._is_broken(node.body):
                break

    def _while(self, node: ast.While) -> None:
        """Turns are read one by one as long as the text itself says that there is another."""
        for _ in range(MAX_TURNS):
            test = truth(self.value(node.test))
            if test is None:
                break
            if not test or self._is_broken(node.body):
                return
        self._block("in a while loop", [node.body], stored(node.body))

    def _is_broken(self, body: Sequence[ast.stmt]) -> bool:
        """Reads one turn of a loop, and tells whether it ends the loop."""
        before = set(self._may_be_left)
        try:
            self.run(body)
        except Left as left:
            if left.by == "return":
                raise
            return left.by == "break"
        may_be_broken = "break" in self._may_be_left - before
        self._may_be_left -= {"break", "continue"} - before
        if may_be_broken:
            self._block("under an if", [body], stored(body))
        return may_be_broken

    def turns(self, node: ast.expr) -> tuple[Any, ...] | None:
        if isinstance(node, ast.Call) and source(node.func) == "range":
            ends = [self.value(each) for each in node.args]
            if all(type(each) is int for each in ends) and 1 <= len(ends) <= 3 and (len(ends) < 3 or ends[2]):
                turns = range(*ends)
                return tuple(turns[: MAX_TURNS + 1])
            return None
        if isinstance(node, ast.Call) and (function := PAIRING.get(source(node.func))) and node.args:
            parts = [self.turns(each) for each in node.args]
            return None if None in parts or node.keywords else tuple(function(*parts))
        value = self.value(node)
        return tuple(value) if isinstance(value, tuple | list) else None

    def _block(
        self, where: str, branches: Sequence[Sequence[ast.stmt]], again: Iterable[ast.expr] | None = None
    ) -> None:
        """Reads statements of which the text does not say whether, or how often, they are done.

        What they set is open afterwards; ``again`` is what a turn of a loop may find set by an earlier one.
        """
        block = self.blocked = Block(where, self.blocked)
        for target in again or ():
            self._open(target, block)
        before = self.names
        after: dict[str, Any] = {}
        for branch in branches:
            copies: dict[int, Any] = {}
            self.names = {name: _copied(value, copies) for name, value in before.items()}
            for statement in branch:
                try:
                    self.run([statement])
                except Left as left:
                    self._may_be_left.add(left.by)
                    break
            after |= {name: value for name, value in self.names.items() if value is not before.get(name)}
        if again is not None:
            self._may_be_left -= {"break", "continue"}
        self.blocked = block.around
        self.names = before | {name: value for name, value in after.items() if isinstance(value, FoundModel | Function)}
        for target in (each for branch in branches for each in stored(branch)):
            if isinstance(tensor := after.get(source(target)), Tensor):
                self.names[source(target)] = tensor
            self._open(target, block)

    def comprehended(self, node: ast.ListComp, turns: ast.comprehension) -> Any:
        """Turns that the text itself says are followed one by one."""
        over = None if turns.ifs else self.turns(turns.iter)
        if over is None or len(over) > MAX_TURNS:
            return self.unset(node)
        before, found = dict(self.names), []
        for value in over:
            self._assign(turns.target, value)
            found.append(self.value(node.elt))
        self.names = before
        return tuple(bounded(found))

    def partial(self, callee: Call, node: ast.Call) -> Any:
        """A call of ``functools.partial``, with the arguments of both."""
        call, first = self.call(node, tuple(self._elements(node.args))), callee.args[0]
        if not isinstance(first, Unset):
            return Unset(call.code)
        args, kwargs = (*callee.args[1:], *call.args), callee.kwargs | call.kwargs
        return Call(self.kind(first.code), args, kwargs, call.code, first.code)

    def enter(self, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Reads the body of a function with its arguments."""
        self.not_called.pop(function.path, None)
        self._num_calls += 1
        if self._num_calls > MAX_CALLS:
            raise TooLong
        if self.depth >= MAX_DEPTH:
            return Unset(f"{function.path}(…)")
        args = args if function.owner is None else (function.owner, *args)
        arguments = function.node.args
        named = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        only = [each.arg for each in arguments.kwonlyargs]
        defaults = dict(zip(reversed(named), reversed(arguments.defaults), strict=False))
        values = {name: self.value(node) for name, node in defaults.items()}
        values |= {name: self.value(node) for name, node in zip(only, arguments.kw_defaults, strict=True) if node}
        before, returned, may_be_left = dict(self.names), self._returned, self._may_be_left
        around, self._globals = self._globals, set()
        for name in (*named, *only):
            self.names.pop(name, None)
        given = dict(zip(named, args, strict=False)) | dict(kwargs)
        if arguments.vararg:
            self.names[arguments.vararg.arg] = tuple(args[len(named) :])
        if arguments.kwarg:
            self.names[arguments.kwarg.arg] = {name: given.pop(name) for name in set(given) - {*named, *only}}
        self.names |= values | given
        self.depth, self._returned, self._may_be_left = self.depth + 1, None, set()
        with suppress(Left):
            self.run(function.node.body)
        found = self._returned
        before |= {name: self.names[name] for name in self._globals if name in self.names}
        self._globals = around
        if self._may_be_left and isinstance(found, Tensor):
            found = Tensor(found.chain, found.problem or Block("under an if", None).sentence)
        elif self._may_be_left and not isinstance(found, FoundModel):
            found = self.asked(f"{function.path}(…)")
        self.names, self._returned, self._may_be_left, self.depth = before, returned, may_be_left, self.depth - 1
        return found


def _begins_model(node: ast.AST) -> bool:
    paths = (source(each.func) for each in ast.walk(node) if isinstance(each, ast.Call))
    return any(path.rpartition(".")[2] in ("Sequential", "Model") for path in paths)


def _copied(value: Any, done: dict[int, Any]) -> Any:
    """A list or dict with those within it, each of which is copied once."""
    if not isinstance(value, list | dict):
        return value
    if id(value) not in done:
        made: Any = type(value)()
        done[id(value)] = made
        if isinstance(value, dict):
            made.update((key, _copied(each, done)) for key, each in value.items())
        else:
            made.extend(_copied(each, done) for each in value)
    return done[id(value)]


def _named(made: ast.Lambda, name: str) -> Function:
    """A lambda as a function."""
    return Function(ast.FunctionDef(name, made.args, [ast.Return(made.body)], []), name)
