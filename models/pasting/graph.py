"""Models and tensors as the calls of layers that make them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.pasting.values import Call, Unset

INPUTS = ("Input", "InputLayer")
ADD = ("Add", "add")
MERGES = (
    *ADD, "Concatenate", "concatenate", "Multiply", "multiply", "Average", "average", "Subtract", "Dot", "dot",
    "Maximum",
)  # fmt: skip
ATTENTIONS = ("MultiHeadAttention", "Attention", "AdditiveAttention")
SHORTCUT = "Residual"
ONE_PATH = "Unroll reads one path from the input to the answer, and shortcuts that Add joins."


@dataclass(eq=False)
class FoundModel:
    """Calls of layers in their order, with the calls of ``Input``, ``compile`` and ``fit``, as far as there are any."""

    name: str
    line: int
    layers: list[Any] = field(default_factory=list)
    compiled: Call | None = None
    fitted: Call | None = None
    problem: str | None = None


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
