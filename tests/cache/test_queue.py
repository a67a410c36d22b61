import pytest

from cache.estimates import EpochTimes
from cache.processes import ProcessIdentity
from cache.queue import move_to_front, queue, retry
from cache.runs import QUEUED, RUNNING
from tests.conftest import DEVICE


def order(store):
    return [place.run.id for place in queue(store, lambda lane: EpochTimes([]))]


def test_an_empty_queue(store):
    assert order(store) == []


def test_running_runs_stand_before_waiting_ones_which_can_be_moved_to_the_front(store, small_spec):
    ids = store.submit([small_spec(seed=seed) for seed in range(4)], 2, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    assert order(store) == ids
    move_to_front(store, [ids[3], ids[2], ids[0]])
    assert order(store) == [ids[0], ids[3], ids[2], ids[1]]
    assert store.claim("cpu", ProcessIdentity.current()).id == ids[3]


def test_seconds_left_add_up_device_by_device(store, finish, small_spec):
    finish(small_spec(seed=9), [0.5, 0.6, 0.7], seconds=2.0)
    times = EpochTimes(store.measured_seconds(DEVICE))
    ids = store.submit([small_spec(seed=seed) for seed in range(2)], 5, "cpu")
    (other,) = store.submit([small_spec(seed=5)], 5, "gpu:0")
    store.submit([small_spec("gru", seed=5)], 5, "gpu:0")
    places = {place.run.id: place for place in queue(store, lambda lane: times)}
    assert (places[ids[0]].seconds, places[ids[0]].starts_in) == (pytest.approx(10.5), 0)
    assert places[ids[1]].starts_in == pytest.approx(10.5)
    assert places[other].starts_in == 0
    assert places[other + 1].seconds is None, "a GRU was never measured"


def test_what_failed_is_tried_again(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    with pytest.raises(ValueError, match=f"Run {run_id} is running"):
        retry(store, [run_id])
    store.fail(run_id, "because")
    (again,) = retry(store, [run_id])
    assert again != run_id
    assert (store.run(again).state, store.run(again).epochs) == (QUEUED, 2)
    assert retry(store, [run_id]) == [again], "once is enough"
    assert store.runs([RUNNING]) == []
