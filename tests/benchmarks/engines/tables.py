"""Tables in Markdown of what was measured: a row for each engine, a column for each architecture."""

from collections.abc import Callable
from statistics import median
from typing import Any

from tests.benchmarks.engines.cases import ENGINES

SEED_NOISE = 0.02
"""By so much of all test texts an engine may be from the median of all, who begin with other weights."""

Laps = list[dict[str, Any]]
Engines = dict[str, dict[str, Any]]
"""What was measured of each engine for one architecture: ``laps``, and ``failure`` if it could not go on."""


def as_text(results: dict[str, Any]) -> str:
    """What was measured where, and three tables: seconds with ratios, first epochs, accuracies."""
    columns = list(results["architectures"].values())
    examples, length = columns[0]["train_shape"]
    rounds = min(len(found["laps"]) for column in columns for found in column["engines"].values() if _is_whole(found))
    skipped = "".join(f" {ENGINES[name].title} was skipped: {why}." for name, why in results["skipped"].items())
    head = (
        f"{results['device']}, {results['date']}: {examples:,} texts of {length} tokens, "
        f"batch {results['batch_size']}, medians of {rounds - 1} epochs after a first one.{skipped}"
    )
    seconds = _table("seconds of an epoch's training part (times the fastest)", results, _seconds)
    seconds += _row("limit of the matrix products (the fastest over it)", [_limit(column) for column in columns])
    first = _table("seconds of the first epoch, compiling included", results, _first)
    accuracies = _table("accuracy on the test split", results, _accuracy)
    return "\n".join([f"{head}\n", seconds, first, accuracies])


def median_seconds(laps: Laps) -> float:
    """Of the epochs after the first; of that one if there is no other."""
    return median(lap["seconds"] for lap in laps[1:] or laps)


def best_accuracy(laps: Laps) -> float:
    """On the test split, after the epoch with the best validation accuracy, as Unroll reports it."""
    return max(laps, key=lambda lap: lap["validation_accuracy"])["test_accuracy"]


def is_valid(name: str, engines: Engines) -> bool:
    """Whether it trained to the end and has learnt what the others have."""
    accuracies = {each: best_accuracy(found["laps"]) for each, found in engines.items() if _is_whole(found)}
    return name in accuracies and abs(accuracies[name] - median(accuracies.values())) <= SEED_NOISE


def fastest(engines: Engines) -> float | None:
    """Seconds of the fastest valid engine that computes exactly."""
    valid = [found["laps"] for name, found in engines.items() if ENGINES[name].exact and is_valid(name, engines)]
    return min(map(median_seconds, valid), default=None)


def _is_whole(found: dict[str, Any]) -> bool:
    return "failure" not in found and bool(found["laps"])


Cell = Callable[[str, Engines], str]


def _table(title: str, results: dict[str, Any], cell: Cell) -> str:
    columns = results["architectures"].values()
    rows = [_row(title, [column["title"] for column in columns]), _row("---", ["---"] * len(columns))]
    rows += [
        _row(ENGINES[name].title, [_cell(name, column["engines"], cell) for column in columns])
        for name in results["engines"]
    ]
    return "".join(rows)


def _row(first: str, others: list[str]) -> str:
    return f"| {' | '.join([first, *others])} |\n"


def _cell(name: str, engines: Engines, cell: Cell) -> str:
    if not _is_whole(engines[name]):
        return "failed" if "failure" in engines[name] else "–"
    text = cell(name, engines)
    return text if is_valid(name, engines) else f"{text}, not valid"


def _seconds(name: str, engines: Engines) -> str:
    seconds, least = median_seconds(engines[name]["laps"]), fastest(engines)
    return f"{seconds:.3f}" + (f" ({seconds / least:.2f})" if least else "")


def _first(name: str, engines: Engines) -> str:
    return f"{engines[name]['laps'][0]['seconds']:.1f}"


def _accuracy(name: str, engines: Engines) -> str:
    return f"{best_accuracy(engines[name]['laps']):.3f}"


def _limit(column: dict[str, Any]) -> str:
    limit, least = column["limit_seconds"], fastest(column["engines"])
    if limit is None:
        return "–"
    return f"{limit:.4f}" + (f" ({least / limit:.1f})" if least else "")
