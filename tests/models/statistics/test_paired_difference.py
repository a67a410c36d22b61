import math

import numpy as np
import pytest
from scipy import stats

from models.statistics.looks import LOOKS, bonferroni_level
from models.statistics.paired_difference import MIN_SEEDS, paired_difference


def answers(random, num_seeds, num_examples, better=0.0, seed_spread=0.3):
    """Right answers of runs of one architecture: examples are of different difficulty, seeds of different luck."""
    difficulty = np.random.default_rng(0).normal(1.5, 2, num_examples)
    luck = random.normal(better, seed_spread, (num_seeds, 1))
    odds = difficulty + luck + random.normal(0, 1, (num_seeds, num_examples))
    return random.random((num_seeds, num_examples)) < 1 / (1 + np.exp(-odds))


def test_with_variation_by_seed_alone_it_is_the_paired_t_test_over_seeds():
    by_seed = np.array([0.9, 0.7, 0.8, 0.6, 0.9]), np.array([0.5, 0.6, 0.7, 0.4, 0.3])
    first, second = (np.repeat(each[:, None], 300, axis=1) for each in by_seed)
    found, expected = paired_difference(first, second), stats.ttest_rel(*by_seed)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.interval(0.99) == pytest.approx(tuple(expected.confidence_interval(0.99)))


def test_with_variation_by_example_alone_it_is_the_paired_t_test_over_examples():
    random = np.random.default_rng(1)
    by_example = random.random(200) < 0.8, random.random(200) < 0.7
    first, second = (np.repeat(each[None, :], 4, axis=0) for each in by_example)
    found, expected = paired_difference(first, second), stats.ttest_rel(*(each.astype(float) for each in by_example))
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_the_mean_squares_are_those_of_the_analysis_of_variance():
    random = np.random.default_rng(2)
    first, second = answers(random, 4, 50), answers(random, 4, 50)
    table = first.astype(float) - second
    found = paired_difference(first, second)
    between_seeds = stats.f_oneway(*table)
    within = sum(((row - row.mean()) ** 2).sum() for row in table) / (4 * 49)
    assert found.seed_mean_square == pytest.approx(between_seeds.statistic * within)
    total = found.seed_mean_square * 3 + found.example_mean_square * 49 + found.rest_mean_square * 3 * 49
    assert total == pytest.approx(((table - table.mean()) ** 2).sum())
    assert found.mean == pytest.approx(first.mean() - second.mean())


@pytest.mark.parametrize("num_seeds", [3, 5, 10])
@pytest.mark.parametrize("seed_spread", [0.0, 0.3, 1.0])
def test_one_architecture_is_called_different_from_itself_at_most_5_percent_of_the_time(num_seeds, seed_spread):
    """Two groups of seeds of one architecture, 1,000 times: 5% and two standard deviations of such a count."""
    random = np.random.default_rng(3)
    called = sum(
        paired_difference(
            answers(random, num_seeds, 300, seed_spread=seed_spread),
            answers(random, num_seeds, 300, seed_spread=seed_spread),
        ).is_different()
        for _ in range(1_000)
    )
    assert called <= 50 + 2 * math.sqrt(1_000 * 0.05 * 0.95)


def test_a_true_difference_is_found_and_lies_in_95_of_100_intervals():
    random, better = np.random.default_rng(4), 1.2
    truth = np.mean([answers(random, 1, 300, better).mean() - answers(random, 1, 300).mean() for _ in range(3_000)])
    found = [paired_difference(answers(random, 5, 300, better), answers(random, 5, 300)) for _ in range(500)]
    assert sum(each.is_different() for each in found) > 400
    holds = sum(low <= truth <= high for low, high in (each.interval() for each in found))
    assert holds >= 475 - 2 * math.sqrt(500 * 0.05 * 0.95)


@pytest.mark.parametrize("num_seeds", [1, MIN_SEEDS - 1])
def test_few_seeds_never_make_a_difference(num_seeds):
    right, wrong = np.ones((num_seeds, 100), bool), np.zeros((num_seeds, 100), bool)
    found = paired_difference(right, wrong)
    assert found.mean == 1
    assert not found.is_different()
    assert found.interval() == (-math.inf, math.inf)


def test_no_interval_goes_beyond_what_is_possible():
    found = paired_difference(
        np.array([[True] * 9 + [False]] * 3), np.array([[True, False] * 5, [False] * 10, [True] * 10])
    )
    low, high = found.interval()
    assert low >= -1 and high == 1


def test_equal_answers_do_not_differ():
    right = answers(np.random.default_rng(6), 3, 100)
    found = paired_difference(right, right)
    assert (found.mean, found.interval()) == (0, (0, 0))
    assert not found.is_different()


def test_more_seeds_are_asked_for_where_they_would_settle_it():
    random = np.random.default_rng(7)
    first = answers(random, 3, 2_000, better=0.25, seed_spread=0.4)
    found = paired_difference(first, answers(random, 3, 2_000, seed_spread=0.4))
    assert not found.is_different()
    needed = found.seeds_needed()
    assert needed is None or needed in LOOKS[1:]
    assert paired_difference(first, first).seeds_needed() is None


def test_the_seeds_that_are_needed_are_about_those_that_settle_it():
    random = np.random.default_rng(8)
    needed = [
        paired_difference(answers(random, 10, 500, 0.3, 0.4), answers(random, 10, 500, 0.0, 0.4)).seeds_needed(
            numbers=range(10, 201)
        )
        for _ in range(200)
    ]
    middle = int(np.median([200 if number is None else number for number in needed]))
    settled = [
        paired_difference(answers(random, middle, 500, 0.3, 0.4), answers(random, middle, 500, 0.0, 0.4)).is_different()
        for _ in range(200)
    ]
    assert 0.3 < np.mean(settled) < 0.95


def test_many_pairs_make_each_interval_wider():
    assert bonferroni_level(1) == bonferroni_level(0) == pytest.approx(0.99)
    assert bonferroni_level(6) == pytest.approx(1 - 0.05 / 6 / len(LOOKS))
    random = np.random.default_rng(9)
    found = paired_difference(answers(random, 5, 100), answers(random, 5, 100))
    (low, high), (lower, higher) = found.interval(), found.interval(bonferroni_level(6))
    assert lower < low < high < higher


@pytest.mark.parametrize(
    "shapes", [((2, 5), (3, 5)), ((2, 5), (2, 6)), ((0, 5), (0, 5)), ((3, 1), (3, 1)), ((5,), (5,))]
)
def test_what_cannot_be_paired_is_refused(shapes):
    with pytest.raises(ValueError, match="seeds, examples"):
        paired_difference(*(np.ones(shape) for shape in shapes))
