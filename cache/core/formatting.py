"""Numbers, durations and nested values as readers and tables show them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from models.layers.stack import LayerSummary


def duration(seconds: float) -> str:
    """Format a duration as "12 s", "3 min" or "1 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def time_needed(seconds: float) -> str:
    """Estimate as "about 3 min"; "less than 1 min" leaves out the time to load the backend."""
    return "less than 1 min" if seconds < 30 else f"about {duration(seconds)}"


def count(number: int, noun: str) -> str:
    """Format a number of things as "1 run" or "5 runs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def in_range(numbers: Iterable[int], noun: str) -> str:
    """Format numbers of things as "5 runs" if all are equal, else as "4 to 5 runs"."""
    numbers = list(numbers)
    least, most = min(numbers), max(numbers)
    return count(most, noun) if least == most else f"{least:,} to {count(most, noun)}"


def megabytes(size_bytes: float) -> str:
    """Format a size as "36 bytes", "7.2 kB", "3.4 MB" or "1.25 GB"."""
    if 0 < size_bytes < 99_950:  # "0.0 MB" would say that there is nothing
        whole = max(1, round(size_bytes))
        return count(whole, "byte") if whole < 1_000 else f"{whole / 1e3:.1f} kB"
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes < 999.95e6 else f"{size_bytes / 1e9:,.2f} GB"


def too_long(text: str, most: int) -> str | None:
    """Return a sentence if ``text`` has more than ``most`` characters; else None."""
    if (excess := len(text) - most) <= 0:
        return None
    return f"The text has {len(text):,} characters, and at most {most:,} are read: shorten it by {excess:,}."


def parameters(layers: Iterable[LayerSummary]) -> str:
    """Format as "171,533 parameters" or "1,013 parameters: 213 trainable, 800 frozen"."""
    layers = list(layers)
    total, trainable = sum(layer.num_params for layer in layers), sum(layer.num_trainable for layer in layers)
    return count(total, "parameter") + (
        f": {trainable:,} trainable, {total - trainable:,} frozen" if trainable != total else ""
    )


def moment(seconds: float) -> str:
    """Format a time in this machine's time zone: "2026-11-21 14:03:05 UTC+01:00"."""
    local = datetime.fromtimestamp(seconds, UTC).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S} {timezone(local.utcoffset() or timedelta())}"


def points(share: float) -> str:
    """Format a share from 0 to 1 as "1 point" or "0.5 points"."""
    number = f"{100 * share:.3g}"
    return f"{number} point" if number == "1" else f"{number} points"


def percent_interval(low: float, high: float) -> str:
    """Format as "simultaneous 95% interval 61% to 98%"."""
    return f"simultaneous 95% interval {low:.0%} to {high:.0%}"


PARTS = ("half", "a third", "a quarter", "a fifth", "a sixth", "a seventh", "an eighth", "a ninth", "a tenth")
NEAR = 0.04
"""A ratio this close to a part, as a share of it, is named by the part."""


def part_of(ratio: float) -> str | None:
    """Name a part, as "an eighth of" for 0.125; None if no such part is close."""
    for number, part in enumerate(PARTS, start=2):
        if abs(ratio * number - 1) <= NEAR:
            return part if number == 2 else f"{part} of"
    return None


def multiple(ratio: float) -> str:
    """Format a ratio as "0.82 times" or "8 times"."""
    return f"{ratio:.2g} times"


def listed(names: Sequence[str]) -> str:
    """List names as "A", "A and B" or "A, B and C"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings: ``{"training": {"optimizer": "adam"}}`` becomes ``{"training.optimizer": "adam"}``;
    order is kept.

    ``prefix`` is put before every name as it is. Only mappings are flattened; an empty one disappears.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat
