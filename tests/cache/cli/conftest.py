import json
from threading import Thread

import psutil
import pytest

from cache.__main__ import main
from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from cache.store.store import RunStore
from tests.cache.execution.here import HereExecutor, UntilEmpty

SMALL = ["--dataset", "rotten_tomatoes", "--examples", "200", "--vocabulary", "1000", "--length", "20"]


@pytest.fixture
def run(tmp_path, capsys):
    """Runs a command on a cache of its own; returns (exit status, output, error output)."""

    def command(*words, cache=tmp_path):
        status = main(["--cache", str(cache), *words])
        return status, *capsys.readouterr()

    command.store = RunStore(tmp_path)
    yield command
    runner = command.store.live_runner("cpu")
    if runner and runner != ProcessIdentity.current():
        process = runner.process()
        process.kill()
        psutil.wait_procs([process], timeout=60)


@pytest.fixture
def cached(run, store, monkeypatch):
    """Runs a command on the cache ``store``, on which nothing is trained; returns what it prints as JSON."""
    monkeypatch.setattr("cache.cli.run_commands.ensure_runners", lambda store: [])

    def command(*words):
        status, out, err = run(*words, "--json", cache=store.root)
        assert status == 0, err
        return json.loads(out)

    command.store = store
    return command


@pytest.fixture
def trained_here(monkeypatch, no_graphs):
    """What ``train`` queues is trained beside it in this process, which has loaded TensorFlow already."""
    threads = []

    def ensure_runners(store):
        if not threads:
            runner = UntilEmpty(RunnerStore(store.root), [HereExecutor()])
            threads.append(Thread(target=runner.work, args=("tensorflow",)))
            threads[0].start()

    monkeypatch.setattr("cache.cli.train_command.ensure_runners", ensure_runners)
    yield
    for thread in threads:
        thread.join()
