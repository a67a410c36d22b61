"""Runs are claimed once, found again when their runner is lost, and changed by their runner alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, FAILED, QUEUED, RUNNING
from cache.store.store import MAX_ATTEMPTS, RunStore
from tests.cache.store.made_runs import ENVIRONMENT, ME, Clock, epoch, stage


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    return RunnerStore(tmp_path / "cache", clock)


def dead_process():
    """The identity of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = ProcessIdentity.of(process.pid)
    process.communicate(b"\n")
    return identity


def test_runs_are_claimed_in_order_each_once_and_by_lane(store, small_spec):
    ids = store.submit([small_spec(seed=seed) for seed in range(20)], 1, "cpu")
    (other,) = store.submit([small_spec(seed=99)], 1, "gpu:0")
    with ThreadPoolExecutor(8) as threads:
        claimed = [run.id for run in threads.map(lambda _: store.claim("cpu", ME), range(20))]
    assert sorted(claimed) == ids
    assert store.claim("cpu", ME) is None
    assert store.claim("gpu:0", ME).id == other


def test_a_dead_runners_run_is_found_requeued_and_at_last_failed(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert store.claim("cpu", dead_process()).attempts == attempt
        store.mark_started(run_id, ENVIRONMENT, None)
        store.add_epoch(run_id, epoch(1))
        assert store.recover() == 1
        assert store.recover() == 0
        if attempt < MAX_ATTEMPTS:
            assert store.run(run_id).state == QUEUED
            assert store.epochs([run_id]) == {run_id: []}
    run = store.run(run_id)
    assert run.state == FAILED
    assert "tried 3 times" in run.reason


def test_a_live_runners_run_is_left_alone(store, small_spec):
    store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", ME)
    assert store.recover() == 0


def test_a_process_number_used_again_is_not_the_same_process(store, small_spec):
    store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", replace(ME, started="1"))
    assert store.recover() == 1


def test_a_silent_runner_on_another_host_is_given_up(store, small_spec, clock):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", replace(ME, host="elsewhere"))
    assert store.recover() == 0
    clock.now += 31
    assert store.recover() == 1
    assert store.run(run_id).state == QUEUED


def test_a_cancelled_run_of_a_dead_runner_ends_cancelled(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", dead_process())
    store.cancel([run_id])
    store.recover()
    assert store.run(run_id).state == CANCELLED


def test_two_stores_on_one_folder_see_each_other(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    assert RunStore(store.root).run(run_id) == store.run(run_id)


def test_many_writers_lose_nothing(store, small_spec):
    specs = [small_spec(seed=seed) for seed in range(12)]

    def submit(_):
        return RunStore(store.root).submit(specs, 1, "cpu")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(submit, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(store.runs()) == 12


def test_stopping_politely_does_not_count_as_an_attempt(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    for _ in range(MAX_ATTEMPTS + 1):
        assert store.claim("cpu", ME).attempts == 1
        store.release_run(run_id)
        assert store.run(run_id).state == QUEUED


def test_a_runner_given_up_for_dead_changes_nothing_of_a_run_that_another_has_claimed(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", dead_process())
    store.recover()
    other = RunnerStore(store.root)
    other.claim("cpu", ME)
    other.add_epoch(run_id, epoch(1))
    assert store.record_heartbeats([run_id]) == {run_id}, "it is to stop"
    with pytest.raises(KeyError, match="not running"):
        store.add_epoch(run_id, epoch(2))
    with pytest.raises((KeyError, ValueError)):
        store.finish(run_id, stage(store), ENVIRONMENT)
    for end in (store.mark_cancelled, store.release_run):
        end(run_id)
    store.fail(run_id, "late")
    assert (other.run(run_id).state, other.run(run_id).num_epochs) == (RUNNING, 1)


def test_many_processes_may_open_a_fresh_cache_at_once(tmp_path, open_at_once):
    for attempt in range(3):
        assert open_at_once(tmp_path / str(attempt)) == [0] * 3
