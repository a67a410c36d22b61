"""A long training saves its state regularly, and continues from there after any end of its worker or runner."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from queue import Queue
from threading import Thread

import psutil
import pytest

from cache.browsing import annotations
from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.execution.worker import Accepted
from cache.store import database, unfinished
from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, RunRequest
from models.training.events import Done, EpochFinished, Started, StateSaved
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, PREDICTIONS, STATE
from tests.cache.execution.here import HereExecutor, UntilEmpty
from tests.models.training.trainings import curve, run, same_files
from tests.waiting import wait_for

ME = ProcessIdentity.current()
HERE, THERE = {"device": "Test CPU"}, {"device": "Another CPU"}
GONE = ProcessIdentity(ME.host, ME.pid, "another start")


def epoch(number):
    return EpochFinished(number, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, number == 1)


def staged(store, name="job"):
    folder = store.staging_dir / name
    folder.mkdir()
    for file in (STATE, BEST_WEIGHTS, PREDICTIONS):
        (folder / file).write_bytes(name.encode())
    return folder


def begun(store, spec, owner=ME, epochs=4, saved=2, done=3):
    """A run of which ``done`` epochs are trained, and whose state was saved after epoch ``saved``."""
    (run_id,) = store.submit([spec], epochs, "cpu")
    store.claim("cpu", owner)
    store.mark_started(run_id, HERE, None)
    for number in range(1, done + 1):
        store.add_epoch(run_id, epoch(number))
        if number == saved:
            store.keep_state(run_id, number, staged(store), "others computed")
    return run_id


def numbers(store, run_id):
    return [each.epoch for each in store.epochs([run_id])[run_id]]


def states(store):
    return sorted(str(path.relative_to(store.unfinished_dir)) for path in store.unfinished_dir.glob("*/*"))


@pytest.mark.parametrize("death", ["runner", "worker", "stop"])
def test_a_run_that_was_interrupted_keeps_its_epochs_up_to_its_state(store, small_spec, death):
    run_id = begun(store, small_spec(), owner=GONE if death == "runner" else ME)
    if death == "runner":
        assert store.recover() == 1
    elif death == "worker":
        store.requeue(run_id, "It was killed.")
    else:
        store.release_run(run_id)
    waiting = store.run(run_id)
    assert (waiting.state, waiting.num_epochs, numbers(store, run_id)) == (QUEUED, 2, [1, 2])
    again = store.claim("cpu", ME)
    saved = store.saved_state(again, HERE["device"])
    assert (saved.epoch, saved.contended) == (2, "others computed")
    assert (saved.folder / STATE).read_bytes() == b"job"
    store.mark_started(run_id, HERE, None, saved.epoch)
    assert numbers(store, run_id) == [1, 2]


def test_a_state_of_another_device_or_a_damaged_one_is_not_used(store, small_spec):
    run_id = begun(store, small_spec())
    store.release_run(run_id)
    again = store.claim("cpu", ME)
    assert store.saved_state(again, THERE["device"]) is None
    store.mark_started(run_id, THERE, None)
    assert numbers(store, run_id) == []
    for number in (1, 2):
        store.add_epoch(run_id, epoch(number))
    store.keep_state(run_id, 2, staged(store), None)
    (store.unfinished_dir / str(run_id) / "2" / STATE).write_bytes(b"damaged")
    assert store.saved_state(store.run(run_id), THERE["device"]) is None
    store.release_run(run_id)
    assert numbers(store, run_id) == [], "it begins anew"


def test_state_without_the_weights_that_the_run_keeps_is_not_used(store, small_spec):
    """They were asked for after it was interrupted."""
    run_id = begun(store, small_spec())
    store.release_run(run_id)
    store.submit_each([RunRequest(small_spec(), 4, "cpu", keep_weights=True)])
    again = store.claim("cpu", ME)
    assert again.keeps_weights and store.saved_state(again, HERE["device"]) is None
    store.mark_started(run_id, HERE, None)
    store.add_epoch(run_id, epoch(1))
    keeping = staged(store)
    (keeping / EPOCH_WEIGHTS).write_bytes(b"kept")
    store.keep_state(run_id, 1, keeping, None)
    assert store.saved_state(store.run(run_id), HERE["device"]).epoch == 1


def test_a_later_state_takes_the_place_of_the_one_before(store, small_spec):
    run_id = begun(store, small_spec())
    store.keep_state(run_id, 3, staged(store, "later"), None)
    assert states(store) == [f"{run_id}/3"]
    assert sorted(path.name for path in (store.unfinished_dir / str(run_id) / "3").iterdir()) == sorted(
        [STATE, BEST_WEIGHTS, PREDICTIONS, unfinished.DESCRIPTION]
    )


def test_a_runner_that_was_given_up_keeps_no_state(store, small_spec):
    run_id = begun(store, small_spec(), owner=GONE)
    other = RunnerStore(store.root)
    other.recover()
    other.claim("cpu", ME)
    with pytest.raises(KeyError, match="is not running"):
        store.keep_state(run_id, 3, staged(store, "late"), None)
    assert states(store) == [f"{run_id}/2"]


def test_attempts_are_counted_from_the_latest_state(store, small_spec):
    run_id = begun(store, small_spec())
    for _ in range(5):
        store.requeue(run_id, "It was killed.")
        assert store.run(run_id).state == QUEUED
        store.claim("cpu", ME)
        store.mark_started(run_id, HERE, None, 2)
        store.keep_state(run_id, 2, staged(store), None)
    for _ in range(2):
        store.requeue(run_id, "It was killed.")
        store.claim("cpu", ME)
    store.requeue(run_id, "It was killed.")
    assert store.run(run_id).state == FAILED and states(store) == []


def finish(store, run_id):
    store.add_epoch(run_id, epoch(4))
    store.finish(run_id, staged(store, "files"), HERE)


def cancel_waiting(store, run_id):
    store.release_run(run_id)
    store.cancel([run_id])


def delete_waiting(store, run_id):
    store.release_run(run_id)
    annotations.delete(store, [run_id])


def reject(store, run_id):
    store.release_run(run_id)
    store.reject("cpu", "No such device.")


ENDS = {
    "finished": (finish, FINISHED),
    "failed": (lambda store, run_id: store.fail(run_id, "because"), FAILED),
    "rejected": (reject, FAILED),
    "cancelled": (lambda store, run_id: store.mark_cancelled(run_id), CANCELLED),
    "cancelled while it waits": (cancel_waiting, CANCELLED),
    "deleted": (delete_waiting, CANCELLED),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_state_goes_when_the_run_ends(store, small_spec, end):
    run_id = begun(store, small_spec())
    assert states(store) == [f"{run_id}/2"]
    act, state = ENDS[end]
    act(store, run_id)
    assert store.run(run_id).state == state and states(store) == []


class RunnerProcess:
    """A real runner that saves a state after every epoch, and waits for a locked database for a fifth of a second."""

    CODE = (
        "import cache.store.database, cache.execution.runner, sys; cache.store.database.LOCK_TIMEOUT_SECONDS = 0.2; "
        + ("sys.exit(cache.execution.runner.main())")
    )

    def __init__(self, store):
        words = ["--cache", str(store.root), "--device", "cpu", "--save-seconds", "0"]
        with (store.logs_dir / "runner.log").open("ab") as log:
            self._process = psutil.Popen(
                [sys.executable, "-c", self.CODE, *words], cwd=PROJECT_ROOT, stdout=log, stderr=subprocess.STDOUT
            )

    def worker(self):
        below = self._process.children(recursive=True)
        return next(each for each in below if "resource_tracker" not in " ".join(each.cmdline()))

    def kill(self):
        below = self._process.children(recursive=True)
        self._process.kill()
        self._process.wait()
        assert psutil.wait_procs(below, timeout=60)[1] == []


@pytest.fixture
def prepared(tmp_path, data_root, small_data):
    root = tmp_path / "cache"
    root.mkdir()
    (root / "encoded").symlink_to(data_root / "encoded")
    return RunnerStore(root)


def reached(store, run_id, number):
    """Waits until so many epochs are trained, and the state of one of them is saved."""
    folder = store.unfinished_dir / str(run_id)

    def is_reached():
        saved = [int(each.name) for each in folder.glob("*")]
        return store.run(run_id).num_epochs >= number and max(saved, default=0) >= number - 2

    return wait_for(is_reached)


EPOCHS = 16


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_training_goes_on_from_its_state_bit_for_bit(prepared, small_spec, small_data, tmp_path):
    spec = small_spec("flatten")
    (run_id,) = prepared.submit([spec], EPOCHS, "cpu")
    runner = RunnerProcess(prepared)
    try:
        reached(prepared, run_id, 5)
        runner.worker().kill()
        reached(prepared, run_id, 10)
        runner.kill()
        assert prepared.run(run_id).state == RUNNING
        runner = RunnerProcess(prepared)
        done = wait_for(lambda: (found := prepared.run(run_id)) and not found.is_active and found)
        wait_for(lambda: not states(prepared))  # which go after the run has ended
    finally:
        runner.kill()
    assert done.state == FINISHED, done.reason
    epochs = prepared.epochs([run_id])[run_id]
    assert curve(epochs) == curve(run(spec, small_data, EPOCHS, tmp_path / "undisturbed"))
    same_files(tmp_path / "undisturbed", prepared.files_dir(run_id))
    first = [each.epoch for each in epochs if each.is_first]
    assert len(first) == 3 and first[0] == 1 and first[1] >= 4 and first[2] >= 9, "it did not begin anew"
    assert not list(prepared.staging_dir.glob("*/*"))


class StepwiseExecutor(HereExecutor):
    """What its training tells is put into ``told``."""

    def __init__(self):
        self.told, self.output, self.is_heard = Queue(), None, True

    def start(self, job, backend):
        self.output = job.output

    @staticmethod
    def wait(busy, timeout_seconds):
        time.sleep(0.01)
        (executor,) = busy
        executor.is_heard = executor.told.empty()
        return [] if executor.is_heard else busy

    def receive(self, timeout_seconds):
        return self.told.get()


def test_a_locked_database_delays_every_step_of_a_run(store, small_spec, monkeypatch, caplog):
    """Another connection holds the write lock until the runner has waited for it."""
    monkeypatch.setattr(database, "LOCK_TIMEOUT_SECONDS", 0.05)
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    executor = StepwiseExecutor()
    runner = UntilEmpty(store, [executor])
    thread = Thread(target=runner.work, args=("tensorflow",), daemon=True)
    with closing(sqlite3.connect(store.database_file, isolation_level=None, timeout=30)) as other:

        def num_waits():
            return sum("locked" in each.getMessage() for each in caplog.records if each.threadName == thread.name)

        @contextmanager
        def lock():
            before = num_waits()
            other.execute("BEGIN IMMEDIATE")
            yield
            wait_for(lambda: num_waits() > before)
            other.execute("COMMIT")

        with lock():
            thread.start()
        wait_for(lambda: executor.output)
        for message in (Accepted(HERE), Started(0, 2), epoch(1), StateSaved(1, staged(store)), epoch(2)):
            with lock():
                executor.told.put(message)
                executor.is_heard = False
            wait_for(lambda: executor.is_heard)
        (executor.output / STATE).touch()
        with lock():
            executor.told.put(Done(2))
        thread.join()
    run = store.run(run_id)
    assert (run.state, run.reason, run.attempts) == (FINISHED, None, 1) and numbers(store, run_id) == [1, 2]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_locked_database_fails_no_run(prepared, small_spec):
    """Another connection holds the write lock longer than the runner waits for it, at every step of a run's life."""
    (run_id,) = prepared.submit([small_spec()], 12, "cpu")
    log = prepared.logs_dir / "runner.log"
    with closing(sqlite3.connect(prepared.database_file, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        runner = RunnerProcess(prepared)
        try:
            wait_for(lambda: log.exists() and "locked" in log.read_text())
            other.execute("COMMIT")
            for number in (1, 6):
                wait_for(lambda number=number: prepared.run(run_id).num_epochs >= number)
                other.execute("BEGIN IMMEDIATE")
                before = log.read_text().count("locked")
                wait_for(lambda before=before: log.read_text().count("locked") > before)
                other.execute("COMMIT")
            done = wait_for(lambda: (found := prepared.run(run_id)) and not found.is_active and found)
        finally:
            runner.kill()
    assert (done.state, done.reason, done.attempts) == (FINISHED, None, 1)
