"""How long runs will take, from what was measured on the same device. What was never measured is not guessed."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from statistics import mean

from cache.runs import Run
from models.events import EpochFinished
from models.spec import RunSpec

MIN_BATCHES = 8
"""The first batches hold tracing and compilation: until so many are done, their pace says nothing."""


class EpochTimes:
    """Seconds per steady epoch on one device, from (spec JSON, seconds) of finished runs."""

    def __init__(self, measured: Iterable[tuple[str, float]]) -> None:
        self._measured: dict[tuple, dict[int, list[float]]] = {}
        for spec_json, seconds in measured:
            with suppress(ValueError, TypeError, KeyError):  # a spec that this version no longer reads
                spec = RunSpec.from_json(spec_json)
                size = spec.num_train
                self._measured.setdefault(_exact_key(spec), {}).setdefault(size, []).append(seconds / size)
                per_token = seconds / (size * spec.encoding.length)
                self._measured.setdefault(_rough_key(spec), {}).setdefault(size, []).append(per_token)

    def seconds_per_epoch(self, spec: RunSpec) -> float | None:
        """Scaled by training examples from runs with the same model, length and batch; failing those, from any run of
        the architecture by examples and length. The largest runs count, in which constant costs weigh least. None if
        the architecture was never measured."""
        if exact := self._measured.get(_exact_key(spec)):
            return mean(exact[max(exact)]) * spec.num_train
        if rough := self._measured.get(_rough_key(spec)):
            return mean(rough[max(rough)]) * spec.num_train * spec.encoding.length
        return None

    def total(self, work: Iterable[tuple[RunSpec, int]]) -> tuple[float, int]:
        """(seconds for the (spec, epochs) that can be told, number of those that cannot)."""
        each = [(self.seconds_per_epoch(spec), epochs) for spec, epochs in work]
        known = [seconds * epochs for seconds, epochs in each if seconds is not None]
        return sum(known), len(each) - len(known)


def seconds_left(run: Run, epochs: Sequence[EpochFinished], times: EpochTimes) -> float | None:
    """Until a running run ends, from its own epochs and batches, else from earlier runs; None if nothing is known."""
    progress = run.progress
    here = [epoch.train_seconds + epoch.validation_seconds for epoch in epochs if not epoch.is_first]
    per_epoch = mean(here) if here else times.seconds_per_epoch(run.spec)
    if progress.get("batch", 0) < MIN_BATCHES:
        return None if per_epoch is None else per_epoch * (run.epochs - len(epochs))
    by_batches = progress["seconds"] / progress["batch"] * progress["num_batches"]
    whole = per_epoch if per_epoch is not None else by_batches
    left_of_epoch = max(0.0, max(whole, by_batches) - progress["seconds"])
    return left_of_epoch + whole * (run.epochs - progress["epoch"])


def _exact_key(spec: RunSpec) -> tuple:
    hyperparameters = tuple(sorted(spec.hyperparameters.items()))
    return spec.architecture, hyperparameters, spec.encoding.length, spec.training.batch_size


def _rough_key(spec: RunSpec) -> tuple:
    return (spec.architecture,)
