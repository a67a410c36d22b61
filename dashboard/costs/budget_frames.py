"""Comparisons at equal cost, as tidy frames. Pure. Seconds are those of training alone, from the first epoch on."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import pandas as pd

from cache.results.results import Result, timed
from models.experiments.budget import Matched
from models.training.events import EpochFinished

TIME_COLUMNS = ("label", "seeds", "epochs", "accuracy", "accuracy_std")
ACCURACY_COLUMNS = ("label", "seeds", "reached", "seconds", "seconds_std", "epochs")


def matched_table(matched: Iterable[Matched]) -> pd.DataFrame:
    rows = [
        (
            each.entry.definition.title,
            ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in each.changed.items()) or "as it is",
            each.num_params,
            f"{round(100 * each.deviation, 2) + 0.0:+.2f}%".replace("-", "−")
            + ("" if each.is_matched else ", the nearest possible size"),
        )
        for each in matched
    ]
    return pd.DataFrame(rows, columns=["Architecture", "Sized by", "Parameters", "From the budget"])


def whole_and_timed(results: Iterable[Result], device: str, include_contended: bool) -> list[Result]:
    """Whole results that were timed on ``device``, without disturbed ones unless those are included."""
    return [result for result in timed(results, device, include_contended) if result.is_cached]


def seconds_for_all(results: Iterable[Result]) -> float:
    """The seconds after which every run had finished an epoch."""
    return max(result.epochs[0].train_seconds for result in results)


def at_equal_time(results: Iterable[Result], seconds: float) -> pd.DataFrame:
    """By label: the best validation accuracy of its seeds after so many seconds of training, and after how many epochs.
    Seeds whose first epoch took longer do not count.
    """
    rows = []
    for label, own in _by_label(results).items():
        done = [[epoch for epoch, end in zip(each, elapsed(each), strict=True) if end <= seconds] for each in own]
        best = pd.Series([max(epoch.validation_accuracy for epoch in each) for each in done if each], dtype=float)
        epochs = pd.Series([len(each) for each in done if each], dtype=float)
        rows.append((label, len(best), epochs.mean(), best.mean(), best.std()))
    frame = pd.DataFrame(rows, columns=list(TIME_COLUMNS))
    return frame.sort_values("accuracy", ascending=False, ignore_index=True, na_position="last")


def at_equal_accuracy(results: Iterable[Result], accuracy: float) -> pd.DataFrame:
    """By label: the seconds and epochs of training after which its seeds first reached a validation accuracy.

    ``reached`` counts the seeds that reached it.
    """
    rows = []
    for label, own in _by_label(results).items():
        firsts = [
            next(
                (
                    (end, epoch.epoch)
                    for epoch, end in zip(each, elapsed(each), strict=True)
                    if epoch.validation_accuracy >= accuracy
                ),
                None,
            )
            for each in own
        ]
        seconds = pd.Series([first[0] for first in firsts if first], dtype=float)
        epochs = pd.Series([first[1] for first in firsts if first], dtype=float)
        rows.append((label, len(own), len(seconds), seconds.mean(), seconds.std(), epochs.mean()))
    frame = pd.DataFrame(rows, columns=list(ACCURACY_COLUMNS))
    return frame.sort_values(["reached", "seconds"], ascending=[False, True], ignore_index=True)


def _by_label(results: Iterable[Result]) -> dict[str, list[Sequence[EpochFinished]]]:
    found: dict[str, list[Sequence[EpochFinished]]] = {}
    for result in results:
        found.setdefault(result.label, []).append(result.epochs)
    return found


def elapsed(epochs: Sequence[EpochFinished]) -> list[float]:
    """Return the seconds of training at the end of each epoch."""
    return list(accumulate(epoch.train_seconds for epoch in epochs))
