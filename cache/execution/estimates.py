"""Estimates of how long runs take, from measurements on the same device. Without any, there is no estimate."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import heapreplace
from statistics import mean, median
from typing import Self

from cache.core.formatting import duration, time_needed
from cache.store.runs import Run
from models.experiments.spec import RunSpec
from models.training.events import Pace

MIN_BATCHES = 10
"""The pace before so many batches after tracing and compilation is not reliable."""
FORWARD_SHARE = 1 / 3
"""The time of an evaluation batch as a share of a training batch, until it is measured."""


class EpochTimes:
    """Estimates from finished runs on one device, each as (spec JSON, seconds of a steady epoch, extra seconds of a
    first epoch).

    ``shared`` are runs that were trained there together with others, of which ``num_slots`` fit at once.
    """

    def __init__(
        self,
        measured: Iterable[tuple[str, float, float]],
        shared: Sequence[tuple[str, float, float]] = (),
        num_slots: int = 1,
    ) -> None:
        self.num_slots = num_slots
        self._shared = EpochTimes(shared) if shared else None
        self._measured: dict[tuple, dict[int, list[float]]] = {}
        self._extra: dict[tuple, list[float]] = {}
        for spec_json, seconds, extra in measured:
            with suppress(ValueError, TypeError, KeyError):  # a spec that this version no longer reads
                spec = RunSpec.from_json(spec_json)
                size = spec.num_train
                self._measured.setdefault(_exact_key(spec), {}).setdefault(size, []).append(seconds / size)
                per_token = seconds / (size * spec.encoding.length)
                self._measured.setdefault(_rough_key(spec), {}).setdefault(size, []).append(per_token)
                self._extra.setdefault(_rough_key(spec), []).append(extra)

    def seconds_per_epoch(self, spec: RunSpec) -> float | None:
        """Scale by training examples from runs with the same model, length, batch size and engine; without any, from
        all runs of the architecture and engine by examples and length.

        Only the largest runs count, in which constant costs matter least. None if the architecture was never measured
        with this engine.
        """
        if exact := self._measured.get(_exact_key(spec)):
            return mean(exact[max(exact)]) * spec.num_train
        if rough := self._measured.get(_rough_key(spec)):
            return mean(rough[max(rough)]) * spec.num_train * spec.encoding.length
        return None

    def seconds(self, spec: RunSpec, epochs: int) -> float | None:
        """Estimate so many epochs in one go: the first also traces and compiles the model, however few texts it has."""
        per_epoch = self.seconds_per_epoch(spec)
        return None if per_epoch is None else per_epoch * epochs + median(self._extra[_rough_key(spec)])

    def shared_seconds(self, spec: RunSpec, epochs: int) -> float | None:
        """Estimate a run that is trained together with others.

        Until such a run was measured, assume that nothing is gained: each takes longer by the number of them.
        """
        if self._shared and (measured := self._shared.seconds(spec, epochs)) is not None:
            return measured
        alone = self.seconds(spec, epochs)
        return None if alone is None else alone * self.num_slots

    def knows_sharing(self, specs: Iterable[RunSpec]) -> bool:
        """Return whether all of them, or others of their architectures, were measured together with others."""
        return self._shared is not None and all(self._shared.seconds_per_epoch(spec) is not None for spec in specs)

    def total(self, work: Iterable[tuple[RunSpec, int]], together: bool = False) -> tuple[float, int]:
        """Return (seconds until all (spec, epochs) that can be estimated are trained, number of those that cannot).

        With ``together``, several are trained at once, in this order; until all of them were measured so, assume that
        nothing is gained.
        """
        work = list(work)
        together = together and self.knows_sharing(spec for spec, _ in work)
        estimate = self.shared_seconds if together else self.seconds
        each = [estimate(spec, epochs) for spec, epochs in work]
        known = [seconds for seconds in each if seconds is not None]
        free_in = [0.0] * (self.num_slots if together else 1)
        for seconds in known:
            heapreplace(free_in, free_in[0] + seconds)
        return max(free_in), len(each) - len(known)


@dataclass(frozen=True)
class Estimate:
    """Seconds of the runs whose architecture was measured on their device, and the number of the other runs.

    With ``is_bound``, they take at most so long: how much is gained by several at once was not measured yet.
    """

    seconds: float
    num_unknown: int
    num_runs: int
    is_bound: bool = False

    @classmethod
    def of(cls, times: EpochTimes, work: Sequence[tuple[RunSpec, int]], together: bool = False) -> Self:
        """Estimate (spec, epochs) on one device, one at a time or several at once."""
        is_bound = together and not times.knows_sharing(spec for spec, _ in work)
        return cls(*times.total(work, together), len(work), is_bound)

    @property
    def text(self) -> str:
        """Such as "about 3 min"; "over 3 min" if some runs were never measured, empty if none was; "at most 3 min"."""
        if self.num_unknown == self.num_runs or (self.num_unknown and self.is_bound):
            return ""
        if self.is_bound:
            return f"at most {duration(self.seconds)}"
        return f"over {duration(self.seconds)}" if self.num_unknown else time_needed(self.seconds)


def seconds_left(run: Run, now: float) -> float | None:
    """Estimate when a running run ends, from its own measurements.

    Args:
        run: A running run.
        now: The time by the store's clock, in seconds since 1970.

    Returns:
        Seconds; None before ten batches were trained after tracing.
    """
    progress = run.progress
    pace = Pace(**progress.get("pace", {}))
    if pace.batches < MIN_BATCHES:
        return None
    per_batch, evaluation = pace.seconds / pace.batches, pace.evaluation_seconds
    if evaluation is None:
        evaluation = pace.evaluation_batches * per_batch * FORWARD_SHARE
    epochs_after = run.epochs - progress["epoch"]
    after = epochs_after * (progress["num_batches"] * per_batch + evaluation)
    this = (progress["num_batches"] - progress["batch"]) * per_batch + evaluation
    return after + max(0.0, this - (now - progress["at"]))


def _exact_key(spec: RunSpec) -> tuple:
    hyperparameters = tuple(sorted(spec.hyperparameters.items()))
    return *_rough_key(spec), hyperparameters, spec.encoding.length, spec.training.batch_size


def _rough_key(spec: RunSpec) -> tuple:
    return spec.architecture, spec.training.backend, spec.training.loop
