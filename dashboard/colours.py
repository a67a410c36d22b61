"""One colour per architecture everywhere; variants of one architecture are shades of its colour."""

from collections import Counter
from collections.abc import Iterable

from cache.runs import Run
from models.architectures import ARCHITECTURES
from models.comparison import Entry

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
    return {entry.label: _shade(architecture_colour(entry.architecture), entry.variant - 1) for entry in entries}


def run_colours(runs: Iterable[Run]) -> dict[str, str]:
    """The colour for each run's title: its architecture's, in another shade for each further run of one."""
    seen: Counter[str] = Counter()
    colours = {}
    for run in runs:
        name = str(run.settings.get("architecture"))
        colours[run.title] = _shade(architecture_colour(name), seen[name])
        seen[name] += 1
    return colours


def _shade(colour: str, step: int) -> str:
    """``colour`` itself, then lighter, darker, and lighter still: neighbours that cannot be taken for each other."""
    towards, mix = ((0, 0.0), (255, 0.5), (0, 0.4), (255, 0.75))[step % 4]
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel * (1 - mix) + towards * mix):02X}" for channel in channels)
