"""Variants as parallel coordinates, in tidy DataFrames. Pure: no file, no session."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.experiments.comparison import COMPOSED, Entry

MEASURES = {
    "num_params": ("Parameters", ",.0f"),
    "seconds_per_epoch": ("Seconds per epoch", ",.3g"),
    "test_accuracy": ("Test accuracy", ".2%"),
}
"""The last axes, with their titles and formats."""
MISSING = -0.14
"""The place, below an axis, of a line without a value on it."""
MOST_TICKS = 8
LINE_COLUMNS = ("label", "axis", "place", "value", "test_accuracy")
TICK_COLUMNS = ("axis", "place", "text")


@dataclass(frozen=True)
class Axis:
    """``values`` by label; ``places`` and ``texts`` by value, from the bottom up."""

    title: str
    values: dict[str, Any]
    places: dict[Any, float]
    texts: dict[Any, str]


def has_variants(entries: Sequence[Entry]) -> bool:
    """Whether some architecture occurs with several hyperparameters. Composed stacks have no variants."""
    counts = Counter(entry.architecture for entry in entries if entry.architecture != COMPOSED)
    return any(count > 1 for count in counts.values())


def sweep_frames(entries: Sequence[Entry], points: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(a row for each label and axis, a row for each tick), from ``points`` of ``trade_off_frame``.

    The axes are the hyperparameters in which two variants of one architecture differ, then the measured figures.
    Hyperparameters have equal distances from 0 to 1, in order; measured figures have a true scale.
    """
    by_label = points.set_index("label")
    entries = [entry for entry in entries if entry.label in by_label.index]
    lines, ticks = [], []
    for axis in (*_hyperparameters(entries), *_measures(by_label)):
        for label in by_label.index:
            value = axis.values.get(label)
            place, text = axis.places.get(value, MISSING), axis.texts.get(value, "–")
            lines.append((label, axis.title, place, text, by_label["test_accuracy"][label]))
        marked = list(axis.places)
        if len(marked) > MOST_TICKS or axis.title in {title for title, _ in MEASURES.values()}:
            marked = [marked[0], marked[-1]] if len(marked) > 1 else marked
        ticks += [(axis.title, axis.places[value], axis.texts[value]) for value in marked]
    return pd.DataFrame(lines, columns=list(LINE_COLUMNS)), pd.DataFrame(ticks, columns=list(TICK_COLUMNS))


def _hyperparameters(entries: Sequence[Entry]) -> Iterator[Axis]:
    values: dict[str, dict[str, Any]] = {}
    within: dict[tuple[str, str], set[Any]] = {}
    for entry in entries:
        if entry.architecture != COMPOSED:
            for name, value in entry.definition.resolve(entry.hyperparameters).items():
                values.setdefault(name, {})[entry.label] = value
                within.setdefault((entry.architecture, name), set()).add(value)
    varied = {name for (_, name), found in within.items() if len(found) > 1}
    for name, by_label in values.items():
        if name in varied:
            found = sorted(set(by_label.values()))
            places = {value: number / (len(found) - 1) for number, value in enumerate(found)}
            texts = {value: value if isinstance(value, str) else f"{value:,}" for value in found}
            yield Axis(name.replace("_", " ").capitalize(), by_label, places, texts)


def _measures(by_label: pd.DataFrame) -> Iterator[Axis]:
    for name, (title, number) in MEASURES.items():
        values = {str(label): value for label, value in by_label[name].dropna().items()}
        found = sorted(set(values.values()))
        span = found[-1] - found[0] if found else 0
        places = {value: (value - found[0]) / span if span else 0.5 for value in found}
        yield Axis(title, values, places, {value: format(value, number) for value in found})
