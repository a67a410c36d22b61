"""How often a new training of one architecture is more accurate than a new training of another, from a few of each.

A difference of means says which is better on average; this says what to expect of a single training.

Sources: Agarwal et al. (2021), Deep reinforcement learning at the edge of the statistical precipice (where it is called
probability of improvement), https://arxiv.org/abs/2108.13264; Bouthillier et al. (2021), Accounting for variance in
machine learning benchmarks, https://arxiv.org/abs/2103.03098. The interval is method 5 of Newcombe (2006), Confidence
intervals for an effect size measure based on the Mann–Whitney statistic, part 2, https://doi.org/10.1002/sim.2324
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

MIN_SEEDS = 5
"""With fewer, nearly every rate would be possible."""


@dataclass(frozen=True)
class WinRate:
    """``value``: the share of pairs, one training of each, in which the first is more accurate; a tie is half a win."""

    value: float
    num_first: int
    num_second: int

    def interval(self, level: float) -> tuple[float, float]:
        """(low, high), within 0 and 1."""
        from scipy.optimize import brentq  # 24 MB, which few comparisons need

        z = float(ndtri(0.5 + level / 2))

        def distance(rate: float) -> float:
            return abs(self.value - rate) - z * math.sqrt(self._variance(rate))

        inside = min(max(self.value, 1e-9), 1 - 1e-9)  # at 0 and at 1 every distance is 0
        low = brentq(distance, 0.0, inside) if self.value > 0 else 0.0
        high = brentq(distance, inside, 1.0) if self.value < 1 else 1.0
        return low, high

    def _variance(self, rate: float) -> float:
        others = (self.num_first + self.num_second) / 2 - 1
        spread = 1 + others * ((1 - rate) / (2 - rate) + rate / (1 + rate))
        return max(0.0, rate * (1 - rate)) * spread / (self.num_first * self.num_second)


def win_rate(first: Sequence[float], second: Sequence[float]) -> WinRate | None:
    """Estimate how often a run of one architecture is better than a run of another.

    Args:
        first: Test accuracies of its seeds.
        second: Those of the other, of any number.

    Returns:
        None with fewer than ``MIN_SEEDS`` of either.
    """
    if min(len(first), len(second)) < MIN_SEEDS:
        return None
    one, two = np.asarray(first)[:, None], np.asarray(second)[None, :]
    return WinRate(float(np.mean((one > two) + (one == two) / 2)), len(first), len(second))
