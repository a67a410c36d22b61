"""How fast each engine trains a line-up on a device, from cached runs of its first epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from cache.results.results import Result, fetch_together, timed
from cache.store.runs import seconds_per_epoch
from cache.store.store import RunStore
from models.experiments.comparison import Comparison
from models.experiments.engines import Engine
from models.training.events import EpochFinished

MEASURED_EPOCHS = 3
"""The first also traces and compiles; the other two are steady."""


@dataclass(frozen=True)
class EngineTimes:
    """One engine on one device. ``per_epoch`` has the seconds of an epoch's training part by label, the mean over
    seeds; ``whole`` the estimated seconds of each label's part of the comparison, all of its epochs and seeds, with
    tracing, compiling and validation. Labels that were not measured are in neither, but in ``missing`` with the result
    of their first seed.
    """

    engine: Engine
    per_epoch: Mapping[str, float]
    whole: Mapping[str, float]
    missing: Mapping[str, Result]

    @property
    def total(self) -> float | None:
        """Estimated seconds of the whole comparison; None if a part of it was not measured."""
        return None if self.missing else sum(self.whole.values())


def engine_times(
    store: RunStore, comparison: Comparison, fingerprint: str, device: str, engines: Sequence[Engine]
) -> list[EngineTimes]:
    """Read how fast engines train a line-up. Only undisturbed seconds count.

    Args:
        store: The cache.
        comparison: The line-up with all of its settings; its own engine does not matter.
        fingerprint: The fingerprint of the dataset's texts.
        device: The name of the device.
        engines: The engines.

    Raises:
        ValueError: An entry is not valid.
    """
    asked = [replace(comparison, training=engine.trains(comparison.training)).specs(fingerprint) for engine in engines]
    found = fetch_together(store, asked, MEASURED_EPOCHS, device, timed=True)
    return [_times(engine, results, comparison, device) for engine, results in zip(engines, found, strict=True)]


def fastest(times: Sequence[EngineTimes]) -> EngineTimes | None:
    """Return the engine with the least total; None unless two have one."""
    whole = [each for each in times if each.total is not None]
    return min(whole, key=lambda each: each.total or 0.0) if len(whole) > 1 else None


def _times(engine: Engine, results: Sequence[Result], comparison: Comparison, device: str) -> EngineTimes:
    measured: dict[str, list[Sequence[EpochFinished]]] = {}
    for result in timed(results, device):
        if result.is_cached and seconds_per_epoch(result.epochs) is not None:
            measured.setdefault(result.label, []).append(result.epochs)
    return EngineTimes(
        engine,
        {label: mean(seconds_per_epoch(epochs) or 0.0 for epochs in each) for label, each in measured.items()},
        {
            label: comparison.num_seeds * mean(_seconds(epochs, comparison.epochs) for epochs in each)
            for label, each in measured.items()
        },
        {result.label: result for result in reversed(results) if result.label not in measured},
    )


def _seconds(measured: Sequence[EpochFinished], epochs: int) -> float:
    """Estimated seconds of a training: one first epoch, and the others steady."""
    first, steady = (
        [each.train_seconds + each.validation_seconds for each in measured if each.is_first == is_first]
        for is_first in (True, False)
    )
    return max(first, default=mean(steady)) + (epochs - 1) * mean(steady)
