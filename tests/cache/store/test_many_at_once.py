"""Processes that ask, train, stop and give up, and others that look, on one cache: no process has to wait too long,
nothing is lost, nothing is done twice."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from cache.core.processes import PROJECT_ROOT
from cache.store.runner_store import RunnerStore
from cache.store.runs import FINISHED, QUEUED, RUNNING

BEGIN = """
import json, random, sys, time
from pathlib import Path

from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from models.experiments.spec import RunSpec

root, number, until = Path(sys.argv[1]), int(sys.argv[2]), time.time() + float(sys.argv[3])
chance, store, me = random.Random(number), RunnerStore(root), ProcessIdentity.current()

def specs():
    "What everybody asks for at about this time."
    seeds = {int(time.time() * 50) % 10**8 + chance.randrange(30) for _ in range(6)}
    return [RunSpec.create(dataset="imdb", fingerprint="f", architecture="flatten", seed=seed) for seed in seeds]
"""
WRITER = f"""{BEGIN}
def live(run):
    "A run from its claim to one of its ends."
    environment = {{"device": "Test CPU"}}
    resumed = store.resume_source(run.identity, run.epochs, "Test CPU")
    store.mark_started(run.id, environment, resumed)
    for epoch in range((resumed.epochs if resumed else 0) + 1, run.epochs + 1):
        if store.record_heartbeats([run.id]):
            return store.mark_cancelled(run.id)
        store.set_progress(run.id, epoch=epoch)
        store.add_epoch(run.id, EpochFinished(epoch, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, epoch == 1))
    end = chance.random()
    if end < 0.8:
        staged = store.staging_dir / f"{{run.id}}-{{me.pid}}"
        staged.mkdir()
        for name in ("best_weights.npz", "predictions.npz", "state.npz"):
            (staged / name).write_text(f"{{name}} {{run.identity}}")
        store.finish(run.id, staged, environment)
        done["finished"].append(run.id)
    elif end < 0.87:
        store.requeue(run.id, "because")
    elif end < 0.94:
        store.release_run(run.id)
    else:
        store.fail(run.id, "because")

done = {{"submitted": [], "finished": []}}
while time.time() < until or len(set(done["submitted"])) <= 10:
    done["submitted"] += store.submit(specs(), chance.randint(1, 3), "cpu")
    if chance.random() < 0.2:
        store.cancel(chance.sample(done["submitted"][-6:], 1))
    store.recover()
    for _ in range(3):
        if run := store.claim("cpu", me):
            live(run)
while run := store.claim("cpu", me):
    live(run)
print(json.dumps(done))
"""
READER = f"""{BEGIN}
looks = 0
while time.time() < until or not looks:
    if chance.random() < 0.2:
        store = RunnerStore(root)
    asked = specs()
    for run in store.best_runs([spec.identity for spec in asked], 2, "Test CPU").values():
        assert run.spec in asked
    longest = store.longest_finished([spec.identity for spec in asked], "Test CPU")
    runs = {{run.id: run for run in store.runs(["finished"])[-50:]}}
    for run_id, epochs in store.epochs(runs).items():
        assert [epoch.epoch for epoch in epochs] == list(range(1, runs[run_id].epochs + 1)), run_id
        assert runs[run_id].num_epochs == len(epochs)
    for run in longest.values():
        assert len(run.files) == 4 and store.damaged_files(run) == []
    looks += 1
print(json.dumps(looks))
"""


@pytest.mark.parametrize(("writers", "readers", "seconds"), [(2, 2, 1), pytest.param(4, 8, 60, marks=pytest.mark.slow)])
def test_some_write_and_others_read(tmp_path, writers, readers, seconds):
    store = RunnerStore(tmp_path)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), str(number), str(seconds)],
            cwd=PROJECT_ROOT,
            env=os.environ | {"UNROLL_MAX_QUEUE": "1000000"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, script in enumerate([WRITER] * writers + [READER] * readers)
    ]
    output = [process.communicate(timeout=seconds + 120) for process in processes]
    assert [error for _, error in output if error] == []
    *written, last = [json.loads(out) for out, _ in output[:writers]]
    assert all(json.loads(out) for out, _ in output[writers:]), "every reader has looked"

    runs = {run.id: run for run in store.runs()}
    assert sorted(runs) == list(range(1, len(runs) + 1)), "no row is lost"
    assert len(runs) > 10
    finished = {run.id: run for run in store.runs([FINISHED])}
    assert sorted(finished) == sorted(run_id for done in (*written, last) for run_id in done["finished"])
    assert {run_id for done in (*written, last) for run_id in done["submitted"]} == runs.keys()
    assert store.runs([QUEUED, RUNNING]) == [] and store.recover() == 0
    twice = Counter((run.identity, run.epochs) for run in finished.values())
    assert max(twice.values()) == 1, "one answer is enough"
    for run_id, epochs in store.epochs(finished).items():
        assert [epoch.epoch for epoch in epochs] == list(range(1, finished[run_id].epochs + 1))
        assert len(finished[run_id].files) == 4 and store.damaged_files(finished[run_id]) == []
    assert sorted(path.name for path in store.runs_dir.iterdir()) == sorted(map(str, finished))
    assert list(store.staging_dir.iterdir()) == []
