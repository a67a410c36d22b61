"""A full disk: what cannot be written is not half written, and goes on when there is room again."""

import shutil
import subprocess
import sys

import pytest

from cache.core.processes import PROJECT_ROOT

SCRIPT = """
import os, resource, sqlite3, sys
from contextlib import suppress
from pathlib import Path

from cache.core.processes import ProcessIdentity
from cache.store.repair import reports
from cache.store.runner_store import RunnerStore
from cache.store.runs import FINISHED, RUNNING
from models.training.events import EpochFinished
from models.experiments.spec import RunSpec

root, how = Path(sys.argv[1]), sys.argv[2]
os.environ["UNROLL_MAX_QUEUE"] = "100000"  # it is the disk that has to end here
store, me, environment = RunnerStore(root), ProcessIdentity.current(), {"device": "Test CPU"}

def fill():
    if how == "limit":
        largest = max(path.stat().st_size for path in root.glob("runs.sqlite*"))
        return resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    with suppress(OSError), (root / "ballast").open("wb", buffering=0) as file:
        while file.write(bytes(4_096)):
            pass

def free():
    if how == "limit":
        return resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (root / "ballast").unlink()

def fails(action):
    try:
        action()
    except (OSError, sqlite3.OperationalError) as error:
        return print(type(error).__name__, error)
    raise SystemExit("It was written although there is no room.")

def epoch(number):
    return EpochFinished(number, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, number == 1)

def spec(seed):
    return RunSpec.create(dataset="imdb", fingerprint="f", architecture="flatten", seed=seed)

def stage(run_id):
    staged = store.staging_dir / str(run_id)
    staged.mkdir()
    for name in ("best_weights.npz", "predictions.npz", "state.npz"):
        (staged / name).write_text(name)
    return staged

def train(seed):
    (run_id,) = store.submit([spec(seed)], 2, "cpu")
    store.claim("cpu", me)
    store.mark_started(run_id, environment, None)
    for number in (1, 2):
        store.add_epoch(run_id, epoch(number))
    return run_id

kept_open = sqlite3.connect(store.database_file)  # as another process would have it: the log is there already
kept_open.execute("SELECT * FROM runs").fetchall()
first = train(1)
store.finish(first, stage(first), environment)
second = train(2)
before, staged = {run.id: run for run in store.runs()}, stage(second)

fill()
for seed in range(3, 1_000):  # a commit may still find room in the log's last page
    try:
        store.submit([spec(seed)], 1, "gpu:9")
    except sqlite3.OperationalError:
        break
fails(lambda: store.finish(second, staged, environment))
fails(lambda: store.submit([spec(seed) for seed in range(1_000, 1_500)], 1, "gpu:9"))
assert store.run(first) == before[first] and store.damaged_files(store.run(first)) == []
assert store.run(second) == before[second] and len(store.epochs([second])[second]) == 2
assert not store.files_dir(second).exists(), "half a run"
assert not any(run.identity == spec(1_000).identity for run in store.runs())
if how == "limit":
    RunnerStore(root)  # opens, though nothing can be written

free()
assert RunnerStore(root).run(second) == before[second] and reports(store.backups_dir) == []
store.finish(second, staged, environment)
assert store.run(second).state == FINISHED and store.damaged_files(store.run(second)) == []
third = train(9_999)
store.finish(third, stage(third), environment)
assert store.resume_source(spec(9_999).identity, 3, "Test CPU").id == third
print("works again")
"""


def on_a_small_disk(root):
    mount = f'mount -t tmpfs -o size=2m tmpfs "{root}" && exec "$@"'
    inside = ["unshare", "-m", "sh", "-c", mount, "sh"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    return [*inside, sys.executable, "-c", SCRIPT, str(root), "disk"]


def with_a_limit(root):
    return [sys.executable, "-c", SCRIPT, str(root), "limit"]


@pytest.mark.parametrize("how", [on_a_small_disk, with_a_limit])
def test_finishing_fails_whole_and_works_again_later(tmp_path, how):
    process = subprocess.run(how(tmp_path), cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert process.returncode == 0, process.stdout + process.stderr
    assert any(words in process.stdout for words in ("No space left", "disk is full", "disk I/O error"))
    assert process.stdout.endswith("works again\n")
