import math

import pytest

from cache.results.overfitting import jaggedness, measures, sharpest_fall
from models.training.events import EpochFinished


def curve(train, validation, losses=None):
    losses = losses or [0.5] * len(train)
    return tuple(
        EpochFinished(number, 0.4, t, loss, v, 0.6, v, 2.0, 0.1, number == 1)
        for number, (t, v, loss) in enumerate(zip(train, validation, losses, strict=True), start=1)
    )


def test_measures_equal_an_independent_calculation():
    epochs = curve([0.60, 0.80, 0.90, 0.99], [0.70, 0.85, 0.80, 0.83], [3.0, 2.0, 2.5, 2.2])
    assert measures(epochs) == pytest.approx(
        {
            "gap_at_best": 0.80 - 0.85,
            "gap_at_last": 0.99 - 0.83,
            "best_epoch": 2,
            "last_epoch": 4,
            "drop": 0.02,
            "training_rise": 0.19,
            "jaggedness": (0.15 + 0.05 + 0.03 - 0.15 - 0.02) / 3,
            "perplexity_rise": math.exp(0.2) - 1,
        }
    )


@pytest.mark.parametrize(
    ("validation", "expected"),
    [
        ([0.5, 0.6, 0.8, 0.8, 0.9], 0),  # rises
        ([0.9, 0.8, 0.5], 0),  # falls
        ([0.5, 0.9, 0.85, 0.8], 0),  # rises and falls
        ([0.8, 0.7, 0.8], 0.2 / 2),  # dives and comes back
        ([0.8, 0.82, 0.80, 0.82, 0.80], 0.04 / 4),
        ([0.8, 0.9], None),
        ([0.8], None),
    ],
)
def test_jaggedness_is_neither_learning_nor_dropping(validation, expected):
    assert jaggedness(validation) == (expected if expected is None else pytest.approx(expected, abs=1e-12))


def test_a_dive_counts_twice_its_depth_wherever_it_lies():
    steps = 5
    for place in range(1, 5):
        values = [0.8] * (steps + 1)
        values[place] -= 0.03
        assert jaggedness(values) == pytest.approx(2 * 0.03 / steps)


@pytest.mark.parametrize(
    ("validation", "expected"),
    [([0.5, 0.6, 0.8], 0), ([0.9, 0.8, 0.85, 0.7, 0.69], 0.15), ([0.8, 0.9], 0), ([0.9, 0.8], 0.1), ([0.8], None)],
)
def test_the_sharpest_fall_is_that_of_one_step(validation, expected):
    assert sharpest_fall(validation) == (expected if expected is None else pytest.approx(expected))
