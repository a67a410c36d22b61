"""Colour differences against the published ones, and what the colour-blind are known to confuse."""

import numpy as np
import pytest

from dashboard.charts.colour_vision import (
    DEUTERANOPIA,
    FULL,
    PROTANOPIA,
    SEEN,
    TRITANOPIA,
    as_seen,
    ciede2000,
    distances,
    lab,
    linear,
    luminance,
)

# From table 1 of Sharma, Wu & Dalal (2005): those in which an error in hue, chroma or rotation would show.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, -0.001, 2.49), (50.0, 0.0009, -2.49), 4.8045),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
    ((50.0, 2.5, 0.0), (56.0, -27.0, -3.0), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "two", "difference"), PUBLISHED)
def test_differences_are_the_published_ones(one, two, difference):
    assert ciede2000(np.array(one), np.array(two)) == pytest.approx(difference, abs=1e-4)
    assert ciede2000(np.array(two), np.array(one)) == pytest.approx(difference, abs=1e-4)


def test_lab_of_known_colours():
    # Of sRGB's red, white and black under D65.
    found = lab(linear(["#FF0000", "#FFFFFF", "#000000"]))
    assert found == pytest.approx(np.array([[53.24, 80.09, 67.20], [100, 0, 0], [0, 0, 0]]), abs=0.02)
    assert luminance(linear(["#FFFFFF", "#00FF00"])) == pytest.approx([1, 0.7152], abs=1e-4)


@pytest.mark.parametrize("vision", list(SEEN))
def test_greys_are_seen_as_they_are_by_all(vision):
    greys = linear(["#000000", "#404040", "#8A8A8A", "#FFFFFF"])
    assert as_seen(greys, vision) == pytest.approx(greys, abs=1e-5)


@pytest.mark.parametrize(
    ("vision", "one", "two"),
    [
        (PROTANOPIA, "#B3202E", "#4C4A2E"),  # red and dark olive
        (DEUTERANOPIA, "#D55E00", "#8F8A00"),  # vermilion and olive
        (TRITANOPIA, "#009E73", "#2F97A8"),  # green and blue-green
    ],
)
def test_what_the_colour_blind_confuse_is_near_to_them_alone(vision, one, two):
    def apart(kind):
        first, second = lab(as_seen(linear([one, two]), kind))
        return ciede2000(first, second)

    assert apart(vision) < 0.5 * apart(FULL)
    assert distances([one, two])[0, 1] == min(map(apart, SEEN))


def test_distances_of_none_one_and_many():
    assert distances([]).shape == (0, 0)
    assert distances(["#123456"]).tolist() == [[0]]
    table = distances(["#123456", "#ABCDEF", "#123456"])
    assert table == pytest.approx(table.T) and table[0, 2] == 0 and table[0, 1] > 30
