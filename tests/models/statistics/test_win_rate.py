import math

import numpy as np
import pytest
from scipy.special import ndtr

from models.statistics.win_rate import MIN_SEEDS, WinRate, win_rate


def test_it_counts_pairs_and_halves_ties():
    assert win_rate([3, 3, 3, 3, 3], [1, 1, 3, 4, 5]).value == pytest.approx((2 + 0.5) / 5)
    assert win_rate([1] * 5, [1] * 6).value == 0.5


def test_below_five_seeds_there_is_none():
    assert win_rate([0.9] * (MIN_SEEDS - 1), [0.1] * 10) is None
    assert win_rate([0.9] * 10, [0.1] * (MIN_SEEDS - 1)) is None


@pytest.mark.parametrize("value", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_the_interval_lies_around_the_rate_and_within_0_and_1(value):
    low, high = WinRate(value, 5, 5).interval(0.95)
    assert 0 <= low <= value <= high <= 1 and high - low < 1
    wider = WinRate(value, 5, 5).interval(0.999)
    assert wider[0] <= low and wider[1] >= high
    narrower = WinRate(value, 40, 40).interval(0.95)
    assert narrower[0] >= low and narrower[1] <= high


def test_the_other_way_round_it_is_the_mirrored_interval():
    low, high = WinRate(0.3, 5, 10).interval(0.95)
    assert WinRate(0.7, 10, 5).interval(0.95) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize("num_seeds", [5, 10])
@pytest.mark.parametrize("lead", [0.0, 0.7, 1.5])
def test_the_true_rate_lies_in_95_of_100_intervals(num_seeds, lead):
    """Of normal accuracies, of which one is better by so many standard deviations."""
    random, truth, held = np.random.default_rng(num_seeds), ndtr(lead / math.sqrt(2)), 0
    for _ in range(400):
        low, high = win_rate(random.normal(lead, 1, num_seeds), random.normal(0, 1, num_seeds)).interval(0.95)
        held += low <= truth <= high
    assert held >= 380 - 2 * math.sqrt(400 * 0.05 * 0.95)
