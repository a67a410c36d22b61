"""How much one group of runs is better than another, and how sure that is: over seeds and over test examples at once.

Of two architectures, paired by seed, each test example is answered rightly or wrongly by each run. The differences are
a table, seeds by examples, whose mean is the difference in accuracy. With other seeds and with other examples that mean
would be another; its variance is put together from both (a two-way analysis of variance, both crossed and random), and
the interval is Student's, with Satterthwaite's degrees of freedom. With one kind of variation alone it is the paired
t-test.

Source: Satterthwaite (1946), An approximate distribution of estimates of variance components,
https://doi.org/10.2307/3002019
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from models.looks import LEVEL, LOOKS

MIN_SEEDS = LOOKS[0]
"""With fewer, how results swing with the seed cannot be told well enough to call anything different."""
MAX_SEEDS = 200
"""That can be asked for."""


@dataclass(frozen=True)
class Difference:
    """Of accuracies (0 to 1) between two groups of runs, by an analysis of variance of seeds and examples.

    The mean squares are those of the table of differences, seeds by examples.
    """

    mean: float
    num_seeds: int
    num_examples: int
    seed_mean_square: float
    example_mean_square: float
    rest_mean_square: float

    @property
    def standard_error(self) -> float:
        return math.sqrt(self._variance(self.num_seeds))

    @property
    def value(self) -> float:
        return self.mean

    def interval(self, level: float = LEVEL, num_seeds: int | None = None) -> tuple[float, float]:
        """(low, high) around the mean, within −1 and 1; without end below ``MIN_SEEDS``. With ``num_seeds`` the one
        that so many would be expected to give."""
        half = self._half_width(level, num_seeds or self.num_seeds)
        if math.isinf(half):
            return -math.inf, math.inf
        return max(-1.0, self.mean - half), min(1.0, self.mean + half)

    def is_different(self, level: float = LEVEL) -> bool:
        """Whether the interval leaves out 0. Never with fewer than ``MIN_SEEDS``."""
        return self.num_seeds >= MIN_SEEDS and abs(self.mean) > self._half_width(level, self.num_seeds)

    @property
    def p_value(self) -> float:
        """How often two equal groups would differ by as much or more."""
        if self.num_seeds < 2:
            return 1.0
        if self.standard_error == 0:
            return 1.0 if self.mean == 0 else 0.0
        statistic = abs(self.mean) / self.standard_error
        return float(2 * stdtr(self._degrees(self.num_seeds), -statistic))

    def seeds_needed(self, level: float = LEVEL, numbers: Iterable[int] = LOOKS) -> int | None:
        """The first of ``numbers`` of seeds with which a difference as large as this one would be called one, if they
        vary as these do; None if none would do, because there are too few examples or the difference is too small."""
        further = (number for number in numbers if number >= max(MIN_SEEDS, self.num_seeds))
        return next((number for number in further if abs(self.mean) > self._half_width(level, number)), None)

    def _half_width(self, level: float, num_seeds: int) -> float:
        if self.num_seeds < MIN_SEEDS:
            return math.inf
        quantile = stdtrit(self._degrees(num_seeds), 0.5 + level / 2)
        return float(quantile) * math.sqrt(self._variance(num_seeds))

    def _squares(self, num_seeds: int) -> tuple[float, float, float]:
        """Mean squares that so many seeds would be expected to give."""
        seeds, examples, rest = self.seed_mean_square, self.example_mean_square, self.rest_mean_square
        component = max(0.0, (examples - rest) / self.num_seeds)  # of the examples themselves
        return seeds, examples if num_seeds == self.num_seeds else rest + num_seeds * component, rest

    def _variance(self, num_seeds: int) -> float:
        seeds, examples, rest = self._squares(num_seeds)
        # Never less than by the seeds alone: an estimate of their variance from few of them is often too small.
        return max(seeds + examples - rest, seeds) / (num_seeds * self.num_examples)

    def _degrees(self, num_seeds: int) -> float:
        """Satterthwaite's, of a sum of mean squares; at least 1."""
        seeds, examples, rest = self._squares(num_seeds)
        few, many = num_seeds - 1, self.num_examples - 1
        spread = seeds**2 / few + examples**2 / many + rest**2 / (few * many)
        total = max(seeds + examples - rest, seeds)
        return max(1.0, total**2 / spread) if spread > 0 else float(few)


def paired_difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """``first`` and ``second``: whether each run answered each test example rightly, (seeds, examples), the same seeds
    in the same order. Raises ValueError if the shapes differ or there is nothing to compare."""
    if first.shape != second.shape or first.ndim != 2 or not first.shape[0] or first.shape[1] < 2:
        raise ValueError(
            f"Both groups must be of (seeds, examples), equally many, not {first.shape} and {second.shape}."
        )
    table = first.astype(np.float64) - second.astype(np.float64)
    num_seeds, num_examples = table.shape
    mean, by_seed, by_example = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rest = table - by_seed[:, None] - by_example[None, :] + mean
    few, many = num_seeds - 1, num_examples - 1
    return Difference(
        mean=float(mean),
        num_seeds=num_seeds,
        num_examples=num_examples,
        seed_mean_square=num_examples * float(((by_seed - mean) ** 2).sum()) / few if few else 0.0,
        example_mean_square=num_seeds * float(((by_example - mean) ** 2).sum()) / many,
        rest_mean_square=float((rest**2).sum()) / (few * many) if few else 0.0,
    )
