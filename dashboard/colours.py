"""One colour per architecture everywhere; variants of one architecture are shades of its colour.
Stacks that people composed are of one architecture and have colours of their own."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Set

from cache.runs import Run
from models.architectures import ARCHITECTURES
from models.comparison import COMPOSED, Entry

PALETTE = (
    "#E69F00",
    "#7F7F7F",
    "#C2458D",
    "#009E73",
    "#2F7ED8",
    "#56B4E9",
    "#D55E00",
    "#F28E8E",
    "#8C6BD1",
    "#8A6D3B",
    "#B3202E",
    "#6BBF1A",
    "#5B3DF0",
    "#E04FE0",
    "#2E7A3C",
    "#C9A4F2",
    "#12B5B0",
    "#3F6183",
    "#84B58A",
    "#A3A81A",
)
"""Distinct for colour-blind readers by lightness as well as hue, and legible on white and on near-black."""

UNKNOWN = "#999999"
"""For what another version of Unroll trained."""


def architecture_colour(name: str) -> str:
    """By the place among all of its task, so that an architecture keeps its colour whatever it is compared with."""
    if name not in ARCHITECTURES:
        return UNKNOWN
    task = ARCHITECTURES[name].task
    names = [each.name for each in ARCHITECTURES.values() if each.task == task]
    return PALETTE[names.index(name) % len(PALETTE)]


def label_colours(entries: Iterable[Entry]) -> dict[str, str]:
    """The colour for each entry's label, in the order of the line-up."""
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
    """The colour for each run's title: its architecture's, in another shade for each further run of one."""
    seen: Counter[str] = Counter()
    colours = {}
    for run in runs:
        name = str(run.settings.get("architecture"))
        is_composed = name == COMPOSED
        colour = (
            _stack_colour(str(run.settings.get("hyperparameters.stack"))) if is_composed else architecture_colour(name)
        )
        colours[run.title] = _shade(colour, seen[colour])
        seen[colour] += 1
    return colours


def _stack_colour(text: str, taken: Set[str] = frozenset()) -> str:
    """By the stack itself, so that it mostly keeps its colour, but none that something else has already."""
    start = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % len(PALETTE)
    turned = PALETTE[start:] + PALETTE[:start]
    return next((colour for colour in turned if colour not in taken), turned[0])


def _shade(colour: str, step: int) -> str:
    """``colour`` itself, then lighter, darker, and lighter still: neighbours that cannot be taken for each other. More
    than four lie between these, as in a sweep, and only differ."""
    shades = ((0, 0.0), (255, 0.5), (0, 0.4), (255, 0.75), (255, 0.25), (0, 0.2), (255, 0.62), (255, 0.38), (0, 0.3))
    towards, mix = shades[step % len(shades)]
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel * (1 - mix) + towards * mix):02X}" for channel in channels)
