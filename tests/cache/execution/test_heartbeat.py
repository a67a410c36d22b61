import sqlite3
import time

import pytest

from cache.core.processes import ProcessIdentity
from cache.execution import heartbeat
from cache.execution.heartbeat import Heartbeat
from tests.waiting import wait_for


@pytest.fixture
def run_id(store, small_spec, monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    return run_id


def heartbeats(store):
    return store.db.read("SELECT heartbeat_at FROM runs")[0]["heartbeat_at"]


def test_it_beats_while_the_runner_is_busy_and_ends_with_the_block(store, run_id):
    first = heartbeats(store)
    with Heartbeat(store) as heartbeat:
        pulse = heartbeat.add(run_id)
        wait_for(lambda: heartbeats(store) > first)
        assert not pulse.asked_to_stop
    last = heartbeats(store)
    time.sleep(0.1)
    assert heartbeats(store) == last


def test_it_hears_that_the_run_is_cancelled(store, run_id):
    with Heartbeat(store) as heartbeat:
        pulse = heartbeat.add(run_id)
        store.cancel([run_id])
        wait_for(lambda: pulse.asked_to_stop)
        heartbeat.remove(run_id)
        assert not heartbeat.add(run_id).asked_to_stop, "the same run, claimed again"


def test_it_beats_for_all_runs_and_tells_them_apart(store, small_spec, run_id):
    (other,) = store.submit([small_spec(seed=2)], 1, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    first = store.db.read("SELECT MAX(heartbeat_at) FROM runs")[0][0]
    with Heartbeat(store) as heartbeat:
        pulses = [heartbeat.add(each) for each in (run_id, other)]
        store.cancel([other])
        wait_for(lambda: pulses[1].asked_to_stop)
        wait_for(lambda: heartbeats(store) > first)
    assert not pulses[0].asked_to_stop


def test_it_outlives_a_disk_that_is_full_for_a_while(store, run_id, monkeypatch):
    beat, failures = store.record_heartbeats, iter(range(3))

    def sometimes(run_ids):
        if next(failures, None) is not None:
            raise sqlite3.OperationalError("database or disk is full")
        return beat(run_ids)

    monkeypatch.setattr(store, "record_heartbeats", sometimes)
    first = heartbeats(store)
    with Heartbeat(store) as heartbeat:
        heartbeat.add(run_id)
        wait_for(lambda: heartbeats(store) > first)
