import pytest

from cache.core.cluster_state import CLUSTER, ClusterState, SlotState
from cache.core.limits import OverLimit
from cache.core.processes import ProcessIdentity
from cache.execution.estimates import EpochTimes
from cache.execution.queue import Queued, RunRequest, enqueue, kept_sentence, move_to_front, queue, retry, take_back
from cache.store.runs import CANCELLED, QUEUED, RUNNING
from tests.conftest import DEVICE


def order(store):
    return [place.run.id for place in queue(store, lambda device_id: EpochTimes([]))]


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
    places = {place.run.id: place for place in queue(store, lambda device_id: times)}
    assert (places[ids[0]].seconds, places[ids[0]].starts_in) == (pytest.approx(11.5), 0)
    assert places[ids[1]].starts_in == pytest.approx(11.5)
    assert places[other].starts_in == 0
    assert places[other + 1].seconds is None, "a GRU was never measured"


def test_runs_of_the_cluster_start_as_soon_as_one_of_its_devices_is_free(store, finish, small_spec):
    finish(small_spec(seed=9), [0.5, 0.6, 0.7], seconds=2.0)
    times = EpochTimes(store.measured_seconds(DEVICE))
    slots = tuple(SlotState(node, node, "cpu", DEVICE, 1) for node in "ab")
    ClusterState(store.clock(), slots).write(store.root)
    for seeds, epochs in ((range(1), 5), (range(1, 4), 2)):
        store.submit([small_spec(seed=seed) for seed in seeds], epochs, CLUSTER)
    places = queue(store, lambda device_id: times)
    long, short = places[0].seconds, places[1].seconds
    assert long > 2 * short
    assert [place.starts_in for place in places] == [0, 0, pytest.approx(short), pytest.approx(2 * short)]


def test_seeds_wait_in_turn_and_answers_keep_the_order_of_the_question(store, small_spec):
    asked = [small_spec(name, seed=seed) for name in ("flatten", "gru", "conv1d") for seed in (0, 1)]
    ids = store.submit(asked, 1, "cpu")
    waiting = [store.run(run_id).spec for run_id in order(store)]
    assert [(spec.architecture, spec.seed) for spec in waiting] == [
        (name, seed) for seed in (0, 1) for name in ("flatten", "gru", "conv1d")
    ]
    assert [store.run(run_id).spec for run_id in ids] == asked


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


def test_what_was_queued_is_reported_and_taken_back(store, small_spec):
    (waiting,) = store.submit([small_spec()], 2, "cpu")
    requests = [RunRequest(small_spec(seed=seed), 4, "cpu") for seed in (0, 1, 1)]
    queued = enqueue(store, requests)
    (new,) = queued.new
    assert queued.longer == ((waiting, 2, 4),) and len(queued) == 2
    assert enqueue(store, requests) == Queued()
    take_back(store, queued)
    assert {run.id: (run.state, run.epochs) for run in store.runs()} == {waiting: (QUEUED, 2), new: (CANCELLED, 4)}


def test_runs_that_another_has_made_longer_since_stay_as_long(store, small_spec):
    (waiting,) = store.submit([small_spec()], 2, "cpu")
    queued = enqueue(store, [RunRequest(small_spec(), 4, "cpu")])
    store.submit([small_spec()], 9, "cpu")
    take_back(store, queued)
    assert store.run(waiting).epochs == 9


def test_nothing_is_queued_where_some_are_too_many(store, small_spec, monkeypatch):
    monkeypatch.setenv("UNROLL_MAX_QUEUE", "1")
    with pytest.raises(OverLimit):
        enqueue(store, [RunRequest(small_spec(seed=seed), 2, "cpu") for seed in range(2)])
    assert store.runs() == []


def test_weights_are_kept_by_runs_that_are_queued_so_and_tried_again(store, small_spec):
    (run_id,) = enqueue(store, [RunRequest(small_spec(), 2, "cpu", keep_weights=True)]).new
    assert store.claim("cpu", ProcessIdentity.current()).keeps_weights
    store.fail(run_id, "because")
    (again,) = retry(store, [run_id])
    assert store.run(again).keeps_weights


def test_room_that_kept_weights_take_is_reported(small_spec):
    spec = small_spec()
    assert kept_sentence([spec], 1).startswith("Weights are kept after epoch 1: about ")
    size = 2 * 4 * spec.num_params() * 4 / 1e6
    expected = f"Weights are kept after epochs 1, 2, 3 and 5: about {size:.1f} MB on the disk."
    assert kept_sentence([spec, spec], 7) == expected


def test_runs_that_share_a_device_start_in_its_slots_and_others_when_all_are_free(store, finish, small_spec):
    finish(small_spec(seed=9), [0.5, 0.6, 0.7], seconds=2.0)
    finish(small_spec(seed=8), [0.5, 0.6, 0.7], seconds=3.0, together=True)
    times = EpochTimes(store.measured_seconds(DEVICE), store.measured_seconds(DEVICE, together=True), num_slots=2)
    for seed, together in enumerate((True, True, True, False, True, True)):
        enqueue(store, [RunRequest(small_spec(seed=seed), 1, "cpu", together=together)])
    shared, alone = times.shared_seconds(small_spec(), 1), times.seconds(small_spec(), 1)
    assert shared > alone
    starts = [place.starts_in for place in queue(store, lambda device_id: times)]
    then = 2 * shared + alone
    assert starts == [0, 0, pytest.approx(shared), pytest.approx(2 * shared), pytest.approx(then), pytest.approx(then)]


def test_a_run_that_shared_its_device_is_tried_again_in_the_same_way(store, small_spec):
    enqueue(store, [RunRequest(small_spec(), 2, "cpu", together=True)])
    (run,) = store.runs()
    store.cancel([run.id])
    (again,) = retry(store, [run.id])
    assert again != run.id and store.run(again).together


def test_runs_of_the_cluster_have_their_devices_alone(store, small_spec):
    enqueue(store, [RunRequest(small_spec(), 2, CLUSTER, together=True)])
    assert [run.together for run in store.runs()] == [False]
