"""The cached results of a comparison: for each entry and seed its run, with the number of epochs that was asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cache.store.runs import CANCELLED, FAILED, FINISHED, SHARED, Run, seconds_per_epoch
from cache.store.store import RunStore
from models.experiments.comparison import Comparison
from models.experiments.spec import RunSpec
from models.training.events import DIVERGED, EpochFinished


@dataclass(frozen=True)
class Result:
    """One entry with one seed.

    ``run`` is the run that ``RunStore.best_runs`` finds, None if it was never queued. ``epochs`` are those to draw: of
    ``run``, or of a shorter finished run if that has more; ``device`` measured them, and ``contended`` is what else
    used it then.
    """

    label: str
    spec: RunSpec
    wanted_epochs: int
    run: Run | None = None
    epochs: tuple[EpochFinished, ...] = ()
    device: str | None = None
    contended: str | None = None

    @cached_property
    def key(self) -> str:
        """Results with the same key are drawn the same: the measurements of a run do not change, they only grow."""
        run = self.run and (self.run.id, self.run.created_at, self.run.state, self.run.epochs)
        return repr(
            (self.label, self.spec.identity, self.wanted_epochs, run, len(self.epochs), self.device, self.contended)
        )

    @property
    def asked_run(self) -> Run:
        """The run of a cached or active result. Raises ValueError if there is none."""
        if self.run is None:
            raise ValueError(f"{self.label}, seed {self.spec.seed}, was never asked for.")
        return self.run

    @property
    def is_cached(self) -> bool:
        """Whether all epochs that were asked for are finished, on any device."""
        return self.run is not None and self.run.state == FINISHED and self.run.epochs >= self.wanted_epochs

    @property
    def is_active(self) -> bool:
        """Whether all epochs that were asked for are waiting or in training."""
        return self.run is not None and self.run.is_active and self.run.epochs >= self.wanted_epochs

    @property
    def is_shared(self) -> bool:
        """Whether the epochs were measured while other runs were trained on the same device."""
        return self.contended == SHARED

    @property
    def has_failed(self) -> bool:
        return self.run is not None and self.run.state == FAILED

    @property
    def is_diverged(self) -> bool:
        """Whether the run failed because the loss became NaN or infinite."""
        return self.has_failed and (self.asked_run.reason or "").startswith(DIVERGED)

    @property
    def is_missing(self) -> bool:
        return not self.is_cached and not self.is_active


def fetch(store: RunStore, comparison: Comparison, fingerprint: str, device: str) -> list[Result]:
    """Reads the cached results of a comparison.

        results = fetch(store, comparison, fingerprint, device.name)
        missing = [result for result in results if result.is_missing]

    Args:
        store: The cache.
        comparison: The comparison.
        fingerprint: The fingerprint of the dataset's texts.
        device: The name of a device. Its own run is preferred among runs of the same spec.

    Returns:
        A result for each entry and seed, in the order of the line-up and the seeds.

    Raises:
        ValueError: An entry is not valid.
    """
    (results,) = fetch_together(store, [comparison.specs(fingerprint)], comparison.epochs, device)
    return results


def fetch_together(
    store: RunStore,
    asked: Sequence[Mapping[str, Sequence[RunSpec]]],
    wanted_epochs: int,
    device: str,
    timed: bool = False,
) -> list[list[Result]]:
    """Reads many comparisons as ``fetch`` does, with as few queries as for one.

    Args:
        store: The cache.
        asked: For each comparison, the specs by label.
        wanted_epochs: The number of epochs that all of them ask for.
        device: As for ``fetch``.
        timed: As for ``RunStore.best_runs``.

    Returns:
        The results of each comparison, in the order of ``asked``.
    """
    identities = list({spec.identity: None for specs in asked for each in specs.values() for spec in each})
    answers = store.best_runs(identities, wanted_epochs, device, timed)
    finished = store.longest_finished(identities, device)
    runs = {run.id: run for run in (*finished.values(), *answers.values())}
    epochs = store.epochs(runs, up_to=wanted_epochs)
    return [
        [
            _result(label, spec, wanted_epochs, answers.get(spec.identity), finished.get(spec.identity), epochs)
            for label, each in specs.items()
            for spec in each
        ]
        for specs in asked
    ]


def _result(
    label: str,
    spec: RunSpec,
    wanted: int,
    run: Run | None,
    finished: Run | None,
    epochs: dict[int, list[EpochFinished]],
) -> Result:
    # Failed and cancelled runs are not drawn: they may have diverged.
    drawable = [each for each in (run, finished) if each and each.state not in (FAILED, CANCELLED)]
    source = max(drawable, key=lambda each: len(epochs[each.id]), default=None)
    if source is None:
        return Result(label, spec, wanted, run)
    return Result(label, spec, wanted, run, tuple(epochs[source.id]), source.device, source.contended)


def missing_work(
    results: Iterable[Result], device: str, keep_weights: bool = False, together: bool = False
) -> list[tuple[RunSpec, int]]:
    """List what has to be trained, to estimate how long it takes.

    Args:
        results: Results that are not missing are left out.
        device: The name of the device that would train; a shorter run of the same device is continued.
        keep_weights: Whether the training keeps its weights after chosen epochs; it then only continues a run that has
            kept its own.
        together: Whether the runs would share the device with others; if not, none that did is continued.

    Returns:
        (spec, epochs still to train).
    """

    def is_continued(result: Result) -> bool:
        has_kept = result.run is not None and bool(result.run.kept_epochs)
        return result.device == device and (has_kept or not keep_weights) and (together or not result.is_shared)

    return [
        (result.spec, result.wanted_epochs - (len(result.epochs) if is_continued(result) else 0))
        for result in results
        if result.is_missing
    ]


def has_seconds(result: Result, include_contended: bool = False) -> bool:
    """Whether a result's seconds can be compared: shared ones never, disturbed ones only if they are included."""
    return result.contended is None or (include_contended and result.contended != SHARED)


def timed(results: Iterable[Result], device: str, include_contended: bool = False) -> list[Result]:
    """Selects the results whose seconds can be compared.

    Args:
        results: Any results.
        device: The name of the device that must have measured them.
        include_contended: Whether disturbed seconds count.
    """
    return [
        result
        for result in results
        if result.epochs and result.device == device and has_seconds(result, include_contended)
    ]


def seconds_by_seed(
    results: Iterable[Result], device: str, include_contended: bool = False
) -> dict[str, dict[int, float]]:
    """Collects the seconds per epoch of results that were timed from the first epoch to the last.

    Args:
        results: Any results.
        device: The name of the device whose seconds count.
        include_contended: Whether disturbed seconds count.

    Returns:
        Seconds by label and seed; results without seconds are left out.
    """
    found: dict[str, dict[int, float]] = {}
    for result in timed(results, device, include_contended):
        if result.is_cached and (seconds := seconds_per_epoch(list(result.epochs))) is not None:
            found.setdefault(result.label, {})[result.spec.seed] = seconds
    return found


def timed_on(results: Sequence[Result], preferred: str) -> str:
    """Choose the device whose seconds are shown.

    Args:
        results: The runs that are compared.
        preferred: The name of this machine's device, which is taken if no other has timed more architectures.
    """
    others = sorted({result.device for result in results if result.device} - {preferred})
    return max((preferred, *others), key=lambda device: len({result.label for result in timed(results, device)}))
