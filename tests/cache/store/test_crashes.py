"""``kill -9`` at random moments of a run's life in the store: nothing half written, nothing lost, nothing orphaned."""

import random
import subprocess
import sys
import time

import pytest

from cache.core.processes import PROJECT_ROOT
from cache.store.runner_store import RunnerStore
from cache.store.runs import FINISHED, QUEUED

NUM_EPOCHS = 3
LIFE = """
import sys
from dataclasses import replace
from pathlib import Path

from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from models.training.events import EpochFinished

store, me = RunnerStore(Path(sys.argv[1])), ProcessIdentity.current()
print("ready", flush=True)
store.recover()
while run := store.claim("cpu", me):
    store.mark_started(run.id, {"device": "Test"}, None)
    for number in range(1, run.epochs + 1):
        store.add_epoch(run.id, EpochFinished(number, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, number == 1))
    staged = store.staging_dir / f"{run.id}-{me.pid}"
    staged.mkdir()
    for name in ("best_weights.npz", "predictions.npz", "state.npz"):
        (staged / name).write_bytes(name.encode() * 20_000)
    store.finish(run.id, staged, {"device": "Test"})
"""


def check(store, seen):
    """What must hold at every moment; returns the finished runs."""
    finished = {run.id: run for run in store.runs([FINISHED])}
    for run_id, run in seen.items():
        assert finished[run_id] == run, "a finished run has changed"
    epochs = store.epochs(finished)
    for run in finished.values():
        assert len(run.files) == 4 and store.damaged_files(run) == []
        assert [epoch.epoch for epoch in epochs[run.id]] == list(range(1, NUM_EPOCHS + 1))
    return finished


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.timeout(1_800))])
@pytest.mark.slow
def test_killing_at_random_moments_loses_nothing(tmp_path, small_spec, kills, monkeypatch):
    monkeypatch.setattr("cache.store.store.MAX_ATTEMPTS", 10**6)
    store, moments, finished = RunnerStore(tmp_path), random.Random(0), {}
    for kill in range(kills):
        store.submit([small_spec(seed=1_000 * kill + seed) for seed in range(15)], NUM_EPOCHS, "cpu")
        script = f"import cache.store.store; cache.store.store.MAX_ATTEMPTS = 10**6\n{LIFE}"
        process = subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=PROJECT_ROOT, stdout=subprocess.PIPE)
        with process:
            process.stdout.readline()
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
        finished = check(store, finished)
    store.recover()
    assert {run.state for run in store.runs()} <= {QUEUED, FINISHED}
    subprocess.run([sys.executable, "-c", LIFE, tmp_path], cwd=PROJECT_ROOT, check=True, capture_output=True)
    assert len(check(store, finished)) == 15 * kills
