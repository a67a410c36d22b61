"""How long runs will take, from what was measured on the same device. What was never measured is not guessed."""

from collections.abc import Iterable, Sequence
from statistics import mean

from cache.runs import Run
from models.datasets import get_dataset
from models.events import EpochFinished
from models.spec import RunSpec


class EpochTimes:
    """Seconds per epoch on one device, from (spec JSON, seconds) of finished runs."""

    def __init__(self, measured: Iterable[tuple[str, float]]) -> None:
        self._exact: dict[tuple, list[float]] = {}
        self._rough: dict[str, list[float]] = {}
        for spec_json, seconds in measured:
            spec = RunSpec.from_json(spec_json)
            self._exact.setdefault(_exact_key(spec), []).append(seconds / _num_train(spec))
            self._rough.setdefault(spec.architecture, []).append(seconds / (_num_train(spec) * spec.encoding.length))

    def seconds_per_epoch(self, spec: RunSpec) -> float | None:
        """Scaled by training examples from runs with the same model, length and batch; failing those, from any run of
        the architecture by examples and length. None if the architecture was never measured."""
        if exact := self._exact.get(_exact_key(spec)):
            return mean(exact) * _num_train(spec)
        if rough := self._rough.get(spec.architecture):
            return mean(rough) * _num_train(spec) * spec.encoding.length
        return None

    def total(self, specs: Iterable[RunSpec], epochs: int) -> tuple[float, int]:
        """(seconds for the specs that can be told, number of specs that cannot)."""
        each = [self.seconds_per_epoch(spec) for spec in specs]
        known = [seconds for seconds in each if seconds is not None]
        return sum(known) * epochs, len(each) - len(known)


def seconds_left(run: Run, epochs: Sequence[EpochFinished], times: EpochTimes) -> float | None:
    """Until a running run ends, from its own epochs and batches, else from earlier runs; None if nothing is known."""
    progress = run.progress
    here = [epoch.train_seconds + epoch.validation_seconds for epoch in epochs if not epoch.is_first]
    per_epoch = mean(here) if here else times.seconds_per_epoch(run.spec)
    if not progress.get("batch") or not progress.get("seconds"):
        return None if per_epoch is None else per_epoch * (run.epochs - len(epochs))
    by_batches = progress["seconds"] / progress["batch"] * progress["num_batches"]
    whole = per_epoch if per_epoch is not None else by_batches
    left_of_epoch = max(0.0, max(whole, by_batches) - progress["seconds"])
    return left_of_epoch + whole * (run.epochs - progress["epoch"])


def _exact_key(spec: RunSpec) -> tuple:
    hyperparameters = tuple(sorted(spec.hyperparameters.items()))
    return spec.architecture, hyperparameters, spec.encoding.length, spec.training.batch_size


def _num_train(spec: RunSpec) -> int:
    return spec.train_examples or get_dataset(spec.dataset).num_train
