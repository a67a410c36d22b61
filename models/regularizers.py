"""Penalties on large weights, and the domain of the arguments that name one."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar, Self

NAMES = {"L1": ("l1",), "l1": ("l1",), "L2": ("l2",), "l2": ("l2",), "L1L2": ("l1", "l2"), "l1_l2": ("l1", "l2")}
"""Keras's names, old and new, with the names of their arguments."""
CALL = re.compile(r"(?:\w+\.)*(\w+)\(([^()]*)\)")
MAX_PENALTY, KERAS_PENALTY = 10.0, 0.01


@dataclass(frozen=True, repr=False)
class Regularizer:
    """A penalty on large weights, added to the loss in training: l1 · Σ|w| + l2 · Σw². Raises ValueError.

    Its text is Keras code: ``L2(0.01)``.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(each) and 0 <= each <= MAX_PENALTY for each in (self.l1, self.l2)):
            raise ValueError(f"A regularizer's numbers are from 0 to {MAX_PENALTY:g}, not {self.l1:g} and {self.l2:g}.")

    def __repr__(self) -> str:
        if self.l1 and self.l2:
            return f"L1L2({self.l1!r}, {self.l2!r})"
        return f"L1({self.l1!r})" if self.l1 else f"L2({self.l2!r})"

    @property
    def kind(self) -> str:
        """The name of Keras's class."""
        return repr(self).partition("(")[0]

    @classmethod
    def of(cls, kind: str, *given: float, **named: float) -> Self | None:
        """The regularizer of a call of Keras's class ``kind``; None for one that has no effect. Raises ValueError."""
        names = NAMES.get(kind)
        if names is None or len(given) > len(names) or not set(named) <= set(names):
            raise ValueError(f"{kind} is not a regularizer that Unroll has: there are L1, L2 and L1L2.")
        missing = 0.0 if len(names) == 2 else KERAS_PENALTY
        values = dict.fromkeys(names, missing) | dict(zip(names, map(float, given), strict=False))
        found = cls(**(values | {name: float(value) for name, value in named.items()}))
        return found if found.l1 or found.l2 else None


@dataclass(frozen=True)
class Penalty:
    """None, or a regularizer."""

    help: str
    suggestions: ClassVar[tuple[str, ...]] = ("None", "L2(0.0001)", "L2(0.001)", "L2(0.01)", "L1(0.0001)", "L1(0.001)")
    kind: ClassVar[str] = "regularizers such as L2(0.01)"

    def check(self, name: str, value: object) -> Regularizer | None:
        if value is None or isinstance(value, Regularizer):
            return value
        try:
            return self.parse(str(value))
        except ValueError:
            raise ValueError(
                f"{name} must be None or a regularizer such as L2(0.01), L1(0.001) or L1L2(0.001, 0.01), with numbers "
                f"from 0 to {MAX_PENALTY:g}, not {value}."
            ) from None

    def parse(self, text: str) -> Regularizer | None:
        text = text.strip()
        if text == "None":
            return None
        call = CALL.fullmatch(text if "(" in text else f"{text}()")
        if not call:
            raise ValueError(f"{text!r} is not a regularizer.")
        given: list[float] = []
        named: dict[str, float] = {}
        for part in filter(None, map(str.strip, call[2].split(","))):
            name, equals, number = part.rpartition("=")
            if equals:
                named[name.strip()] = float(number)
            else:
                given.append(float(number))
        return Regularizer.of(call[1], *given, **named)
