"""``kill -9`` of a real runner or its worker at random moments: what is trained in the end is what would have been."""

import random
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from cache.core.processes import PROJECT_ROOT
from cache.store.runs import FINISHED, QUEUED, RUNNING
from cache.store.store import RunStore
from models.architectures import ARCHITECTURES
from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import Training
from models.layers import Dropout
from models.tasks import NEXT_WORD
from models.training.initial_vectors import initial_vectors
from tests.models.training.test_training import curve, run, same_files

SHORT, LONG = 2, 4
WITH_DROPOUT = [
    entry.name for entry in ARCHITECTURES.values() if any(isinstance(layer, Dropout) for layer in entry.layers(1_000))
]
FEW = ["flatten", "gru", *WITH_DROPOUT[:1]]


class Crashes:
    """A runner that is killed ``kills`` times on its way to what is wanted; half the time it is its worker."""

    def __init__(self, store, chance):
        self._store, self._chance = store, chance
        self._runner = None
        self._seen = {}

    def train(self, specs, epochs, kills):
        """Until each is finished. What was given up after three attempts is asked for again, as a person would."""
        until = time.monotonic() + 120 + 30 * kills
        while True:
            ids = self._store.submit(specs, epochs, "cpu")
            self._check()
            if self._runner is None or self._runner.poll() is not None:
                self._start()
            if kills:
                self._kill()
                kills -= 1
            elif all(self._store.run(run_id).state == FINISHED for run_id in ids):
                return [self._store.run(run_id) for run_id in ids]
            assert time.monotonic() < until, self._store.runs([QUEUED, RUNNING])
            time.sleep(0.1)

    def _start(self):
        command = [sys.executable, "-m", "cache.execution.runner", "--device", "cpu", "--cache", str(self._store.root)]
        with (self._store.logs_dir / "runner.log").open("ab") as log:
            self._runner = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=log, stderr=log)

    def _kill(self):
        """Now and then as soon as something trains or a little later, else at some moment of the start."""
        if self._chance.random() < 0.3:
            until = time.monotonic() + 30
            while time.monotonic() < until and not any(each.progress for each in self._store.runs([RUNNING])):
                if self._runner.poll() is not None or not self._store.runs([QUEUED, RUNNING]):
                    return
                time.sleep(0.01)
        time.sleep(self._chance.uniform(0, 1))
        process = psutil.Process(self._runner.pid)
        below = process.children(recursive=True)
        workers = [child for child in below if "resource_tracker" not in " ".join(command_of(child))]
        if workers and self._chance.random() < 0.5:
            with suppress(psutil.NoSuchProcess):
                workers[0].kill()
        else:
            self.end()

    def end(self):
        """Kills the runner; nothing that it has started outlives it."""
        if self._runner is None or self._runner.poll() is not None:
            return
        below = psutil.Process(self._runner.pid).children(recursive=True)
        self._runner.kill()
        self._runner.wait()
        _, alive = psutil.wait_procs(below, timeout=60)
        assert alive == [], "orphans"

    def _check(self):
        """What must hold at every moment."""
        finished = {run.id: run for run in self._store.runs([FINISHED])}
        assert self._seen.items() <= finished.items(), "a finished run has changed"
        for run_id, epochs in self._store.epochs(finished).items():
            assert [epoch.epoch for epoch in epochs] == list(range(1, finished[run_id].epochs + 1))
            assert len(finished[run_id].files) == 4 and self._store.damaged_files(finished[run_id]) == []
        self._seen = finished


def command_of(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture
def store(tmp_path, data_root, small_data):
    root = tmp_path / "cache"
    root.mkdir()
    (root / "encoded").symlink_to(data_root / "encoded")
    return RunStore(root)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "kills"),
    [(FEW, 4), pytest.param(list(ARCHITECTURES), 60, marks=pytest.mark.timeout(3_600))],
    ids=["few", "all"],
)
def test_training_that_is_killed_again_and_again_ends_as_if_it_never_were(
    store, small_spec, small_data, tmp_path, names, kills
):
    specs = [small_spec(name, training=Training(batch_size=32)) for name in names]
    crashes = Crashes(store, random.Random(kills))
    try:
        short = crashes.train(specs, SHORT, kills // 2)
        long = crashes.train(specs, LONG, kills - kills // 2)
    finally:
        crashes.end()
    assert store.recover() == 0 and store.runs([QUEUED, RUNNING]) == []
    assert [store.run(each.id) for each in short] == short and {each.id for each in long}.isdisjoint(
        each.id for each in short
    )
    for spec, two, four in zip(specs, short, long, strict=True):
        vectors = initial_vectors(spec, store.root)  # those that the killed trainings began with, where there are any
        data = small_data
        if spec.task == NEXT_WORD:
            dataset = get_dataset(spec.dataset)
            data = load_encoded(dataset, spec.train_examples, spec.encoding, store.root, task=NEXT_WORD)
        undisturbed = curve(run(spec, data, LONG, tmp_path / spec.architecture, vectors=vectors))
        epochs = store.epochs([two.id, four.id])
        assert curve(epochs[four.id]) == undisturbed
        assert curve(epochs[two.id]) == undisturbed[:SHORT]
        assert [epoch.is_first for epoch in epochs[four.id]] == [True, False, True, False], "it was continued"
        same_files(tmp_path / spec.architecture, store.files_dir(four.id))
