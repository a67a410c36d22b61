"""Measures of overfitting from a run's curves, and the thresholds for their names."""

from collections.abc import Sequence
from itertools import pairwise

from cache.store.runs import best_epoch
from models.training.events import EpochFinished
from models.training.scoring import perplexity

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
DROP = 0.01
"""Validation accuracy lost after the best epoch. Smaller losses occur by chance, because the best epoch is the
luckiest.
"""
TRAINING_RISE = 0.005
"""Training accuracy gained meanwhile."""
GAP = 0.05
"""Training accuracy above validation accuracy at the last epoch."""
JAGGED = 0.005
"""Up-and-down movement of validation accuracy per epoch, as computed by ``jaggedness``."""
SHARP = 0.02
"""Validation accuracy lost from one epoch to the next."""
PERPLEXITY_RISE = 0.1
"""How much higher the validation perplexity of next words is at the last epoch than at its lowest, as a share."""


def measures(epochs: Sequence[EpochFinished]) -> dict[str, float | None]:
    """Measure overfitting. Accuracies are from 0 to 1; gap: training above validation; drop and rise: from the best
    epoch to the last.
    """
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
    """Measure how far the curve moves up and down per step, beyond one rise to its highest point and one fall to its
    end.

    A steep rise, which is learning, and a steady fall, which is the drop after the best, do not count. None for fewer
    than three points.
    """
    if len(curve) < 3:
        return None
    moved = sum(abs(after - before) for before, after in pairwise(curve))
    needed = (max(curve) - curve[0]) + (max(curve) - curve[-1])
    return max(0.0, moved - needed) / (len(curve) - 1)  # not below 0 by rounding


def sharpest_fall(curve: Sequence[float]) -> float | None:
    """Return the largest loss of the curve in one step; 0 if it never falls, None for fewer than two points."""
    if len(curve) < 2:
        return None
    return max(0.0, *(before - after for before, after in pairwise(curve)))
