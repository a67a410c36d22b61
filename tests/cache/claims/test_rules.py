import math

import pytest

from cache.claims.rules import (
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DECIDED,
    PARAMETERS,
    POINTS,
    TIMES,
    Above,
    Within,
    about,
    all_of,
    any_of,
)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((1.5, 2.5), HOLDS),
        ((2, 2), HOLDS),
        ((1, 3), HOLDS),
        ((0.9, 2), NOT_DECIDED),
        ((0.5, 4), NOT_DECIDED),
        ((0.2, 0.9), DOES_NOT_HOLD),
        ((3.1, 5), DOES_NOT_HOLD),
    ],
)
def test_within(interval, expected):
    assert Within(1, 3).decide(*interval) == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.001, 0.002), HOLDS),
        ((0.02, 0.5), HOLDS),
        ((0, 0.009), DOES_NOT_HOLD),
        ((-0.2, 0.009), DOES_NOT_HOLD),
        ((-0.3, -0.1), DOES_NOT_HOLD),
        ((0, 0), DOES_NOT_HOLD),
        ((-0.01, 0.02), NOT_DECIDED),
    ],
)
def test_above(interval, expected):
    assert Above(0.0, 0.01).decide(*interval) == expected


@pytest.mark.parametrize(
    ("interval", "expected"), [((1.1, 2), HOLDS), ((0.5, 1), DOES_NOT_HOLD), ((0.9, 1.1), NOT_DECIDED)]
)
def test_above_a_bar_with_nothing_slight(interval, expected):
    assert Above(1.0).decide(*interval) == expected


def test_about_is_nearer_than_half_or_twice():
    rule = about(10)
    assert rule.zone == pytest.approx((10 / math.sqrt(2), 10 * math.sqrt(2)))
    assert rule.decide(7.1, 14.1) == HOLDS and rule.decide(5, 7) == DOES_NOT_HOLD


def test_rules_are_reported_with_their_bounds():
    assert about(2).sentence(TIMES) == (
        "Holds if the whole interval lies between 1.41× and 2.83×. Does not hold if the whole interval lies outside. "
        "Otherwise it is not decided."
    )
    assert Above(0.0, 0.01).sentence(POINTS) == (
        "Holds if the whole interval is above 0 points. Otherwise it does not hold if the whole interval is below "
        "1 point. Else it is not decided."
    )
    assert Above(0.1).sentence(POINTS) == (
        "Holds if the whole interval is above 10 points. Does not hold if the whole interval is below. Otherwise it is "
        "not decided."
    )


def test_units_say_figures():
    assert TIMES.format(2.149) == "2.15×"
    assert POINTS.format(-0.0123) == "−1.2 points"
    assert PARAMETERS.format(2944) == "2,944 parameters"


def test_what_has_to_hold_as_a_whole():
    assert all_of([HOLDS, HOLDS]) == HOLDS
    assert all_of([HOLDS, NOT_DECIDED]) == NOT_DECIDED
    assert all_of([NOT_DECIDED, DOES_NOT_HOLD]) == DOES_NOT_HOLD
    assert all_of([]) == NOT_DECIDED


def test_what_holds_if_one_does():
    assert any_of([DOES_NOT_HOLD, HOLDS]) == HOLDS
    assert any_of([DOES_NOT_HOLD, NOT_DECIDED]) == NOT_DECIDED
    assert any_of([DOES_NOT_HOLD] * 2) == DOES_NOT_HOLD
    assert any_of([]) == NOT_DECIDED
