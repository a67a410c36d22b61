"""Decision rules: the condition on an interval under which a claim holds. They were fixed before anything was measured;
later additions say so.
"""

import math
from dataclasses import dataclass
from typing import Protocol

HOLDS, DOES_NOT_HOLD, NOT_DECIDED = VERDICTS = ("holds", "does not hold", "not decided")


@dataclass(frozen=True)
class Unit:
    """The format of a figure: ``factor`` times its value, with so many ``decimals``, then ``sign``."""

    sign: str
    factor: float = 1.0
    decimals: int = 1

    def format(self, value: float) -> str:
        return f"{self.number(value)}{self.sign}"

    def number(self, value: float) -> str:
        return f"{self.factor * value:z,.{self.decimals}f}".replace("-", "−")

    def bound(self, value: float) -> str:
        """As ``format``, with as many digits as the value needs, since bounds are round numbers."""
        number = f"{round(self.factor * value, self.decimals):,g}"
        return f"{number}{self.sign.replace('points', 'point') if number == '1' else self.sign}".replace("-", "−")


TIMES = Unit("×", 1, 2)
POINTS = Unit(" points", 100, 1)
POINTS_AN_EPOCH = Unit(" points an epoch", 100, 2)
PER_CENT = Unit("%", 100, 1)
SECONDS = Unit(" s", 1, 2)
PARAMETERS = Unit(" parameters", 1, 0)


class Rule(Protocol):
    @property
    def zone(self) -> tuple[float, float]:
        """(low, high) of the range that must contain the whole interval."""

    def decide(self, low: float, high: float) -> str: ...

    def sentence(self, unit: Unit) -> str: ...


@dataclass(frozen=True)
class Within:
    """Within a range, both ends included."""

    low: float
    high: float

    @property
    def zone(self) -> tuple[float, float]:
        return self.low, self.high

    def decide(self, low: float, high: float) -> str:
        if self.low <= low and high <= self.high:
            return HOLDS
        return DOES_NOT_HOLD if high < self.low or low > self.high else NOT_DECIDED

    def sentence(self, unit: Unit) -> str:
        return (
            f"Holds if the whole interval lies between {unit.bound(self.low)} and {unit.bound(self.high)}. Does not "
            "hold if the whole interval lies outside. Otherwise it is not decided."
        )


@dataclass(frozen=True)
class Above:
    """Above ``threshold``. A value that is higher by less than ``margin`` counts as equal to it."""

    threshold: float = 0.0
    margin: float = 0.0

    @property
    def zone(self) -> tuple[float, float]:
        return self.threshold, math.inf

    def decide(self, low: float, high: float) -> str:
        if low > self.threshold:
            return HOLDS
        return DOES_NOT_HOLD if high < self.threshold + self.margin or high <= self.threshold else NOT_DECIDED

    def sentence(self, unit: Unit) -> str:
        bound = unit.bound(self.threshold)
        if self.margin == 0:
            return (
                f"Holds if the whole interval is above {bound}. Does not hold if the whole interval is below. "
                "Otherwise it is not decided."
            )
        return (
            f"Holds if the whole interval is above {bound}. Otherwise it does not hold if the whole interval is below "
            f"{unit.bound(self.threshold + self.margin)}. Else it is not decided."
        )


def about(times: float) -> Within:
    """Closer to so many times than to half or twice that, as a ratio."""
    return Within(times / math.sqrt(2), times * math.sqrt(2))


def all_of(verdicts: list[str]) -> str:
    """The verdict on a whole of which every part must hold; not decided without parts."""
    if DOES_NOT_HOLD in verdicts:
        return DOES_NOT_HOLD
    return HOLDS if verdicts and set(verdicts) == {HOLDS} else NOT_DECIDED


def any_of(verdicts: list[str]) -> str:
    """The verdict on a whole of which one part must hold."""
    if HOLDS in verdicts:
        return HOLDS
    return DOES_NOT_HOLD if verdicts and set(verdicts) == {DOES_NOT_HOLD} else NOT_DECIDED
