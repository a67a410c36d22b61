"""Numbers and durations as a reader says them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from models.layers.stack import LayerSummary


def duration(seconds: float) -> str:
    """ "12 s", "3 min", "1 h 20 min" """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def time_needed(seconds: float) -> str:
    """ "about 3 min"; "less than 1 min" for a short training, since the time to load the backend is not in it."""
    return "less than 1 min" if seconds < 30 else f"about {duration(seconds)}"


def count(number: int, noun: str) -> str:
    """ "1 run", "5 runs" """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def too_long(text: str, most: int) -> str | None:
    """A sentence if ``text`` has more than ``most`` characters; None if it has not."""
    if (excess := len(text) - most) <= 0:
        return None
    return f"The text has {len(text):,} characters, and at most {most:,} are read: shorten it by {excess:,}."


def parameters(layers: Iterable[LayerSummary]) -> str:
    """ "171,533 parameters", "1,013 parameters: 213 trainable, 800 frozen" """
    layers = list(layers)
    total, trainable = sum(layer.num_params for layer in layers), sum(layer.num_trainable for layer in layers)
    return count(total, "parameter") + (
        f": {trainable:,} trainable, {total - trainable:,} frozen" if trainable != total else ""
    )


def moment(seconds: float) -> str:
    """ "2026-11-21 14:03:05 UTC+01:00", in this machine's time zone, which it names."""
    local = datetime.fromtimestamp(seconds, UTC).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S} {timezone(local.utcoffset() or timedelta())}"


def points(share: float) -> str:
    """ "1 point", "0.5 points", of a share of 0 to 1"""
    number = f"{100 * share:.3g}"
    return f"{number} point" if number == "1" else f"{number} points"


def percent_interval(low: float, high: float) -> str:
    """ "simultaneous 95% interval 61% to 98%" """
    return f"simultaneous 95% interval {low:.0%} to {high:.0%}"


PARTS = ("half", "a third", "a quarter", "a fifth", "a sixth", "a seventh", "an eighth", "a ninth", "a tenth")
NEAR = 0.04
"""A ratio this near to a part, as a share of it, is called by the part."""


def part_of(ratio: float) -> str | None:
    """ "half", "an eighth of", of 0.125; None where no such part is near."""
    for number, part in enumerate(PARTS, start=2):
        if abs(ratio * number - 1) <= NEAR:
            return part if number == 2 else f"{part} of"
    return None


def multiple(ratio: float) -> str:
    """ "0.82 times", "8 times" """
    return f"{ratio:.2g} times"


def listed(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C" """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
