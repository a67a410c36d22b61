"""Estimates of how long runs take, from measurements on the same device. Without any, there is no estimate."""

from collections.abc import Iterable
from contextlib import suppress
from statistics import mean, median

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
    """

    def __init__(self, measured: Iterable[tuple[str, float, float]]) -> None:
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

    def total(self, work: Iterable[tuple[RunSpec, int]]) -> tuple[float, int]:
        """Return (seconds of the (spec, epochs) that can be estimated, number of those that cannot)."""
        each = [self.seconds(spec, epochs) for spec, epochs in work]
        known = [seconds for seconds in each if seconds is not None]
        return sum(known), len(each) - len(known)


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
