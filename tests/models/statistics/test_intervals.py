import math
from statistics import stdev

import numpy as np
import pytest
from scipy import stats

from models.statistics.intervals import Exact, Mean, MeanDifference, Ratio, Spread, Trend

ONE, TWO = (0.81, 0.85, 0.79, 0.83), (0.80, 0.76, 0.71)
LEVELS = (0.95, 0.99)


@pytest.mark.parametrize("level", LEVELS)
def test_a_mean_has_students_interval(level):
    expected = stats.ttest_1samp(ONE, 0).confidence_interval(level)
    assert Mean(ONE).interval(level) == pytest.approx(tuple(expected))
    assert (Mean(ONE).value, Mean(ONE).num_seeds) == (pytest.approx(np.mean(ONE)), 4)


def test_an_interval_does_not_go_where_there_can_be_nothing():
    assert Mean((0.99, 1.0, 0.98), limits=(0.0, 1.0)).interval(0.95) == (pytest.approx(0.965, abs=1e-3), 1.0)
    assert MeanDifference((0.5, 1.0), (0.5, 1.0), limits=(-1.0, 1.0)).interval(0.95) == (-1.0, 1.0)


@pytest.mark.parametrize("level", LEVELS)
def test_a_difference_of_means_has_welchs_interval(level):
    expected = stats.ttest_ind(ONE, TWO, equal_var=False).confidence_interval(level)
    found = MeanDifference(ONE, TWO)
    assert found.interval(level) == pytest.approx(tuple(expected))
    assert (found.value, found.num_seeds) == (pytest.approx(np.mean(ONE) - np.mean(TWO)), 3)


@pytest.mark.parametrize("level", LEVELS)
def test_a_ratio_is_a_difference_of_logarithms(level):
    expected = stats.ttest_ind(np.log(ONE), np.log(TWO), equal_var=False).confidence_interval(level)
    assert Ratio(ONE, TWO).interval(level) == pytest.approx(tuple(np.exp(expected)))
    assert Ratio(ONE, TWO).value == pytest.approx(stats.gmean(ONE) / stats.gmean(TWO))


@pytest.mark.parametrize("level", LEVELS)
def test_a_spread_has_a_chi_square_interval(level):
    tail = (1 - level) / 2
    ends = [math.sqrt(3 / stats.chi2.ppf(part, 3)) * stdev(ONE) / 0.5 for part in (1 - tail, tail)]
    found = Spread(ONE, scale_of=0.5)
    assert found.interval(level) == pytest.approx(tuple(ends))
    assert found.value == pytest.approx(stdev(ONE) / 0.5)


@pytest.mark.parametrize("level", LEVELS)
def test_a_trend_is_that_of_the_least_squares_line(level):
    x, y = (1.0, 1.0, 2.0, 2.0, 4.0, 4.0), (0.30, 0.28, 0.21, 0.24, 0.10, 0.13)
    line = stats.linregress(x, y)
    half = 3 * stats.t.ppf(0.5 + level / 2, 4) * line.stderr
    found = Trend(x, y)
    assert found.value == pytest.approx(-3 * line.slope)
    assert found.interval(level) == pytest.approx((-3 * line.slope - half, -3 * line.slope + half))
    assert found.num_seeds == 2


@pytest.mark.parametrize(
    "estimate",
    [Mean(ONE), MeanDifference(ONE, TWO), Ratio(ONE, TWO), Spread(ONE),
     Trend((1.0, 1.0, 2.0, 2.0, 3.0, 3.0), (0.3, 0.2, 0.2, 0.25, 0.1, 0.2))],
    ids=lambda estimate: type(estimate).__name__,
)  # fmt: skip
def test_more_seeds_make_the_interval_narrower_around_the_same_value(estimate):
    widths = []
    for num_seeds in (estimate.num_seeds, 10, 40):
        low, high = estimate.interval(0.95, num_seeds)
        assert low < estimate.value < high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


def test_with_the_seeds_that_are_there_it_is_the_same_interval():
    for estimate in (Mean(ONE), MeanDifference(ONE, ONE[::-1]), Spread(ONE)):
        assert estimate.interval(0.95, 4) == estimate.interval(0.95)


def test_so_many_seeds_give_the_interval_of_so_many():
    spread = stdev(ONE)
    half = stats.t.ppf(0.975, 19) * spread / math.sqrt(20)
    assert Mean(ONE).interval(0.95, 20) == pytest.approx((np.mean(ONE) - half, np.mean(ONE) + half))
    _, high = MeanDifference(ONE, ONE).interval(0.95, 20)
    assert high == pytest.approx(stats.t.ppf(0.975, 38) * spread * math.sqrt(2 / 20))


def test_equal_values_have_no_width():
    same = (0.5, 0.5, 0.5)
    assert Mean(same).interval(0.95) == MeanDifference(same, (0.0,) * 3).interval(0.95) == (0.5, 0.5)
    assert Spread(same).interval(0.95) == (0, 0)
    assert Exact(12.0).interval(0.95, 7) == (12.0, 12.0)


@pytest.mark.parametrize("num_seeds", [3, 5, 10])
@pytest.mark.parametrize("other_spread", [1.0, 5.0])
def test_equal_groups_are_called_different_at_most_5_percent_of_the_time(num_seeds, other_spread):
    """2,000 pairs of groups of equal means: 5% and two standard deviations of such a count."""
    random = np.random.default_rng(0)
    called = 0
    for _ in range(2_000):
        one, two = random.normal(10, 1, num_seeds), random.normal(10, other_spread, num_seeds)
        low, high = MeanDifference(tuple(one), tuple(two)).interval(0.95)
        called += not low <= 0 <= high
    assert called <= 100 + 2 * math.sqrt(2_000 * 0.05 * 0.95)


@pytest.mark.parametrize("num_seeds", [3, 10])
def test_the_true_value_lies_in_95_of_100_intervals(num_seeds):
    random, held = np.random.default_rng(1), np.zeros(2)
    x = (1.0,) * num_seeds + (2.0,) * num_seeds + (3.0,) * num_seeds
    for _ in range(1_000):
        spread = Spread(tuple(random.normal(0, 2, num_seeds))).interval(0.95)
        trend = Trend(x, tuple(random.normal(-1.5 * np.asarray(x), 1))).interval(0.95)
        held += [spread[0] <= 2 <= spread[1], trend[0] <= 3 <= trend[1]]
    assert (np.abs(held - 950) <= 3 * math.sqrt(1_000 * 0.05 * 0.95)).all()
