"""Two servers that start a runner of the same cache at once."""

import subprocess
import sys

import pytest

from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.execution import launching
from cache.execution.launching import ensure_runners, stop_runners
from cache.execution.queue import move_to_front
from cache.store.runs import RUNNING
from cache.store.store import RunStore
from models.experiments.spec import Training
from tests.waiting import wait_for

ME = ProcessIdentity.current()
DEAD = ProcessIdentity(ME.host, ME.pid, "another start")
SERVER = """
import sys
from pathlib import Path
from cache.execution import launching
from cache.store.store import RunStore
store = RunStore(Path(sys.argv[1]))
start = launching._start_runner
def start_together(*arguments):
    print("ready", flush=True)
    sys.stdin.readline()
    start(*arguments)
    print("started", flush=True)
launching._start_runner = start_together
launching.ensure_runners(store)
sys.stdin.readline()
"""


@pytest.mark.parametrize(("before", "after"), [(None, "other"), (DEAD, "other"), (ME, "me")])
def test_a_runner_that_lives_keeps_its_row(store, before, after):
    if before:
        store.announce_runner("cpu", before, "Test CPU")
    other = ProcessIdentity.of(1)
    store.announce_starting("cpu", other)
    assert store.live_runner("cpu") == (other if after == "other" else ME)


def test_two_servers_at_once_end_with_one_runner_that_the_cache_knows(tmp_path, small_spec):
    store = RunStore(tmp_path / "cache")
    (run_id,) = store.submit([small_spec(training=Training(batch_size=1))], 100, "cpu")
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", SERVER, str(store.root)], cwd=PROJECT_ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        assert [each.stdout.readline() for each in servers] == ["ready\n"] * 2
        for each in servers:
            each.stdin.write("go\n")
            each.stdin.flush()
        assert [each.stdout.readline() for each in servers] == ["started\n"] * 2
        wait_for(lambda: "already has a runner" in (store.logs_dir / "runner.log").read_text())
        wait_for(lambda: store.run(run_id).state == RUNNING)
        with store.db.transaction() as db:
            owner = db.execute("SELECT owner FROM runs WHERE id = ?", (run_id,)).fetchone()["owner"]
        assert store.live_runner("cpu").to_json() == owner
    finally:
        for each in servers:
            each.communicate("end\n", timeout=60)
        assert stop_runners(store) == 1


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_a_runner_begins_with_the_backend_of_its_first_run(store, small_spec, monkeypatch, backend):
    started = []
    monkeypatch.setattr(launching, "_start_runner", lambda store, *asked: started.append(asked))
    last, first = (small_spec(training=Training(backend=each)) for each in ("tensorflow", backend))
    ids = store.submit([last, first], 1, "gpu:0")
    move_to_front(store, ids[1:])
    assert ensure_runners(store) == ["gpu:0"]
    assert started == [("gpu:0", backend)]


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (["--cache", "{}/none"], 1, "There is no run cache in {}/none: name its folder with --cache."),
        (["--cache", "{}/file"], 1, "There is no run cache in {}/file: name its folder with --cache."),
        (["--cache", "{}"], 1, "{} holds no cache, but other files: name another folder with --cache or UNROLL_CACHE."),
        (["--idle-seconds", "-1"], 2, "--idle-seconds: must be a number of seconds, 0 or more, not “-1”; "),
        (["--save-seconds", "nan"], 2, "--save-seconds: must be a number of seconds, 0 or more, not “nan”; "),
        (["--idle-seconds", "soon"], 2, "--idle-seconds: must be a number of seconds, 0 or more, not “soon”; "),
        (["--backend", "mxnet"], 2, "--backend: invalid choice: “mxnet”"),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(tmp_path, words, status, expected):
    (tmp_path / "file").write_text("no folder")
    command = [sys.executable, "-m", "cache.execution.runner", *(word.format(tmp_path) for word in words)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == status and expected.format(tmp_path) in done.stderr
    assert len(done.stderr.splitlines()) == 1 and [path.name for path in tmp_path.iterdir()] == ["file"]
