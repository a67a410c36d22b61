"""Finds the Keras models that a text builds, each as its calls of layers. Nothing of the text is run."""

import ast
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from models.pasting.assignments import CHANGES, Function, bound
from models.pasting.code_reader import LAYERS, MAX_TURNS, OTHER_MODELS, PAIRING, CodeReader, Left
from models.pasting.graph import INPUTS, MERGES, NOT_IN_TEXT, ONE_PATH, FoundModel, Tensor, as_tensor, merged, off_path
from models.pasting.values import Call, Unset, bounded, cut, source, written

OPEN_TURNS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)
"""Expressions of which the text may not say how often a part is done."""
PARTS: dict[str, Callable[[dict[Any, Any]], tuple[Any, ...]]] = {
    "items": lambda found: tuple(found.items()),
    "values": lambda found: tuple(found.values()),
    "keys": lambda found: tuple(found),
}
INPUT_NAMES = ("inputs", "input", "x", "query", "value", "key")
LAYER = re.compile(r"(?:\w+\.)*[A-Z]\w*\(")
IS_ACTIVATION = re.compile(r"(?:.+\.)?(?:nn|activations)\.\w+")


class ModelFinder(CodeReader):
    """Reads what code does with layers, tensors and models. All methods raise TooLong."""

    def find(self, statements: Sequence[ast.stmt]) -> list[FoundModel]:
        """All models of a text, in their order."""
        for statement in statements:
            with suppress(Left):
                self.run([statement])
            self.left_nothing()
        while self.not_called:
            path = next(iter(self.not_called))
            function, kind = self.not_called.pop(path), path.rpartition(".")[0]
            if kind in self.classes:
                made = self.objects.setdefault(kind, Call(kind, (), {}, kind, kind, is_own=True))
                function = bound(function, made)
            self.enter(function, (), {})
        if not self.found and self.tensor and self.tensor[1].chain:
            name, tensor = self.tensor
            self._from_tensor(tensor, 1).name = name
        return sorted((each for each in self.found if each.layers or each.problem), key=lambda model: model.line)

    def attribute_is_set(self, owner: Any, value: Any, target: ast.Attribute) -> None:
        """Freezes a layer, or all layers of a model. Another change of a layer is a problem of its model."""
        if isinstance(owner, FoundModel) and target.attr == "layers":
            self._not_followed(target)
        if target.attr != "trainable":
            is_layer = isinstance(owner, Call) and owner.kind in LAYERS and not owner.is_own
            if (is_layer or ".get_layer(" in source(target)) and "name" not in target.attr:
                self._not_followed(target)
                if is_layer and isinstance(target.value, ast.Name):
                    owner.kwargs[source(target)] = value
            return
        value = self.asked(source(target)) if self.blocked else value
        if isinstance(owner, Call):
            owner.kwargs["trainable"] = value
        elif isinstance(owner, FoundModel):
            for each in owner.layers:
                if isinstance(each, Call) and each.kind not in INPUTS:
                    each.kwargs["trainable"] = value
        else:
            self._not_followed(target)

    def of_model(self, model: FoundModel, name: str, code: str) -> Any:
        """Its layers or its output."""
        if name == "layers":
            return model.shown_layers
        if name == "output":
            return Tensor(tuple(model.layers), self._problem(model))
        return super().of_model(model, name, code)

    def value(self, node: ast.expr) -> Any:
        """A method of a model that is not called here may be called elsewhere, as in ``map(model.add, layers)``."""
        if isinstance(node, ast.Attribute) and node.attr in ("add", "pop"):
            self._not_followed(node)
        return super().value(node)

    def _not_followed(self, node: ast.AST) -> None:
        """What is done to the models that a piece of code names is not known."""
        for each in ast.walk(node):
            if isinstance(each, ast.Name | ast.Attribute) and isinstance(model := self.known(source(each)), FoundModel):
                model.problem = model.problem or (
                    f"The model is changed by {cut(source(node))}, which is not followed: write the layers as they are "
                    "afterwards."
                )

    def _is_open(self, model: FoundModel) -> bool:
        """Whether a model begins in a block that may not be done here."""
        block = self.blocked
        while block and block is not model.block:
            block = block.around
        return block is not model.block

    def unset(self, node: ast.AST) -> Any:
        """What may add layers to a model is a problem of that model."""
        parts = ast.walk(node) if isinstance(node, OPEN_TURNS) else ()
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
            owner, name = self._owner(node), node.func.attr
            if isinstance(owner, FoundModel):
                return self._method(owner, name, node)
            if name in CHANGES and source(node.func.value).endswith(".layers"):
                self._not_followed(node)
            elif name in CHANGES and isinstance(owner, tuple | list | dict):
                return self.change(owner, node)
            elif name in PARTS and isinstance(owner, dict) and not node.args:
                return PARTS[name](owner)
            if isinstance(owner, Call) and name == "set_weights" and node.args:
                owner.kwargs["weights"] = self.value(node.args[0])
                return None
        path = source(node.func)
        if path == "setattr":
            self._not_followed(node)
        turns = self.turns(node) if path in PAIRING or path == "range" else None
        if turns is not None and len(turns) <= MAX_TURNS:
            return turns
        callee = self.value(node.func) if isinstance(node.func, ast.Call) else self.known(path)
        if isinstance(callee, Function):
            call = self.call(node, tuple(self._elements(node.args)))
            return self.enter(callee, call.args, call.kwargs)
        if isinstance(callee, Call) and callee.kind == "partial" and callee.args:
            return self.partial(callee, node)
        if isinstance(callee, Call | FoundModel):
            return self._apply(callee, node)
        found = super().called(node)
        if not isinstance(found, Call):
            return found
        if isinstance(callee := self.known(found.path), Function):  # by another name
            return self.enter(callee, found.args, found.kwargs)
        if found.path in self.classes:
            return self.made(found)
        if found.kind == "Sequential":
            return self._sequential(found, node.lineno)
        if found.kind in ("Model", "Functional") and (found.args or {"outputs", "output"} & set(found.kwargs)):
            return self._functional(found, node.lineno)
        if found.kind in MERGES and found.args and isinstance(found.args[0], tuple):
            return merged(found, found.args[0])
        return self._of_tensor(found, node)

    def _of_tensor(self, call: Call, node: ast.Call) -> Any:
        """What a function that is no layer makes of a tensor."""
        given = [*call.args, *call.kwargs.values()]
        given += [each for value in given if isinstance(value, tuple | list) for each in value]
        tensor = next((each for each in given if isinstance(each, Tensor)), None)
        if tensor is None:
            return call
        if IS_ACTIVATION.fullmatch(call.path) and len(given) == 1:
            return Tensor((*tensor.chain, Call("Activation", (Unset(call.path),), {}, call.code)), tensor.problem)
        return off_path(tensor, node)

    def _owner(self, node: ast.Call) -> Any:
        """What a method is called of; a model that begins outside of the text begins with its first ``add``."""
        assert isinstance(node.func, ast.Attribute)  # noqa: S101
        owner = node.func.value
        name = source(owner)
        found = None if isinstance(owner, ast.Constant) else self.value(owner)
        begins = node.func.attr == "add" and len(node.args) == 1 and isinstance(node.args[0], ast.Call)
        begins = begins and bool(LAYER.match(source(node.args[0])))
        if begins and found == Unset(name) and isinstance(owner, ast.Name | ast.Attribute):
            found = self._new(node.lineno, name)
            found.problem = self.blocked.sentence if self.blocked else None
            self._set(owner, found)
        return found

    def _new(self, line: int, name: str = "") -> FoundModel:
        model = FoundModel(name, line, block=self.blocked)
        self.found.append(model)
        return model

    def _method(self, model: FoundModel, name: str, node: ast.Call) -> Any:
        call = self.call(node, tuple(self._elements(node.args)))
        if name == "add" and (call.args or "layer" in call.kwargs):
            self._extend(model, call.args or (call.kwargs["layer"],))
            self._mark(model)
        elif name == "pop" and model.layers:
            model.layers.pop()
            self._mark(model)
        elif name == "compile":
            model.compiled = call
        elif name in ("fit", "fit_generator"):
            model.fitted = call
        elif name in ("load_weights", "set_weights"):
            model.passed_over.append(f"{name}: Unroll begins with random weights")
        elif name == "get_layer":
            asked = next(iter((*call.args, *call.kwargs.values())), None)
            layers = [each for each in model.shown_layers if isinstance(each, Call)]
            named = [each for each in layers if each.kwargs.get("name") == asked]
            if type(asked) is int and "index" in call.kwargs:
                named = layers[asked : asked + 1]
            return named[0] if named else Unset(call.code)
        elif name == "build":
            model.layers.insert(
                0, Call("Input", (), {"batch_shape": next(iter((*call.args, *call.kwargs.values())), None)})
            )
        return Unset(call.code)

    def _mark(self, model: FoundModel) -> None:
        """A model that is changed in another block than that in which it begins may not be changed."""
        if model.block is not self.blocked:
            block = self.blocked or model.block
            model.problem = model.problem or (block.sentence if block else None)

    def _sequential(self, call: Call, line: int) -> FoundModel:
        model = self._new(line)
        layers = call.args[0] if call.args else call.kwargs.get("layers", ())
        if call.path.startswith(("nn.", "torch.")):
            model.problem = f"This is {OTHER_MODELS['Module']}"
        elif isinstance(layers, tuple | list):
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
                model.problem = model.problem or self._problem(each)
                self.found = [other for other in self.found if other is not each]
            else:
                model.layers.append(each)
        bounded(model.layers)

    def _apply(self, callee: Call | FoundModel, node: ast.Call) -> Any:
        """A layer, or a model, called with what came before it."""
        inputs = [*node.args, *(each.value for each in node.keywords if each.arg in INPUT_NAMES)]
        given = [self.value(each) for each in inputs]
        problem = self._problem(callee) or self._called_with(callee, node)
        if given and isinstance(given[0], tuple | list) and isinstance(callee, Call) and callee.kind not in INPUTS:
            found = merged(callee, tuple(given[0]))
            return Tensor(found.chain, found.problem or problem) if isinstance(found, Tensor) else found
        tensors = [as_tensor(each) for each in given]
        if tensors[:1] == [None] and isinstance(callee, Call) and callee.kind == "Embedding":
            tensors[0] = Tensor()  # its input is made outside of the text
        if not tensors or tensors[0] is None:
            if given and isinstance(given[0], Unset):
                self.tensor = None  # the path goes on where it is not known
            return Unset(source(node))
        first = tensors[0]
        problem = first.problem or problem
        if any(each is not None and each.chain != first.chain for each in tensors[1:]):
            return Tensor(first.chain, f"{_name(callee)} reads several paths. {ONE_PATH}")
        if isinstance(callee, FoundModel):
            self.found = [each for each in self.found if each is not callee]
            own = [each for each in callee.layers if getattr(each, "kind", "") not in INPUTS]
            return Tensor(bounded((*first.chain, *own)), problem)
        return Tensor((*first.chain, callee), problem)

    def _problem(self, part: Call | FoundModel) -> str | None:
        """What is wrong with a model within a model."""
        if not isinstance(part, FoundModel):
            return None
        return part.problem or (part.block.sentence if part.block and self._is_open(part) else None)

    def _called_with(self, callee: Call | FoundModel, node: ast.Call) -> str | None:
        """A sentence on an argument that changes what a layer does with its input."""
        for each in node.keywords:
            value = self.value(each.value)
            is_open = each.arg == "training" and isinstance(value, Unset)
            if each.arg in INPUT_NAMES or value is None or is_open or (value is False and each.arg != "training"):
                continue
            given = f"{each.arg}={written(value)}"
            return f"{_name(callee)} is called with {given}, which Unroll does not do: leave it out."
        return None

    def combine(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        if isinstance(left, list) and isinstance(right, tuple | list):
            return bounded((*left, *right))
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            kind = "Add" if isinstance(op, ast.Add) else source(node)
            return merged(Call(kind, (), {}, source(node)), (left, right))
        if tensor := next((each for each in (left, right) if isinstance(each, Tensor)), None):
            return off_path(tensor, node)
        return super().combine(op, left, right, node)

    def _functional(self, call: Call, line: int) -> FoundModel:
        outputs = call.kwargs.get("outputs", call.kwargs.get("output", call.args[1] if len(call.args) > 1 else None))
        if isinstance(outputs, tuple | list) and len(outputs) == 1:
            outputs = outputs[0]
        tensor = as_tensor(outputs)
        if tensor is not None:
            return self._from_tensor(tensor, line)
        model = self._new(line)
        has_several = isinstance(outputs, tuple | list)
        model.problem = (
            f"The model has several outputs. {ONE_PATH}" if has_several
            else NOT_IN_TEXT
        )  # fmt: skip
        return model

    def _from_tensor(self, tensor: Tensor, line: int) -> FoundModel:
        model = self._new(line)
        model.layers, model.problem, model.is_graph = list(tensor.chain), tensor.problem, True
        return model


def _name(callee: Call | FoundModel) -> str:
    return callee.kind if isinstance(callee, Call) else callee.name
