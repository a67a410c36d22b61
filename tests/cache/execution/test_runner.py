"""A real runner process with a real worker, trained, stopped and killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest

from cache.core.device_lock import DeviceBusy
from cache.core.processes import PROJECT_ROOT
from cache.execution.launching import ensure_runners
from cache.execution.local import LocalExecutor
from cache.execution.runner import Runner, code_stamp
from cache.execution.worker import Accepted
from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, RunRequest
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished, Started
from models.training.run_files import load_epoch_weights, load_predictions
from models.training.training import train
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def store(tmp_path_factory, data_root):
    """A store whose datasets are those that the other tests have prepared."""
    root = tmp_path_factory.mktemp("runner")
    (data_root / "encoded").mkdir(exist_ok=True)
    (root / "encoded").symlink_to(data_root / "encoded")
    return RunStore(root)


@pytest.fixture(scope="module")
def runner(store):
    """Started once; a test that kills it starts another by ``ensure_runners``, as the page would."""
    yield
    identity = store.live_runner("cpu")
    if identity and (process := identity.process()):
        process.send_signal(signal.SIGTERM)
        gone, _ = psutil.wait_procs([process], timeout=60)
        assert gone, "the runner does not end when asked to"


def submit(store, spec, epochs):
    (run_id,) = store.submit([spec], epochs, "cpu")
    ensure_runners(store)
    return run_id


def end_of(store, run_id):
    return wait_for(lambda: (run := store.run(run_id)) and not run.is_active and run)


def trained(store, spec, epochs):
    run = end_of(store, submit(store, spec, epochs))
    assert run.state == FINISHED, run.reason
    return run


def endless(small_spec, seed):
    """A spec whose run would go on for minutes."""
    return small_spec("conv1d", seed=seed, training=Training(batch_size=1))


def worker_of(store):
    (worker,) = [
        child
        for child in store.live_runner("cpu").process().children()
        if "resource_tracker" not in str(child.cmdline())
    ]
    return worker


def in_training(store, run_id):
    return wait_for(lambda: (run := store.run(run_id)).state == RUNNING and run.progress.get("batch"))


def test_a_run_is_trained_and_its_files_are_kept(store, runner, small_data, small_spec):
    run = trained(store, small_spec(), 2)
    assert run.device == run.environment["device"] and run.environment["versions"]["keras"]
    epochs = store.epochs([run.id])[run.id]
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert load_predictions(store.files_dir(run.id))[1].shape == (853,)
    assert list(store.staging_dir.glob("*/*")) == []


def test_a_worker_gives_the_same_curve_as_any_other_process(store, runner, small_data, small_spec, tmp_path):
    run = trained(store, small_spec(), 2)
    here = [event for event in train(small_spec(), small_data, 2, tmp_path) if isinstance(event, EpochFinished)]
    for ours, theirs in zip(here, store.epochs([run.id])[run.id], strict=True):
        same = {"train_seconds": 0.0, "validation_seconds": 0.0}
        assert replace(ours, **same) == replace(theirs, **same)


def test_run_that_keeps_its_weights_is_continued_with_them(store, runner, small_spec):
    found = []
    for epochs in (1, 2):
        (run_id,) = store.submit_each([RunRequest(small_spec(seed=5), epochs, "cpu", keep_weights=True)])
        ensure_runners(store)
        run = end_of(store, run_id)
        assert run.state == FINISHED, run.reason
        found.append(load_epoch_weights(store.files_dir(run_id)))
    assert [list(each) for each in found] == [[1], [1, 2]] and run.kept_epochs == [1, 2]
    assert all((one == other).all() for one, other in zip(found[0][1], found[1][1], strict=True))
    assert store.damaged_files(run) == []


@pytest.mark.slow
def test_a_run_on_subwords_is_trained(store, runner, small_spec):
    encoding = TextEncoding(1_000, 20, tokenizer="subwords")
    run = trained(store, small_spec(encoding=encoding, seed=9), 2)
    assert run.spec.encoding == encoding
    kept = tokenizer_file(get_dataset("rotten_tomatoes"), run.spec.train_examples, encoding, store.root)
    assert 900 < read_tokenizer(kept).get_vocab_size() <= 1_000


def test_more_epochs_continue_on_the_warm_worker(store, runner, small_data, small_spec):
    trained(store, small_spec(seed=4), 2)
    worker = worker_of(store).pid
    run = trained(store, small_spec(seed=4), 4)
    assert worker_of(store).pid == worker
    epochs = store.epochs([run.id])[run.id]
    assert [epoch.is_first for epoch in epochs] == [True, False, True, False]


def test_an_error_in_training_fails_the_run_with_its_reason(store, runner, small_data, small_spec):
    run_id = submit(store, small_spec(training=Training("sgd", 10.0, 1), hyperparameters={"dense_units": 512}), 200)
    run = end_of(store, run_id)
    if run.state == FINISHED:
        pytest.fail("this learning rate was expected to diverge")
    assert run.state == FAILED
    assert "choose a learning rate below 10" in run.reason
    assert "TrainingDiverged" in store.log_tail(run_id)


def test_stopping_a_run_takes_less_than_two_seconds(store, runner, small_data, small_spec):
    run_id = submit(store, endless(small_spec, 1), 100)
    in_training(store, run_id)
    asked_at = time.monotonic()
    store.cancel([run_id])
    assert end_of(store, run_id).state == CANCELLED
    assert time.monotonic() - asked_at < 2


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_the_run_starts_again(store, runner, small_data, small_spec):
    run_id = submit(store, endless(small_spec, 2), 100)
    in_training(store, run_id)
    worker_of(store).kill()
    wait_for(lambda: store.run(run_id).attempts == 2)
    in_training(store, run_id)
    store.cancel([run_id])
    assert end_of(store, run_id).state == CANCELLED


@pytest.mark.slow
def test_a_killed_runner_leaves_no_worker_and_no_orphan(store, runner, small_data, small_spec):
    finished = store.runs([FINISHED])
    run_id = submit(store, endless(small_spec, 3), 100)
    in_training(store, run_id)
    worker, identity = worker_of(store), store.live_runner("cpu")
    os.kill(identity.pid, signal.SIGKILL)
    psutil.wait_procs([worker], timeout=60)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    wait_for(lambda: store.live_runner("cpu") is None)

    assert store.run(run_id).state == RUNNING
    assert ensure_runners(store) == ["cpu"]
    wait_for(lambda: store.run(run_id).attempts == 2)
    store.cancel([run_id])
    assert end_of(store, run_id).state == CANCELLED
    assert store.runs([FINISHED]) == finished


def test_a_second_runner_leaves_the_device_alone(store, runner, small_data, small_spec):
    trained(store, small_spec(seed=10), 1)
    command = [sys.executable, "-m", "cache.execution.runner", "--cache", str(store.root), "--device", "cpu"]
    second = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=30)
    assert second.returncode == 0
    assert "already has a runner for the device" in second.stderr


def test_a_runner_that_is_asked_to_stop_puts_its_run_back(store, runner, small_data, small_spec):
    run_id = submit(store, endless(small_spec, 6), 100)
    in_training(store, run_id)
    process = store.live_runner("cpu").process()
    process.terminate()
    psutil.wait_procs([process], timeout=60)
    assert store.run(run_id).state == QUEUED
    store.cancel([run_id])


@pytest.mark.slow
def test_a_runner_of_another_cache_waits_for_the_device(store, runner, small_data, small_spec, tmp_path):
    run_id = submit(store, endless(small_spec, 7), 100)
    in_training(store, run_id)
    other = RunStore(tmp_path / "other")
    (other.root / "encoded").symlink_to(store.root / "encoded")
    (waiting,) = other.submit([small_spec()], 1, "cpu")
    ensure_runners(other)
    wait_for(lambda: "another cache" in other.runner_status("cpu"))
    assert other.run(waiting).state == QUEUED
    (more,) = store.submit([small_spec(seed=8)], 1, "cpu")
    store.cancel([run_id])
    assert end_of(store, run_id).state == CANCELLED
    assert end_of(store, more).state == FINISHED
    assert end_of(other, waiting).state == FINISHED
    process = other.live_runner("cpu").process()
    process.terminate()
    psutil.wait_procs([process], timeout=60)


def test_a_runner_waits_for_the_device_while_a_run_is_queued(tmp_path, small_spec, monkeypatch):
    store, tries = RunnerStore(tmp_path), []
    sleeps = []
    clock = SimpleNamespace(monotonic=lambda: 1_000.0 * len(tries) + sum(sleeps), sleep=sleeps.append)
    monkeypatch.setattr("cache.execution.runner.time", clock)
    monkeypatch.setattr("cache.execution.runner.LOOK_SECONDS", 0)
    store.submit([small_spec()], 1, "cpu")
    executor = LocalExecutor(cpu(), store.logs_dir / "worker.log")
    runner = Runner(store, [executor], idle_seconds=999)

    def reserve():
        tries.append("busy")
        if len(tries) == 3:
            runner.stop()
        raise DeviceBusy

    monkeypatch.setattr(executor, "reserve", reserve)
    runner._loop()
    assert len(tries) == 3


def test_a_runner_that_cannot_start_fails_what_waits_for_it(tmp_path, small_spec):
    store = RunStore(tmp_path)
    (run_id,) = store.submit([small_spec()], 1, "gpu:9")
    assert ensure_runners(store) == ["gpu:9"]
    run = end_of(store, run_id)
    assert run.state == FAILED
    assert "no usable device 'gpu:9'" in run.reason
    assert ensure_runners(store) == []


def test_a_runner_that_has_imported_old_code_ends(store, runner, small_data, small_spec, monkeypatch):
    stamps = iter([(("a", 1),), (("a", 1),), (("a", 2),)])
    monkeypatch.setattr("cache.execution.runner.code_stamp", lambda: next(stamps))
    monkeypatch.setattr("cache.execution.runner.LOOK_SECONDS", 0)
    monkeypatch.setattr(RunnerStore, "runs", lambda *_: [])
    Runner(RunnerStore(store.root), [LocalExecutor(cpu(), store.logs_dir / "worker.log")])._loop()
    assert next(stamps, None) is None


def test_code_in_packages_counts_and_what_is_in_the_run_cache_does_not(tmp_path, monkeypatch):
    monkeypatch.setattr("cache.execution.runner.PROJECT_ROOT", tmp_path)
    kept = tmp_path / "cache" / "data" / "runs" / "1"
    for folder in (kept, tmp_path / "models" / "layers"):
        folder.mkdir(parents=True)
    before = code_stamp()
    (kept / "script.py").touch()
    assert code_stamp() == before
    (tmp_path / "models" / "layers" / "gru.py").touch()
    assert code_stamp() != before


class FullDisk(RunnerStore):
    """A store that cannot be written while ``broken`` counts down."""

    broken = 0

    def add_epoch(self, run_id, epoch):
        raise sqlite3.OperationalError("database or disk is full")

    def fail(self, run_id, reason):
        if self.broken:
            self.broken -= 1
            raise sqlite3.OperationalError("database or disk is full")
        super().fail(run_id, reason)


class TalkingExecutor:
    """Says that it has accepted the job and finished an epoch."""

    device, is_cancelled = cpu(), False

    def __init__(self):
        epoch = EpochFinished(1, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, True)
        self.messages = [Accepted({"device": "Test"}), Started(0, 2), epoch]

    def warm(self, backend):
        pass

    def start(self, job, backend):
        pass

    @staticmethod
    def wait(busy, timeout_seconds):
        return busy

    def receive(self, timeout_seconds):
        return self.messages.pop(0)

    def cancel(self):
        self.is_cancelled = True


def test_a_disk_that_fills_up_fails_the_run_once_it_can_be_reported(tmp_path, small_spec, monkeypatch):
    monkeypatch.setattr("cache.execution.run_in_progress.RETRY_SECONDS", 0.01)
    store = FullDisk(tmp_path / "cache")
    store.broken = 3
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    executor = TalkingExecutor()
    runner = Runner(store, [executor])
    runner._begin(executor)
    while runner._runs:
        runner._follow()
    run = store.run(run_id)
    assert run.state == FAILED and "free some space" in run.reason
    assert executor.is_cancelled
