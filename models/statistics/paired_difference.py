"""How much better one group of runs is than another, and how certain that is, over seeds and test examples together.

For two architectures, paired by seed, each run answers each test example correctly or not. The differences form a
table, seeds by examples, whose mean is the difference in accuracy. Other seeds and other examples would give another
mean; its variance is the sum of both parts (a two-way analysis of variance, both crossed and random). In the interval,
each part has the quantile of its own degrees of freedom, so that a variance that was estimated from three seeds counts
as no more certain than that. With one kind of variation alone it is the paired t-test.

Source: Banerjee (1960), Approximate confidence interval for linear functions of means of k populations when the
population variances are not equal, Sankhyā 22: 357–358. Satterthwaite's degrees of freedom, which are usual, call equal
architectures different too often at three seeds and the levels that many pairs need.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from models.statistics.looks import LEVEL, LOOKS

MIN_SEEDS = LOOKS[0]
"""With fewer seeds, the variation between seeds is too uncertain for any decision."""
MAX_SEEDS = 200
"""The largest number of seeds that can be asked for."""


@dataclass(frozen=True)
class Difference:
    """A difference of accuracies (0 to 1) between two groups of runs, by an analysis of variance of seeds and examples.

    The mean squares are those of the table of differences, seeds by examples.
    """

    mean: float
    num_seeds: int
    num_examples: int
    seed_mean_square: float
    example_mean_square: float
    rest_mean_square: float

    @property
    def value(self) -> float:
        return self.mean

    def interval(self, level: float = LEVEL, num_seeds: int | None = None) -> tuple[float, float]:
        """Compute the confidence interval of the mean.

        Args:
            level: 0 to 1.
            num_seeds: The number of seeds to compute the expected interval for; the actual number if None.

        Returns:
            (low, high), within -1 and 1; infinite below ``MIN_SEEDS``.
        """
        half = self._half_width(level, num_seeds or self.num_seeds)
        if math.isinf(half):
            return -math.inf, math.inf
        return max(-1.0, self.mean - half), min(1.0, self.mean + half)

    def is_different(self, level: float = LEVEL) -> bool:
        """Return whether the interval excludes 0. Never true with fewer than ``MIN_SEEDS``."""
        return self.num_seeds >= MIN_SEEDS and abs(self.mean) > self._half_width(level, self.num_seeds)

    def is_within(self, margin: float, level: float = LEVEL) -> bool:
        """Return whether the interval excludes every difference of ``margin`` or more.

        These are two one-sided tests, as strict as that of a difference. Never true with fewer than ``MIN_SEEDS``.

        Args:
            margin: A difference of accuracies, 0 to 1, in either direction.
            level: The level of the interval, 0 to 1.
        """
        return self._is_within(margin, level, self.num_seeds)

    def seeds_needed(
        self, level: float = LEVEL, margin: float | None = None, numbers: Iterable[int] = LOOKS
    ) -> int | None:
        """Return how many seeds would decide, if further ones vary as these do.

        Args:
            level: The level of the interval, 0 to 1.
            margin: A difference within it decides as well; None if only a difference does.
            numbers: The numbers of seeds to try, ascending.

        Returns:
            The first number that is enough; None if none is, because there are too few examples.
        """
        for number in numbers:
            if number >= max(MIN_SEEDS, self.num_seeds) and (
                abs(self.mean) > self._half_width(level, number)
                or (margin is not None and self._is_within(margin, level, number))
            ):
                return number
        return None

    def _is_within(self, margin: float, level: float, num_seeds: int) -> bool:
        return abs(self.mean) + self._half_width(level, num_seeds) < margin

    def _half_width(self, level: float, num_seeds: int) -> float:
        if self.num_seeds < MIN_SEEDS:
            return math.inf
        of_seeds, of_examples = self._variances(num_seeds)
        few, many = (float(stdtrit(number - 1, 0.5 + level / 2)) for number in (num_seeds, self.num_examples))
        return math.sqrt(few**2 * of_seeds + many**2 * of_examples)

    def _variances(self, num_seeds: int) -> tuple[float, float]:
        """The variance of the mean: by the choice of so many seeds, and by the choice of examples."""
        # Variation between the answers to single examples is variation between seeds as well: a few seeds whose means
        # are equal by chance do not reduce it.
        seeds = max(self.seed_mean_square, self.rest_mean_square) / (num_seeds * self.num_examples)
        examples = max(0.0, self.example_mean_square - self.rest_mean_square) / (self.num_seeds * self.num_examples)
        return seeds, examples


def paired_difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Compare the answers of two groups of runs.

    Args:
        first: (seeds, examples): whether each run answered each test example correctly.
        second: The same of the other group, with the same seeds in the same order.

    Raises:
        ValueError: The shapes differ, or there is nothing to compare.
    """
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
