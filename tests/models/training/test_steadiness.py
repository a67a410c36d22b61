import random

import pytest

from models.training.steadiness import unsteady

STEADY = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99]


def test_steady_seconds_need_no_word():
    assert unsteady(STEADY) is None
    assert unsteady([2.0] * 9) is None


def test_of_fewer_than_five_epochs_nothing_is_said():
    assert unsteady([1.0, 2.0, 3.0, 9.0]) is None


def test_a_rise_and_a_fall_are_told_with_their_size():
    rising = [each * (1 + 0.02 * number) for number, each in enumerate(STEADY)]
    assert unsteady(rising) == "rose by 14% over its epochs"
    assert unsteady(rising[::-1]).startswith("fell by 1")


def test_a_trend_below_five_per_cent_is_no_news():
    assert unsteady([1 + 0.004 * number for number in range(10)]) is None


def test_an_epoch_far_out_is_told_and_makes_no_trend():
    assert unsteady([*STEADY, 2.5]) == "were 2.5 times the median in one epoch"
    assert unsteady([*STEADY, 1.9, 2.5]) == "were 2.5 times the median in 2 epochs, at most"


def test_a_little_more_than_usual_is_no_news_where_the_others_are_all_alike():
    assert unsteady([1.0] * 8 + [1.04]) is None


@pytest.mark.parametrize("num_epochs", [5, 9, 30])
def test_noise_alone_is_seldom_taken_for_a_trend(num_epochs):
    chance = random.Random(num_epochs)
    told = sum(unsteady([chance.gauss(1, 0.05) for _ in range(num_epochs)]) is not None for _ in range(400))
    assert told <= 0.08 * 400
