"""A column of the leaderboard: a figure of a whole run, or a reading of a metric that is measured at each epoch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from cache.results.results import Result
from cache.store.runs import Run, best_epoch
from dashboard.charts.figures import NumberFormat
from dashboard.costs.budget_frames import elapsed
from models.training.events import EpochFinished

MEDIAN = "median"
READ: dict[str, Callable[[Sequence[float]], float]] = {
    "last": lambda seen: seen[-1],
    "minimum": min,
    "maximum": max,
    MEDIAN: median,
}
"""How the values of all epochs are summarized."""
READINGS = ("best", "last", "minimum", "maximum")
READINGS_OF_SECONDS = (MEDIAN, "last", "minimum", "maximum")


@dataclass(frozen=True)
class Measured:
    """A run with epochs. ``target`` is the accuracy to reach; its seconds only count with ``is_timed``."""

    result: Result
    target: float = 0.8
    is_timed: bool = True

    @property
    def epochs(self) -> Sequence[EpochFinished]:
        return self.result.epochs

    @cached_property
    def best(self) -> EpochFinished:
        return best_epoch(self.epochs)

    @property
    def timed(self) -> Sequence[EpochFinished]:
        return self.epochs if self.is_timed else ()


@dataclass(frozen=True)
class Column:
    """A column. ``value`` is None if it was not measured, and infinite if the event never happened.

    An exact figure is the same for every seed. Only usual columns are shown until others are chosen.
    """

    key: str
    title: str
    help: str
    number_format: NumberFormat
    value: Callable[[Measured], float | None]
    lower_is_better: bool = True
    is_exact: bool = False
    is_usual: bool = True

    def heading(self, target: float) -> str:
        """The title with the target: "Seconds to 80%" for "Seconds to target"."""
        return self.title.replace("target", f"{100 * target:g}%")


@dataclass(frozen=True)
class Metric:
    """A metric that is measured at every epoch. Each of its readings can be a column with the heading ``short``.

    The readings in ``default`` are shown until others are chosen. Without ``first_counts`` the first epoch, whose
    seconds include tracing and compilation, is left out.
    """

    key: str
    title: str
    number_format: NumberFormat
    value: Callable[[EpochFinished], float | None]
    default: tuple[str, ...] = ()
    lower_is_better: bool = True
    is_seconds: bool = False
    first_counts: bool = True
    short: str | None = None

    @property
    def readings(self) -> tuple[str, ...]:
        return READINGS_OF_SECONDS if self.is_seconds else READINGS

    @property
    def columns(self) -> dict[str, Column]:
        """The columns by reading."""
        return {reading: self._column(reading) for reading in self.readings}

    def _column(self, reading: str) -> Column:
        of = "all epochs" if self.first_counts else "the epochs after the first, which holds tracing and compilation"
        helps = {
            "best": "At each seed's best epoch, that of the highest validation accuracy.",
            "last": "At each seed's last epoch.",
        }
        return Column(
            f"{self.key}_{reading}",
            self.title if reading == MEDIAN else f"{reading.capitalize()} {(self.short or self.title).lower()}",
            f"{helps.get(reading, f'The {reading} of {of} of each seed.')} Mean ± standard deviation over seeds.",
            self.number_format,
            lambda measured: self._read(measured, reading),
            self.lower_is_better,
        )

    def _read(self, measured: Measured, reading: str) -> float | None:
        if reading == "best":
            return self.value(measured.best)
        epochs = measured.timed if self.is_seconds else measured.epochs
        read = [self.value(epoch) for epoch in epochs if self.first_counts or not epoch.is_first]
        values = [value for value in read if value is not None]
        if not values or len(values) < len(read):
            return None
        return READ[reading](values)


def seconds_to_target(measured: Measured) -> float | None:
    """Seconds of training up to the first epoch with a validation accuracy of at least the target."""
    for epoch, seconds in zip(measured.epochs, elapsed(measured.epochs), strict=True):
        if epoch.validation_accuracy >= measured.target:
            return seconds if measured.is_timed else None
    return math.inf


def total_seconds(measured: Measured) -> float | None:
    return elapsed(measured.timed)[-1] if measured.timed else None


def params_per_point(measured: Measured) -> float | None:
    accuracy = measured.best.test_accuracy
    return measured.result.asked_run.num_params / (100 * accuracy) if accuracy else None


def num_frozen(run: Run) -> int | None:
    """The number of frozen parameters; None if the spec cannot be read."""
    return None if run.num_trainable is None else run.num_params - run.num_trainable
