"""Work in a process of its own: it is started once, and noticed when it has died."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cache.core.processes import ProcessIdentity
from cache.tasks import task as tasks
from cache.tasks.task import start
from cache.tasks.task_status import DONE, FAILED, RUNNING, STOPPED, TaskStatus

ME = ProcessIdentity.current()
DEAD = replace(ME, pid=2**22 - 3)


@pytest.mark.parametrize(
    ("state", "owner", "seen"),
    [
        (RUNNING, ME.to_json(), (RUNNING, "Reading")),
        (RUNNING, DEAD.to_json(), (FAILED, STOPPED)),
        (RUNNING, "", (FAILED, STOPPED)),
        (DONE, DEAD.to_json(), (DONE, "Reading")),
    ],
    ids=["it runs", "it died", "nobody's", "it was done"],
)
def test_a_task_whose_process_died_has_failed(tmp_path, state, owner, seen):
    TaskStatus(state, "Reading", owner, 1.0).write(tmp_path / "status.json")
    status = TaskStatus.of(tmp_path / "status.json")
    assert (status.state, status.message) == seen


def test_of_many_who_start_the_same_at_once_one_starts_it(store, monkeypatch):
    file, started, ready = store.root / "status.json", [], threading.Barrier(20)

    def start_one(module, *_, log):
        started.append(module)
        threading.Timer(0.2, TaskStatus(RUNNING, "Starting", ME.to_json(), 1.0).write, [file]).start()
        return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    processes = []
    monkeypatch.setattr(tasks, "start_detached", lambda *a, **k: processes.append(start_one(*a, **k)) or processes[-1])

    def start_it(_):
        ready.wait()
        start(store, file, "cache.tasks", log="reading")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(start_it, range(20)))
    assert started == ["cache.tasks"]
    for process in processes:
        process.communicate(b"\n")
