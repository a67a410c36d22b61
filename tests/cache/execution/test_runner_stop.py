"""A runner that is asked to end, at any moment: what it trains waits again, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest

from cache.core.logs import BEGINNING
from cache.core.processes import PROJECT_ROOT
from cache.execution.executor import JobLost
from cache.execution.runner import Runner
from cache.store.runs import QUEUED, RUNNING
from cache.store.store import RunStore
from models.experiments.spec import Training
from models.machine.devices import cpu
from tests.waiting import wait_for


class Started:
    """A runner in its own session, whose processes can all get a signal at once."""

    def __init__(self, store):
        self.log = store.logs_dir / "runner.log"
        self.log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "cache.execution.runner", "--device", "cpu", "--cache", str(store.root)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=log, stderr=log, start_new_session=True)

    def stop(self, *signals, group=True):
        """Asks it to end, and waits until it has, with all that it started."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        for number in signals:
            (os.killpg if group else os.kill)(self.process.pid, number)
        self.process.wait(timeout=60)
        assert psutil.wait_procs(below, timeout=60)[1] == [], "orphans"
        return self.process.returncode


@pytest.fixture
def started(tmp_path):
    """Starts a runner on a store without encoded texts."""
    store = RunStore(tmp_path / "cache")
    runners = []

    def start():
        runners.append(Started(store))
        return runners[-1]

    start.store = store
    yield start
    for runner in runners:
        if runner.process.poll() is None:
            runner.process.kill()
            runner.process.wait()


@pytest.mark.slow  # test_serve does as much
def test_it_puts_back_what_it_is_at_and_leaves_nothing_behind(started, small_spec):
    store = started.store
    (run_id,) = store.submit([small_spec("gru", training=Training(batch_size=1))], 100, "cpu")
    store.cancel([run_id])

    runner = started()
    wait_for(lambda: "ready for runs" in runner.log.read_text())
    assert runner.stop(signal.SIGTERM) == 0, "idle"
    assert BEGINNING.match(runner.log.read_text()) and "Traceback" not in runner.log.read_text()

    (run_id,) = store.submit([small_spec("gru", training=Training(batch_size=1))], 100, "cpu")
    moments = {
        "taken": lambda run: run.state == RUNNING,
        "encoding": lambda run: run.progress.get("message"),
        "training": lambda run: run.progress.get("batch"),
    }
    ways = [
        partial(Started.stop, group=False),
        lambda runner, number: runner.stop(number, number, number),
        lambda runner, number: runner.stop(signal.SIGINT, number),
    ]
    for (moment, has_come), stop in zip(moments.items(), ways, strict=True):
        runner = started()
        wait_for(lambda has_come=has_come: has_come(store.run(run_id)))
        assert stop(runner, signal.SIGTERM) == 0, moment
        run = store.run(run_id)
        assert (run.state, run.attempts, run.reason) == (QUEUED, 0, "The runner was stopped."), moment
        assert store.epochs([run_id])[run_id] == [] and list(store.staging_dir.glob("*/*")) == []
        assert f" INFO run={run_id} queued\n" in runner.log.read_text()


def test_what_was_never_begun_waits_on(started, small_spec):
    (run_id,) = started.store.submit([small_spec()], 1, "cpu")
    runner = started()
    time.sleep(0.2)
    assert runner.stop(signal.SIGTERM, signal.SIGTERM) in (0, -signal.SIGTERM)
    assert (started.store.run(run_id).state, started.store.run(run_id).attempts) == (QUEUED, 0)


class DyingExecutor:
    """Hears that all is to end before its runner does."""

    device = cpu()

    def __init__(self, error):
        self.error = error

    def start(self, job, backend):
        self.runner.stop()
        raise self.error

    def cancel(self):
        pass


@pytest.mark.parametrize("error", [JobLost("It was killed."), OSError(5, "Input/output error")])
def test_a_worker_that_goes_first_costs_no_attempt(store, small_spec, error):
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    executor = DyingExecutor(error)
    runner = executor.runner = Runner(store, [executor])
    runner._begin(executor)
    runner._release_runs()
    assert (store.run(run_id).state, store.run(run_id).attempts) == (QUEUED, 0)
