"""Whether the seconds of a run's epochs are steady, so that their median says what an epoch takes.

Source of the limit for single epochs: the benchmarking tool hyperfine, after Iglewicz & Hoaglin (1993), How to detect
and handle outliers, https://github.com/sharkdp/hyperfine
"""

from collections.abc import Iterable, Sequence
from statistics import median

from models.statistics.intervals import Trend
from models.statistics.looks import LEVEL
from models.training.events import EpochFinished

FAR_OUT = 14.8
"""Median absolute deviations from the median: ten standard deviations, if the seconds were normally distributed."""
TOLERATED = 0.05
"""Of the median. Less than that is no news, however regular the other epochs are."""
MIN_EPOCHS = 5
"""With fewer epochs, nothing is reported."""


def unsteady_epochs(epochs: Iterable[EpochFinished]) -> str | None:
    """``unsteady`` of all but the first epoch of each start, which has tracing and compilation in it."""
    return unsteady([epoch.train_seconds for epoch in epochs if not epoch.is_first])


def unsteady(seconds: Sequence[float]) -> str | None:
    """How the seconds of a run's epochs change, in words; None if they are steady.

    Args:
        seconds: Of each epoch in order, those with tracing and compilation left out. All are above 0.
    """
    if len(seconds) < MIN_EPOCHS:
        return None
    middle = median(seconds)
    spread = median(abs(each - middle) for each in seconds)
    is_far = [abs(each - middle) > max(FAR_OUT * spread, TOLERATED * middle) for each in seconds]
    usual = [(number, each) for number, (each, far) in enumerate(zip(seconds, is_far, strict=True)) if not far]
    changes = []
    if len(usual) >= MIN_EPOCHS:
        trend = Trend(*(tuple(map(float, values)) for values in zip(*usual, strict=True)))
        low, high = trend.interval(LEVEL)
        if abs(trend.value) > TOLERATED * middle and not low <= 0 <= high:
            changes.append(
                f"{'fell' if trend.value > 0 else 'rose'} by {abs(trend.value) / middle:.0%} over its epochs"
            )
    if far := [each for each, is_it in zip(seconds, is_far, strict=True) if is_it]:
        worst = max(far, key=lambda each: abs(each - middle))
        changes.append(f"were {worst / middle:.1f} times the median in {_epochs(len(far))}")
    return " and ".join(changes) or None


def _epochs(number: int) -> str:
    return "one epoch" if number == 1 else f"{number} epochs, at most"
