"""A cache that cannot be written is read like any other, and refused changes give the reason."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from cache.core.processes import PROJECT_ROOT
from cache.store.runner_store import RunnerStore
from tests.cache.store.made_runs import finish

NOBODY = 65_534
TRY_EVERYTHING = """
import json, os, sys, tempfile, urllib.parse  # pathlib asks for the last one late
from pathlib import Path

from cache.browsing import annotations
from cache.execution import launching, queue
from cache.operations import storage
from cache.store import repair
from cache.core.access import CacheReadOnly
from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from models.training.events import EpochFinished
from models.experiments.spec import RunSpec

if user := int(sys.argv[2]):  # only now, since it may not be allowed to read the interpreter's own files
    os.setgroups([]); os.setgid(user); os.setuid(user)
store = RunnerStore(Path(sys.argv[1]))
me = ProcessIdentity.current()
runs = store.runs()
spec = RunSpec.from_json(runs[0].spec_json)
epoch = EpochFinished(1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.1, True)
other = RunSpec.from_json(runs[0].spec_json.replace('"seed":0', '"seed":99'))
changes = {
    "submit": lambda: store.submit([other], 1, "cpu"),
    "cancel": lambda: store.cancel([2]),
    "reject": lambda: store.reject("cpu", "because"),
    "announce": lambda: store.announce_runner("cpu", me, "Test CPU"),
    "claim": lambda: store.claim("cpu", me),
    "begin": lambda: store.mark_started(2, {"device": "Test CPU"}, None),
    "epoch": lambda: store.add_epoch(2, epoch),
    "progress": lambda: store.set_progress(2, epoch=1),
    "beat": lambda: store.record_heartbeats([2]),
    "finish": lambda: store.finish(1, Path(tempfile.mkdtemp()), {"device": "Test CPU"}),
    "fail": lambda: store.fail(2, "because"),
    "cancelled": lambda: store.mark_cancelled(2),
    "requeue": lambda: store.requeue(2, "because"),
    "put back": lambda: store.release_run(2),
    "rename": lambda: annotations.rename(store, 1, "x"),
    "annotate": lambda: annotations.annotate(store, 1, "x"),
    "tag": lambda: annotations.tag(store, [1], ["x"]),
    "pin": lambda: annotations.pin(store, [1]),
    "archive": lambda: annotations.archive(store, [1]),
    "delete": lambda: annotations.delete(store, [1]),
    "restore": lambda: annotations.restore(store, [1]),
    "purge": lambda: annotations.purge(store, [1]),
    "free": lambda: storage.free(store, storage.KINDS),
    "move": lambda: queue.move_to_front(store, [2]),
}
said = {}
for name, change in changes.items():
    try:
        said[name] = f"did {change()}"
    except CacheReadOnly as error:
        said[name] = str(error)
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"
try:
    started = launching.ensure_runners(store)
except Exception as error:
    started = f"{type(error).__name__}: {error}"
print(json.dumps({
    "read_only": store.read_only,
    "runs": [[run.id, run.state, run.label] for run in runs],
    "epochs": len(store.epochs([1])[1]),
    "answers": [run.id for run in store.best_runs([spec.identity], 2, "Test CPU").values()],
    "damaged": store.damaged_files(runs[0]),
    "recovered": store.recover(),
    "said": said,
    "started": started,
}))
"""


@pytest.fixture
def root(tmp_path, small_spec):
    """A cache of a finished and a queued run, which everybody may read, with its log, since it is open elsewhere."""
    store = RunnerStore(tmp_path / "cache")
    with closing(sqlite3.connect(store.database_file)) as kept_open, tempfile.TemporaryDirectory() as folder:
        kept_open.execute("SELECT * FROM runs").fetchall()
        finish(store, small_spec(), 2)
        store.submit([small_spec(seed=1)], 1, "cpu")
        Path(folder).chmod(0o755)
        yield shutil.copytree(store.root, Path(folder) / "cache")


def without_log(root):
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("SELECT * FROM runs").fetchall()
    assert [path.name for path in root.glob("runs.sqlite*")] == ["runs.sqlite"]


def tree(root):
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in root.rglob("*")}


def as_somebody_else(root, *command):
    """Root may write anywhere, so the process becomes another user."""
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return [*command, str(root), "0" if os.getuid() else str(NOBODY)]


def on_a_read_only_disk(root, *command):
    mount = f'mount --bind "{root}" "{root}" && mount -o remount,bind,ro "{root}" && exec "$@"'
    inside = ["unshare", "-m", "sh", "-c", mount, "sh"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    return [*inside, *command, str(root), "0"]


HOW = {"somebody else": as_somebody_else, "a read-only disk": on_a_read_only_disk}


def look(root, how):
    command = HOW[how](root, sys.executable, "-c", TRY_EVERYTHING)
    before = tree(root)
    process = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert tree(root) == before, "something was written"
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("log", [lambda root: None, without_log], ids=["a log", "no log"])
def test_it_is_read_and_not_changed(root, how, log):
    log(root)
    found = look(root, how)
    assert found["read_only"] and found["started"] == [], "no runner is started for it"
    assert found["runs"] == [[1, "finished", "Flatten"], [2, "queued", "Flatten"]]
    assert (found["epochs"], found["answers"], found["damaged"], found["recovered"]) == (2, [1], [], 0)
    expected = (
        f"The run cache in {root} is read-only: what is in it can be looked at, but nothing can be trained or changed."
    )
    assert {name: said for name, said in found["said"].items() if said != expected} == {}


@pytest.mark.parametrize("how", HOW)
def test_a_log_without_its_index_is_read_or_reported_as_in_the_way(root, how):
    """So a copy may look that was made while the cache was in use."""
    (root / "runs.sqlite-shm").unlink()
    try:
        assert len(look(root, how)["runs"]) == 2
    except AssertionError as error:
        assert "CacheReadOnly: " in str(error)  # noqa: PT017


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_one_is_reported_as_damaged(root, how):
    (root / "runs.sqlite").write_text("garbage " * 1_000)
    with pytest.raises(AssertionError, match="CacheReadOnly: .*damaged"):
        look(root, how)


def test_a_runner_explains_why_it_does_not_begin(root):
    command = on_a_read_only_disk(root, sys.executable, "-m", "cache.execution.runner", "--device", "cpu", "--cache")[
        :-1
    ]
    process = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert process.returncode == 1 and "read-only" in process.stderr and "Traceback" not in process.stderr
