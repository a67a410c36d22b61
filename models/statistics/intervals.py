"""Figures with their uncertainty over seeds. Each gives an interval at any level, also the one to expect with more
seeds if further runs are like the ones so far.

Values are assumed to be normally distributed; two groups may have different variances (Welch).

Source: Welch (1947), The generalization of Student's problem when several different population variances are involved,
https://doi.org/10.2307/2332510
"""

import math
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Protocol

import numpy as np
from scipy.special import chdtri, stdtrit


class Estimate(Protocol):
    """A figure with an interval. ``num_seeds`` is that of the smallest group."""

    @property
    def value(self) -> float: ...

    @property
    def num_seeds(self) -> int: ...

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]: ...


@dataclass(frozen=True)
class Exact:
    """A figure that was counted, not measured."""

    value: float
    num_seeds: int = 0

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]:
        return self.value, self.value


@dataclass(frozen=True)
class Mean:
    """The mean of a group of at least two. Its interval does not go beyond ``limits``, the possible values."""

    values: tuple[float, ...]
    limits: tuple[float, float] = (-math.inf, math.inf)

    @property
    def value(self) -> float:
        return fmean(self.values)

    @property
    def num_seeds(self) -> int:
        return len(self.values)

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]:
        n = num_seeds or self.num_seeds
        low, high = _around(self.value, stdev(self.values) / math.sqrt(n), n - 1, level)
        return max(low, self.limits[0]), min(high, self.limits[1])


@dataclass(frozen=True)
class MeanDifference:
    """Mean of ``first`` less that of ``second``, each of at least two; ``limits`` as for ``Mean``."""

    first: tuple[float, ...]
    second: tuple[float, ...]
    limits: tuple[float, float] = (-math.inf, math.inf)

    @property
    def value(self) -> float:
        return fmean(self.first) - fmean(self.second)

    @property
    def num_seeds(self) -> int:
        return min(len(self.first), len(self.second))

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]:
        sizes = [num_seeds or len(group) for group in (self.first, self.second)]
        parts = [stdev(group) ** 2 / size for group, size in zip((self.first, self.second), sizes, strict=True)]
        spread = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
        degrees = sum(parts) ** 2 / spread if spread > 0 else 1.0
        low, high = _around(self.value, math.sqrt(sum(parts)), degrees, level)
        return max(low, self.limits[0]), min(high, self.limits[1])


@dataclass(frozen=True)
class Ratio:
    """The ratio of ``first`` to ``second`` by their geometric means. All values are above 0."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def value(self) -> float:
        return math.exp(self._logarithm.value)

    @property
    def num_seeds(self) -> int:
        return self._logarithm.num_seeds

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]:
        low, high = self._logarithm.interval(level, num_seeds)
        return math.exp(low), math.exp(high)

    @property
    def _logarithm(self) -> MeanDifference:
        return MeanDifference(tuple(map(math.log, self.first)), tuple(map(math.log, self.second)))


@dataclass(frozen=True)
class Spread:
    """Standard deviation (n − 1) of at least two values, as a multiple of ``scale_of``, with a chi-square interval."""

    values: tuple[float, ...]
    scale_of: float = 1.0

    @property
    def value(self) -> float:
        return stdev(self.values) / self.scale_of

    @property
    def num_seeds(self) -> int:
        return len(self.values)

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]:
        degrees, tail = (num_seeds or self.num_seeds) - 1, (1 - level) / 2
        low, high = (math.sqrt(degrees / chdtri(degrees, upper)) for upper in (tail, 1 - tail))
        return self.value * low, self.value * high


@dataclass(frozen=True)
class Trend:
    """How much lower the least-squares line through (x, y) is at the highest x than at the lowest.

    There are at least three points at two different x.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def value(self) -> float:
        return -self._slope * self._span

    @property
    def num_seeds(self) -> int:
        return min(self.x.count(each) for each in set(self.x))

    def interval(self, level: float, num_seeds: int | None = None) -> tuple[float, float]:
        times = (num_seeds or self.num_seeds) / self.num_seeds
        x, y = np.asarray(self.x), np.asarray(self.y)
        rest = y - y.mean() - self._slope * (x - x.mean())
        error = math.sqrt((rest**2).sum() / (len(x) - 2) / (times * ((x - x.mean()) ** 2).sum()))
        return _around(self.value, error * self._span, times * len(x) - 2, level)

    @property
    def _slope(self) -> float:
        x, y = np.asarray(self.x), np.asarray(self.y)
        return float(((x - x.mean()) * y).sum() / ((x - x.mean()) ** 2).sum())

    @property
    def _span(self) -> float:
        return max(self.x) - min(self.x)


def _around(value: float, error: float, degrees: float, level: float) -> tuple[float, float]:
    """Student's interval."""
    half = float(stdtrit(degrees, 0.5 + level / 2)) * error
    return value - half, value + half
