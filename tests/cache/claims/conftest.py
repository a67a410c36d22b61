"""Invented runs, for which a claim holds or does not."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cache.claims.evidence import MAX_SEEDS, Evidence, specs_of
from cache.results.results import Result
from cache.store.runs import FINISHED, Run
from models.experiments.studies import NUM_SEEDS
from models.training.events import EpochFinished
from models.training.run_files import save_predictions
from tests.conftest import DEVICE

PRINT = "f" * 16


@dataclass
class Invented:
    """``add`` takes a value for all seeds, or a list with one for each; a curve is a tuple."""

    root: Path
    results: dict = field(default_factory=dict)
    classes: dict = field(default_factory=dict)
    active: dict = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def add(
        self, group, *, seeds=3, train=0.99, curve=(0.7, 0.8, 0.78), test=0.8, seconds=2.0, device=DEVICE,
        contended=None, right=None,
    ):  # fmt: skip
        """``right``: whether each test example is answered rightly; the class of all of them is 1."""
        specs = specs_of(group, "tensorflow", PRINT)
        found = []
        for seed in range(seeds):

            def of_seed(value, seed=seed):
                return value[seed] if isinstance(value, list) else value

            number = next(self.numbers)
            epochs = self._epochs(*map(of_seed, (curve, train, test, seconds)))
            run = blank(
                id=number, spec_json=specs[seed].to_json(), state=FINISHED, epochs=group.epochs,
                device=of_seed(device), contended=of_seed(contended), identity=specs[seed].identity,
            )  # fmt: skip
            if (answers := of_seed(right)) is not None:
                best = max(epochs, key=lambda epoch: epoch.validation_accuracy).epoch
                (self.root / str(number)).mkdir()
                save_predictions(self.root / str(number), {best: np.asarray(answers, np.float32)})
            found.append(
                Result(group.label, specs[seed], group.epochs, run, epochs, of_seed(device), of_seed(contended))
            )
        self.results[group] = tuple(found)

    def _epochs(self, curve, train, test, seconds):
        return tuple(
            EpochFinished(number, 0.4, train, 0.5, accuracy, 0.6, test, seconds, 0.1, number == 1)
            for number, accuracy in enumerate(curve, start=1)
        )

    def evidence(self, groups=(), device=DEVICE):
        """With nothing of the groups that were not added, and of all at least as many seeds as a study has."""
        found = {}
        for group in dict.fromkeys([*groups, *self.results]):
            own = {result.spec.seed: result for result in self.results.get(group, ())}
            specs = specs_of(group, "tensorflow", PRINT)[: max([NUM_SEEDS, *(seed + 1 for seed in own)])]
            found[group] = tuple(own.get(spec.seed) or Result(group.label, spec, group.epochs) for spec in specs)
        store = SimpleNamespace(files_dir=lambda run_id: self.root / str(run_id))
        return Evidence(store, "tensorflow", device, found, self.active, self.classes)


def blank(**values):
    """A run of which only so much is known."""
    return Run(**dict.fromkeys(each.name for each in fields(Run)) | values)


@pytest.fixture
def invented(tmp_path):
    assert MAX_SEEDS >= 12
    return Invented(tmp_path)


@pytest.fixture
def disturb():
    """The same results, measured while something else used the device."""
    return lambda results: tuple(replace(each, contended="another program") for each in results)
