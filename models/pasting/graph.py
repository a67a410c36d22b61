"""Models and tensors as the calls of layers that make them."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.pasting.values import Call, Unset, cut, source

INPUTS = ("Input", "InputLayer")
MAKES_TOKENS = ("TextVectorization", "StringLookup", "IntegerLookup")
ADD = ("Add", "add")
MERGES = (
    *ADD, "Concatenate", "concatenate", "Multiply", "multiply", "Average", "average", "Subtract", "Dot", "dot",
    "Maximum", "merge",
)  # fmt: skip
ATTENTIONS = ("MultiHeadAttention", "Attention", "AdditiveAttention")
SHORTCUT = "Residual"
NOT_IN_TEXT = "How the model comes from its input to its output is not in the text."
ONE_PATH = "Unroll reads one path from the input to the answer, and shortcuts that Add joins."


@dataclass(frozen=True, eq=False)
class Block:
    """Statements of which the text does not say whether, or how often, they are done, and the block around them."""

    where: str
    around: "Block | None"

    @property
    def sentence(self) -> str:
        return (
            f"Layers are added {self.where}, and the text does not say how it goes: write the layers one after the "
            "other."
        )


@dataclass(eq=False)
class FoundModel:
    """Calls of layers in their order, with the calls of ``Input``, ``compile`` and ``fit``, as far as there are any.

    ``block`` is that in which it begins. ``is_graph`` tells a model of the functional API from a ``Sequential``.
    """

    name: str
    line: int
    layers: list[Any] = field(default_factory=list)
    compiled: Call | None = None
    fitted: Call | None = None
    problem: str | None = None
    passed_over: list[str] = field(default_factory=list)
    block: Block | None = None
    is_graph: bool = False

    @property
    def shown_layers(self) -> tuple[Any, ...]:
        """What ``model.layers`` is in Keras."""
        return tuple(each for each in self.layers if self.is_graph or getattr(each, "kind", "") not in INPUTS)


@dataclass(frozen=True, eq=False)
class Tensor:
    """What layers have made of an input, in the functional API."""

    chain: tuple[Any, ...] = ()
    problem: str | None = None


def as_tensor(value: Any) -> Tensor | None:
    """The tensor that a value of the functional API is; None for what is none."""
    if isinstance(value, Call) and value.kind in INPUTS:
        return Tensor((value,))
    return value if isinstance(value, Tensor) else None


def merged(callee: Call, parts: Sequence[Any]) -> Tensor | Unset:
    """What a layer makes of several tensors: a shortcut, where one path goes on from the other, else a problem."""
    tensors = [each for part in parts if (each := as_tensor(part))]
    if len(tensors) != len(parts) or not tensors:
        return Unset(callee.code)
    if callee.kind in ATTENTIONS and len({each.chain for each in tensors}) == 1:
        tensors = tensors[:1]
    if len(tensors) == 1:
        return Tensor((*tensors[0].chain, callee), tensors[0].problem)
    problem = next((each.problem for each in tensors if each.problem), None)
    short, long = sorted(tensors[:2], key=lambda tensor: len(tensor.chain))
    inner = long.chain[len(short.chain) :]
    if len(tensors) == 2 and callee.kind in ADD and inner and long.chain[: len(short.chain)] == short.chain:
        return Tensor((*short.chain, Call(SHORTCUT, inner, {}, callee.code, SHORTCUT)), problem)
    return Tensor(long.chain, problem or f"{callee.kind} joins several paths. {ONE_PATH}")


def off_path(tensor: Tensor, node: ast.AST) -> Tensor:
    """A tensor of which something is made that is no layer."""
    return Tensor(tensor.chain, tensor.problem or f"{cut(source(node))} is no call of a layer. {ONE_PATH}")
