"""Colours that everybody can tell apart, on both backgrounds; where colours cannot do it, a dash or a shape does."""

from itertools import accumulate, combinations

import pytest

from dashboard.charts.colour_vision import FULL, SEEN, as_seen, ciede2000, distances, lab, linear, luminance
from dashboard.charts.colours import (
    APART,
    GROUPS,
    NUM_STYLES,
    PALETTE,
    UNKNOWN,
    architecture_colour,
    label_colours,
    styles,
)
from dashboard.data.data_charts import BARS, RULE, SPLIT_COLOURS
from dashboard.shell.defaults import DEFAULTS
from dashboard.verdict.verdict_charts import UNDECIDED
from models.architectures import ARCHITECTURES
from models.experiments.comparison import COMPOSED, Entry
from models.tasks import CLASSIFICATION, NEXT_WORD, TASKS

BACKGROUNDS = {"light": "#FFFFFF", "dark": "#171614"}
"""As Streamlit's two themes paint the page."""
GRAPHICS = 3.0
"""WCAG 2.2, 1.4.11: contrast of graphics to what is next to them."""
NAMES = [each.name for each in ARCHITECTURES.values() if each.task == CLASSIFICATION and each.name != COMPOSED]


def contrast(one, two):
    """As WCAG 2.2 defines it."""
    light, dark = sorted(luminance(linear([one, two])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def nearest(colours, vision):
    seen = lab(as_seen(linear(colours), vision))
    return min(ciede2000(one, two) for one, two in combinations(seen, 2))


@pytest.mark.parametrize("theme", BACKGROUNDS)
@pytest.mark.parametrize("colour", [*PALETTE, UNKNOWN, UNDECIDED, BARS, RULE, *SPLIT_COLOURS.values()])
def test_every_colour_stands_out_from_the_background(colour, theme):
    assert contrast(colour, BACKGROUNDS[theme]) >= GRAPHICS


@pytest.mark.parametrize("vision", SEEN)
def test_the_first_eight_the_next_eight_and_the_last_four_can_be_distinguished_by_everybody(vision):
    assert sum(GROUPS) == len(PALETTE)
    for end, size in zip(accumulate(GROUPS), GROUPS, strict=True):
        assert nearest(PALETTE[end - size : end], vision) >= APART


def test_all_twenty_can_be_distinguished_by_who_sees_all_colours():
    assert nearest(PALETTE, FULL) >= 10


@pytest.mark.parametrize("task", TASKS)
def test_what_is_compared_to_begin_with_needs_no_dash(task):
    colours = label_colours(DEFAULTS[task].entries)
    assert set(styles(tuple(colours.values()))) == {0}
    assert set(colours.values()) <= set(PALETTE[: GROUPS[0]])


@pytest.mark.parametrize("count", [0, 1, 2, 8, 20])
def test_of_any_line_up_two_differ_by_colour_for_everybody_or_in_style(count):
    for first in range(0, len(NAMES) - count + 1, 4):
        colours = tuple(map(architecture_colour, NAMES[first : first + count]))
        found, far = styles(colours), distances(colours)
        assert len(found) == len(colours) == count
        assert all(
            found[one] != found[two] or far[one, two] >= APART for one, two in combinations(range(len(found)), 2)
        )


@pytest.mark.parametrize("name", NAMES)
def test_variants_of_one_are_legible_and_differ_in_style(name):
    with_units = [Entry(name, {} if number == 1 else {"embedding_dim": number}, number) for number in range(1, 5)]
    colours = tuple(label_colours(with_units).values())
    assert len(set(colours)) == 4 and colours[0] == architecture_colour(name)
    assert min(contrast(colour, background) for colour in colours for background in BACKGROUNDS.values()) >= GRAPHICS
    found, far = styles(colours), distances(colours)
    assert all(found[one] != found[two] or far[one, two] >= APART for one, two in combinations(range(4), 2))


@pytest.mark.parametrize("name", [each.name for each in ARCHITECTURES.values() if each.task == NEXT_WORD])
def test_an_architecture_of_next_words_has_the_colour_of_its_kind(name):
    assert architecture_colour(name) == architecture_colour(name.removeprefix("next_word_")) != UNKNOWN
    assert label_colours([Entry(name)]) == {Entry(name).label: architecture_colour(name)}


def test_where_styles_run_out_the_farthest_share_one():
    assert styles(("#123456",) * 7) == (*range(NUM_STYLES), 0, 0)
    assert styles(()) == ()


def test_splits_of_a_dataset_can_be_distinguished_by_everybody():
    colours = [colour for split, colour in SPLIT_COLOURS.items() if split != "all"]
    assert distances(colours)[[0, 0, 1], [1, 2, 2]].min() >= APART
