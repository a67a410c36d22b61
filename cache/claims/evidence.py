"""The cached runs that test claims: groups of seeds and their measurements."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from cache.claims.rules import PER_CENT, POINTS, POINTS_AN_EPOCH, SECONDS, Unit
from cache.results.overfitting import measures, sharpest_fall
from cache.results.predictions import correct_mask, predictions
from cache.results.results import Result, fetch_together
from cache.store.database import LISTED, listed
from cache.store.runs import FAILED, FINISHED, QUEUED, RUNNING, Run, best_epoch, seconds_per_epoch
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.data.memory_tests import MemoryDataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import RunSpec
from models.experiments.studies import EPOCHS, NUM_SEEDS, study_comparison
from models.statistics.learnt import learnt_by
from models.statistics.paired_difference import MIN_SEEDS
from models.tasks import CLASSIFICATION
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished

MAX_SEEDS = 50
"""Of one group; further seeds are neither read nor trained."""


@dataclass(frozen=True)
class SeedGroup:
    """An architecture in one setting with all its seeds. ``setting`` describes the setting, if there are several.

    ``chosen`` are its hyperparameters that differ from the defaults, by name.
    """

    architecture: str
    encoding: TextEncoding = TextEncoding()  # noqa: RUF009
    dataset: str = "imdb"
    examples: int | None = None
    epochs: int = EPOCHS
    setting: str = field(default="", compare=False)
    chosen: tuple[tuple[str, int | float | str], ...] = ()

    @property
    def title(self) -> str:
        """The title of the architecture alone."""
        return self._entry.label

    @property
    def label(self) -> str:
        return f"{self.title}, {self.setting}" if self.setting else self.title

    @property
    def steps(self) -> int:
        """The distance in a memory test; 0 with other data."""
        dataset = get_dataset(self.dataset)
        return dataset.steps if isinstance(dataset, MemoryDataset) else 0

    @property
    def _entry(self) -> Entry:
        return Entry(self.architecture, dict(self.chosen))

    def comparison(self, backend: str) -> Comparison:
        asked = study_comparison(self._entry, encoding=self.encoding, dataset=self.dataset, examples=self.examples)
        return replace(asked, epochs=self.epochs, training=replace(asked.training, backend=backend))


@dataclass(frozen=True)
class Measure:
    """A metric of a run. ``read`` takes a run's epochs; values cannot lie beyond ``limits``. If ``is_timed``, only
    undisturbed measurements of one device can be compared.
    """

    title: str
    unit: Unit
    read: Callable[[Sequence[EpochFinished]], float | None]
    limits: tuple[float, float] = (-1.0, 1.0)
    is_timed: bool = False


def _of_curve(name: str) -> Callable[[Sequence[EpochFinished]], float | None]:
    return lambda epochs: measures(epochs)[name]


SHARE = (0.0, 1.0)
SECONDS_PER_EPOCH = Measure("Seconds per epoch", SECONDS, seconds_per_epoch, (0.0, math.inf), is_timed=True)
TEST_ACCURACY = Measure("Test accuracy", PER_CENT, lambda epochs: best_epoch(epochs).test_accuracy, SHARE)
TRAINING_ACCURACY = Measure(
    "Training accuracy at the last epoch", PER_CENT, lambda epochs: epochs[-1].train_accuracy, SHARE
)
GAP = Measure("Training above validation accuracy at the last epoch", POINTS, _of_curve("gap_at_last"))
LOSS_AFTER_BEST = Measure("Validation accuracy lost after the best epoch", POINTS, _of_curve("drop"), SHARE)
JAGGEDNESS = Measure("Jaggedness of validation accuracy", POINTS_AN_EPOCH, _of_curve("jaggedness"), SHARE)
SHARPEST_FALL = Measure(
    "Sharpest fall of validation accuracy from one epoch to the next",
    POINTS,
    lambda epochs: sharpest_fall([epoch.validation_accuracy for epoch in epochs]),
    SHARE,
)


@dataclass(frozen=True)
class MissingRun:
    """A run to train. ``is_timed`` says that it must be measured on the device itself, undisturbed."""

    label: str
    spec: RunSpec
    epochs: int
    is_timed: bool


@dataclass(frozen=True)
class Sample:
    """The measurements of a group: a value for each result that counts, in the order of the seeds."""

    group: SeedGroup
    measure: Measure
    results: tuple[Result, ...]
    values: tuple[float, ...]
    missing_reason: str
    """Why there are too few runs; empty if there are enough."""
    wanted: tuple[MissingRun, ...]
    """The runs of all seeds that do not count, neither queued nor in training."""

    @property
    def groups_of_seeds(self) -> str:
        """Describe seeds of a memory test in two groups: "1 of 3 seeds learnt it"; else empty."""
        dataset = get_dataset(self.group.dataset)
        if self.measure != TEST_ACCURACY or not isinstance(dataset, MemoryDataset):
            return ""
        return learnt_by(self.values, dataset.test.chance)

    def work(self, num_seeds: int) -> list[MissingRun]:
        """The runs that are missing for so many seeds."""
        return [work for work in self.wanted if work.spec.seed < num_seeds]


@dataclass(frozen=True)
class Evidence:
    """``device`` is the device whose seconds count. ``classes`` are the classes of each dataset's test split, None if
    they were not read. ``active`` are running or waiting runs, by their specs' identities.
    """

    store: RunStore
    backend: str
    device: str
    results: Mapping[SeedGroup, tuple[Result, ...]]
    active: Mapping[str, tuple[Run, ...]]
    classes: Mapping[str, np.ndarray | None]

    def sample(self, group: SeedGroup, measure: Measure) -> Sample:
        found = [(result, measure.read(result.epochs)) for result in self.results[group] if result.is_cached]
        counting = [
            (result, value)
            for result, value in found
            if value is not None and not (measure.is_timed and (result.device != self.device or result.contended))
        ]
        label, seeds = group.label, {result.spec.seed for result, _ in counting}
        specs = specs_of(group, self.backend, self.results[group][0].spec.fingerprint)
        return Sample(
            group,
            measure,
            tuple(result for result, _ in counting),
            tuple(value for _, value in counting),
            self._missing_reason(group, measure, len(counting)),
            tuple(
                MissingRun(label, spec, group.epochs, measure.is_timed)
                for spec in specs
                if spec.seed not in seeds and spec.identity not in self.active
            ),
        )

    def right(self, group: SeedGroup) -> dict[int, np.ndarray]:
        """By seed, whether each test example was classified correctly; empty if that is unknown."""
        predicted = predictions(self.store, self.results[group])
        found = correct_mask(predicted, CLASSIFICATION, self.classes.get(group.dataset))
        return next(iter(found.values()), {})

    def num_test(self, group: SeedGroup) -> int | None:
        """The number of test examples that its runs predicted; None without predictions."""
        predicted = predictions(self.store, self.results[group])
        return next((len(kept) for by_seed in predicted.values() for kept in by_seed.values()), None)

    def _missing_reason(self, group: SeedGroup, measure: Measure, num_counting: int) -> str:
        if num_counting >= MIN_SEEDS:
            return ""
        results = self.results[group]
        here = [result for result in results if result.is_cached and result.device == self.device]
        reasons = {
            "disturbed": sum(result.contended is not None for result in here) if measure.is_timed else 0,
            "measured elsewhere": sum(result.is_cached for result in results) - len(here) if measure.is_timed else 0,
            "in training or waiting": sum(result.spec.identity in self.active for result in results),
            "failed": sum(result.run is not None and result.run.state == FAILED for result in results),
        }
        more = "".join(f", {number} {reason}" for reason, number in reasons.items() if number)
        return f"{group.label}: {num_counting} of {MIN_SEEDS} {'timed ' * measure.is_timed}runs{more}"


def gather(
    store: RunStore, groups: Iterable[SeedGroup], backend: str, device: str, classes: Mapping[str, np.ndarray | None]
) -> Evidence:
    """Reads all runs that claims are evaluated by.

    Args:
        store: The cache.
        groups: The groups of runs that claims name. Of each, all cached seeds are read, and at least those of a study.
        backend: The Keras backend of the runs.
        device: The name of the device whose seconds count.
        classes: The classes of the test split, (examples,), by dataset; None where they were not read yet.
    """
    groups = list(dict.fromkeys(groups))
    specs = {group: specs_of(group, backend, _fingerprint(store, group)) for group in groups}
    seeds = _asked(store, [spec.identity for each in specs.values() for spec in each])
    wanted = {
        group: each[: max([NUM_SEEDS, *(spec.seed + 1 for spec in each if spec.identity in seeds)])]
        for group, each in specs.items()
    }
    results: dict[SeedGroup, tuple[Result, ...]] = {}
    for epochs in {group.epochs for group in groups}:
        alike = [group for group in groups if group.epochs == epochs]
        asked = [{group.label: wanted[group]} for group in alike]
        found = fetch_together(store, asked, epochs, device)
        results |= {group: tuple(each) for group, each in zip(alike, found, strict=True)}
    active: dict[str, tuple[Run, ...]] = {}
    known = {spec.identity for each in wanted.values() for spec in each}
    for run in store.runs([QUEUED, RUNNING]):
        if run.identity in known:
            active[run.identity] = (*active.get(run.identity, ()), run)
    return Evidence(store, backend, device, results, active, classes)


def devices_of(store: RunStore, groups: Iterable[SeedGroup], backend: str) -> tuple[dict[str, int], int]:
    """Count the runs of groups by the device that measured them.

    Args:
        store: The cache.
        groups: The groups of seeds.
        backend: The Keras backend of the runs.

    Returns:
        (number of runs by the device's name, most first; number of runs that a study asks for).
    """
    asked = {
        spec.identity for group in groups for spec in specs_of(group, backend, _fingerprint(store, group))[:NUM_SEEDS]
    }
    sql = f"""
        SELECT device, COUNT(DISTINCT identity) AS number FROM runs
        WHERE identity IN {LISTED} AND state = ? AND epochs >= ? AND deleted_at IS NULL AND device IS NOT NULL
        GROUP BY device ORDER BY number DESC, device
    """  # noqa: S608
    found = store.db.read(sql, (listed(asked), FINISHED, EPOCHS))
    return {row["device"]: row["number"] for row in found}, len(asked)


def version(store: RunStore) -> tuple[tuple, ...]:
    """Return a value that changes whenever a run is added, trained, deleted or restored."""
    sql = """
        SELECT state, deleted_at IS NULL, COUNT(*), SUM(id), SUM(num_epochs), COUNT(contended) FROM runs
        GROUP BY 1, 2
    """
    return tuple(tuple(row) for row in store.db.read(sql))


@lru_cache(maxsize=1_000)
def specs_of(group: SeedGroup, backend: str, fingerprint: str) -> tuple[RunSpec, ...]:
    """Make the specs of a group, one for each seed that can be asked for.

    Args:
        group: The group of seeds.
        backend: The Keras backend.
        fingerprint: The fingerprint of the group's dataset.
    """
    asked = replace(group.comparison(backend), num_seeds=1)
    ((first,),) = asked.specs(fingerprint).values()
    return tuple(replace(first, seed=seed) for seed in range(MAX_SEEDS))


def _fingerprint(store: RunStore, group: SeedGroup) -> str:
    """Empty for a dataset that is not on this machine, which has no runs here."""
    return group.comparison("tensorflow").dataset.fingerprint(store.root / "tfds") or ""


def _asked(store: RunStore, identities: Sequence[str]) -> set[str]:
    sql = f"SELECT DISTINCT identity FROM runs WHERE identity IN {LISTED} AND deleted_at IS NULL"  # noqa: S608
    return {row["identity"] for row in store.db.read(sql, (listed(identities),))}
