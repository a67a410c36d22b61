"""How a click changes a stack, and how to undo it. Pure: no page, no session.

A place counts the layers after the embedding from 0.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from models.layers import GRU, LSTM, Bidirectional, Layer, Recurrent, SimpleRNN
from models.layers.kinds import ARGUMENTS
from models.stacks.stack_text import Stack, plain_layer

MAX_STEPS = 100
BOTH_WAYS = {f"Bidirectional {kind.__name__}": kind for kind in (LSTM, GRU, SimpleRNN)}
KINDS = [
    *("LSTM", "GRU", "SimpleRNN", *BOTH_WAYS),
    *(kind.__name__ for kind in ARGUMENTS if kind is not Bidirectional and not issubclass(kind, Recurrent)),
]
"""The kinds of layers that can be chosen. A bidirectional layer goes by the layer inside it."""
OF_BOTH = ("units", "return_sequences", "use_bias", "reset_after")
"""Arguments that a backward layer shares with the forward one."""


@dataclass(frozen=True)
class History:
    """Stacks as texts: those before ``now``, the latest last, and those that were undone, the latest first."""

    now: str
    past: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()

    def then(self, text: str) -> Self:
        """One step further. What was undone before is removed."""
        return (
            self if text == self.now else replace(self, now=text, past=(*self.past, self.now)[-MAX_STEPS:], undone=())
        )

    def undo(self) -> Self:
        if not self.past:
            return self
        return replace(self, now=self.past[-1], past=self.past[:-1], undone=(self.now, *self.undone))

    def redo(self) -> Self:
        if not self.undone:
            return self
        return replace(self, now=self.undone[0], past=(*self.past, self.now), undone=self.undone[1:])


def new_layer(name: str) -> Layer:
    if name in BOTH_WAYS:
        return Bidirectional(BOTH_WAYS[name](32))
    return plain_layer(next(kind for kind in ARGUMENTS if kind.__name__ == name))


def add(stack: Stack, place: int, name: str) -> Stack:
    """A new layer at ``place``; what was there comes after it."""
    return _spliced(stack, place, place, new_layer(name))


def remove(stack: Stack, place: int) -> Stack:
    return _spliced(stack, place, place + 1)


def duplicate(stack: Stack, place: int) -> Stack:
    return _spliced(stack, place, place, stack.layers[place])


def move(stack: Stack, place: int, by: int) -> Stack:
    """The layer ``by`` places further; at the ends nothing moves."""
    to = place + by
    if not 0 <= to < len(stack.layers):
        return stack
    layers = list(stack.layers)
    layers.insert(to, layers.pop(place))
    return replace(stack, layers=tuple(layers))


def put(stack: Stack, place: int, layer: Layer) -> Stack:
    return _spliced(stack, place, place + 1, layer)


def with_kind(layer: Layer, name: str) -> Layer:
    """The layer as another kind, with the arguments that both kinds have."""
    new = new_layer(name)
    return with_arguments(new, {key: value for key, value in arguments(layer).items() if key in arguments(new)})


def arguments(layer: Layer) -> dict[str, Any]:
    """Every argument that can be set on the layer, with its value: those of a recurrent layer within it, too."""
    if isinstance(layer, Bidirectional):
        return _both_ways(arguments(layer.layer)) | {"merge_mode": layer.merge_mode}
    return {name: getattr(layer, name) for name in ARGUMENTS[type(layer)]}


def domains(layer: Layer) -> dict[str, Any]:
    """The domain of each of the ``arguments``."""
    if isinstance(layer, Bidirectional):
        return _both_ways(domains(layer.layer)) | ARGUMENTS[Bidirectional]
    return ARGUMENTS[type(layer)]


def _both_ways(arguments: dict[str, Any]) -> dict[str, Any]:
    """Those of a layer that is read in both directions."""
    return {name: value for name, value in arguments.items() if name != "go_backwards"}


def default(layer: Layer, name: str) -> Any:
    """The value that Keras gives an argument that is not named."""
    known = {field.name: field.default for field in fields(layer)}
    return default(layer.layer, name) if isinstance(layer, Bidirectional) and name not in known else known[name]


def with_arguments(layer: Layer, values: dict[str, Any]) -> Layer:
    """The layer with other values. Arguments that it cannot have, such as a padding of another convolution, are left
    out.
    """
    known, allowed = {field.name for field in fields(layer)}, {}
    for name, value in values.items():
        try:
            allowed[name] = domains(layer)[name].check(name, value)
        except ValueError:
            continue
    own = {name: value for name, value in allowed.items() if name in known}
    if isinstance(layer, Bidirectional):
        inner = {name: value for name, value in allowed.items() if name not in known}
        own["layer"] = replace(layer.layer, **inner)
        if layer.backward_layer:
            shared = {name: value for name, value in inner.items() if name in OF_BOTH}
            own["backward_layer"] = replace(layer.backward_layer, **shared)
    return replace(layer, **own) if own else layer


def _spliced(stack: Stack, start: int, end: int, *layers: Layer) -> Stack:
    return replace(stack, layers=(*stack.layers[:start], *layers, *stack.layers[end:]))
