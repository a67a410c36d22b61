"""What a run's curves say about overfitting, in numbers. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pandas as pd

from cache.results import Result
from cache.runs import best_epoch
from dashboard.over_seeds import over_seeds
from models.events import EpochFinished
from models.scoring import perplexity

MEASURES = (
    "gap_at_best",
    "gap_at_last",
    "best_epoch",
    "last_epoch",
    "drop",
    "training_rise",
    "jaggedness",
    "perplexity_rise",
)


def measures(epochs: Sequence[EpochFinished]) -> dict[str, float | None]:
    """Accuracies from 0 to 1. Gap: training above validation. Drop and rise: from the best epoch to the last."""
    best, last = best_epoch(epochs), epochs[-1]
    perplexities = [perplexity(epoch.validation_loss) for epoch in epochs]
    return {
        "gap_at_best": best.train_accuracy - best.validation_accuracy,
        "gap_at_last": last.train_accuracy - last.validation_accuracy,
        "best_epoch": best.epoch,
        "last_epoch": last.epoch,
        "drop": best.validation_accuracy - last.validation_accuracy,
        "training_rise": last.train_accuracy - best.train_accuracy,
        "jaggedness": jaggedness([epoch.validation_accuracy for epoch in epochs]),
        "perplexity_rise": perplexities[-1] / min(perplexities) - 1,
    }


def jaggedness(curve: Sequence[float]) -> float | None:
    """How far the curve goes up and down at a step, beyond one rise to its highest point and one fall to its end. None
    for fewer than three points.

    So neither a steep rise, which is learning, nor a steady fall, which is the drop after the best, is called jagged.
    """
    if len(curve) < 3:
        return None
    moved = sum(abs(after - before) for before, after in pairwise(curve))
    needed = (max(curve) - curve[0]) + (max(curve) - curve[-1])
    return max(0.0, moved - needed) / (len(curve) - 1)  # not below 0 by rounding


def runs_frame(results: Iterable[Result]) -> pd.DataFrame:
    """A row for each run that is cached whole, so that all are read at the same number of epochs."""
    rows = [
        (result.label, result.spec.seed, *measures(result.epochs).values()) for result in results if result.is_cached
    ]
    return pd.DataFrame(rows, columns=["label", "seed", *MEASURES]).astype(dict.fromkeys(MEASURES, float))


def summary_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each label as ``over_seeds`` gives it, the earliest and the latest best epoch of its seeds, and in how
    many of them (``unfinished``) the last epoch is the best."""
    summary = over_seeds(runs, ("label",), MEASURES)
    best = {label: [] for label in summary["label"]}
    unfinished = dict.fromkeys(best, 0)
    for label, at_best, at_last in zip(runs["label"], runs["best_epoch"], runs["last_epoch"], strict=True):
        best[label].append(at_best)
        unfinished[label] += at_best == at_last
    return summary.assign(
        earliest_best=[min(epochs) for epochs in best.values()],
        latest_best=[max(epochs) for epochs in best.values()],
        unfinished=list(unfinished.values()),
    )
