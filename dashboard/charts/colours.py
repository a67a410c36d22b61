"""One colour per architecture everywhere; variants of one architecture are shades of its colour.

Composed stacks share one architecture, and each has its own colour. Colours that could be confused differ in style as
well: see ``styles``.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Set
from functools import lru_cache

from cache.store.runs import Run
from dashboard.charts.colour_vision import coded, distances, linear, luminance
from models.architectures import ARCHITECTURES
from models.experiments.comparison import COMPOSED, Entry
from models.tasks import CLASSIFICATION

PALETTE = (
    "#C87800",
    "#909868",
    "#944A7C",
    "#007252",
    "#2060D8",
    "#409890",
    "#BB3100",
    "#B080C8",
    "#78A010",
    "#30A0B8",
    "#787000",
    "#007880",
    "#D87078",
    "#9868F8",
    "#7050B9",
    "#A85058",
    "#E068B8",
    "#317221",
    "#B509A5",
    "#18A878",
)
"""Each has a contrast of 3 to 1 to white and to near-black, which WCAG requires of graphics. The first eight are
``APART`` from each other for everybody, the colour-blind included, and so are the next eight, and the last four. A
search among thousands found eight such colours that are 14.7 apart, but ten only at 11.6.
"""
GROUPS = (8, 8, 4)
APART = 12.0
"""The distance (CIEDE2000) from which colours need no dash or shape to be told apart."""
NUM_STYLES = 5
"""So many dashes and shapes there are: see ``dashboard.charts.charts``."""

NEXT_WORD_PREFIX = "next_word_"
UNKNOWN = "#8A8A8A"
"""The colour of architectures of other versions of Unroll. No architecture here is grey."""
DARKEST, LIGHTEST = 0.127, 0.295
"""Luminances between which a colour stands out from white and from near-black."""


def architecture_colour(name: str) -> str:
    """Return the colour of an architecture, the same in every comparison ("#RRGGBB").

    It depends on the place among all that classify texts. A next-word architecture has the colour of its kind: every
    GRU is green.
    """
    if name not in ARCHITECTURES:
        return UNKNOWN
    names = [each.name for each in ARCHITECTURES.values() if each.task == CLASSIFICATION]
    kind = name.removeprefix(NEXT_WORD_PREFIX)
    if kind not in names:  # one of next words that is the first of its kind
        names += [each.name for each in ARCHITECTURES.values() if each.task != CLASSIFICATION]
        kind = name
    return PALETTE[names.index(kind) % len(PALETTE)]


def label_colours(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the colour of each entry's label, in the order of the line-up."""
    entries = list(entries)
    taken = {architecture_colour(entry.architecture) for entry in entries if entry.architecture != COMPOSED}
    colours = {}
    for entry in entries:
        if entry.architecture == COMPOSED:
            colour = _stack_colour(str(entry.hyperparameters.get("stack")), taken)
            taken.add(colour)
            colours[entry.label] = colour
        else:
            colours[entry.label] = _shade(architecture_colour(entry.architecture), entry.variant - 1)
    return colours


def run_colours(runs: Iterable[Run]) -> dict[str, str]:
    """Return the colour of each run's title: its architecture's, in another shade for each further run of one."""
    return model_colours(
        (run.title, str(run.settings.get("architecture")), run.settings.get("hyperparameters.stack")) for run in runs
    )


def model_colours(models: Iterable[tuple[str, str, object]]) -> dict[str, str]:
    """Return the colour of each model's title.

    Args:
        models: For each model its title, its architecture and its stack; the stack counts if the model is composed.
    """
    seen: Counter[str] = Counter()
    colours = {}
    for title, name, stack in models:
        colour = _stack_colour(str(stack)) if name == COMPOSED else architecture_colour(name)
        colours[title] = _shade(colour, seen[colour])
        seen[colour] += 1
    return colours


def _stack_colour(text: str, taken: Set[str] = frozenset()) -> str:
    """Choose a colour by the stack itself, so that it mostly stays the same; colours in ``taken`` are not used."""
    start = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % len(PALETTE)
    turned = PALETTE[start:] + PALETTE[:start]
    return next((colour for colour in turned if colour not in taken), turned[0])


def _shade(colour: str, step: int) -> str:
    """Return ``colour`` itself, then shades as dark or light as legibility allows, then those between. Shades too close
    to tell apart get another dash or shape.
    """
    if not step:
        return colour
    rgb = linear([colour])[0]
    own = float(luminance(rgb))
    end = LIGHTEST if own < (DARKEST + LIGHTEST) / 2 else DARKEST
    parts = (1.0, 0.5, 0.75, 0.25, 0.875, 0.125, 0.625, 0.375)
    wanted = own + parts[(step - 1) % len(parts)] * (end - own)
    # Towards black all channels fade alike; towards white what is missing of each does.
    mixed = rgb * wanted / own if wanted < own else rgb + (1 - rgb) * (wanted - own) / (1 - own)
    return coded(mixed)


@lru_cache(maxsize=256)
def styles(colours: tuple[str, ...]) -> tuple[int, ...]:
    """Return a style number for each colour, from 0: another number than that of any earlier colour that looks similar.

    When the numbers run out, the colours that are farthest apart share one.
    """
    far = distances(colours).tolist()
    taken: list[int] = []
    for mine in far:
        nearest = [math.inf] * NUM_STYLES
        for style, distance in zip(taken, mine, strict=False):
            nearest[style] = min(nearest[style], distance)
        free = (style for style in range(NUM_STYLES) if nearest[style] >= APART)
        taken.append(next(free, nearest.index(max(nearest))))
    return tuple(taken)
