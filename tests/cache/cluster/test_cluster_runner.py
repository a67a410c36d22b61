"""A real runner that gives queued runs to a real Ray cluster on loopback."""

import signal
from dataclasses import replace
from importlib.util import find_spec

import pytest

from cache.core.cluster_state import CLUSTER, ClusterState
from cache.execution.launching import ensure_runners
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING
from cache.store.store import RunStore
from models.experiments.spec import Training
from models.training.events import EpochFinished
from models.training.training import train
from tests.cache.cluster.loopback import TOKEN, loopback_cluster
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="cache/requirements-ray.txt is not installed"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def loopback(tmp_path_factory):
    with loopback_cluster(tmp_path_factory.mktemp("ray")) as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLL_RAY_ADDRESS", cluster.address)
        yield cluster


@pytest.fixture(scope="module")
def store(loopback, tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("cache"))
    yield store
    end_runner(store)


def end_runner(store, number=signal.SIGTERM):
    if (identity := store.live_runner(CLUSTER)) and (process := identity.process()):
        process.send_signal(number)
        wait_for(lambda: not process.is_running() or process.status() == "zombie", lambda: words(store))


def submit(store, specs, epochs=2):
    run_ids = store.submit(specs, epochs, CLUSTER)
    ensure_runners(store)
    return run_ids


def words(store):
    return (store.logs_dir / "runner.log").read_text()[-3000:]


def ends_of(store, run_ids):
    runs = [wait_for(lambda each=each: (run := store.run(each)) and not run.is_active and run, lambda: words(store))
            for each in run_ids]  # fmt: skip
    return runs


def endless(small_spec, seed):
    return small_spec("conv1d", seed=seed, training=Training(batch_size=1))


def in_training(store, run_ids):
    def all_of_them():
        runs = [store.run(each) for each in run_ids]
        assert not any(run.state == FAILED for run in runs), [run.reason for run in runs]
        return all(run.state == RUNNING and run.progress and run.progress.get("batch") for run in runs)

    wait_for(all_of_them, lambda: words(store))


def test_two_nodes_train_two_runs_at_once_and_give_what_this_process_gives(store, small_spec, small_data, tmp_path):
    run_ids = submit(store, [small_spec(seed=seed) for seed in (1, 2)])
    runs = ends_of(store, run_ids)
    assert [run.state for run in runs] == [FINISHED, FINISHED], [run.reason for run in runs]
    here = [event for event in train(small_spec(seed=1), small_data, 2, tmp_path) if isinstance(event, EpochFinished)]
    for ours, theirs in zip(here, store.epochs(run_ids)[run_ids[0]], strict=True):
        same = {"train_seconds": 0.0, "validation_seconds": 0.0}
        assert replace(ours, **same) == replace(theirs, **same)
    assert store.damaged_files(runs[0]) == [] and "epoch 2: validation accuracy" in store.log_tail(run_ids[0])
    assert runs[0].environment["node"] and runs[0].environment["device"] == runs[0].device
    assert list(store.staging_dir.glob("*/*")) == []
    state = ClusterState.read(store.root)
    assert len(state.slots) == 2 and state.problems == ()
    assert TOKEN not in words(store)


def test_runs_are_cancelled_and_put_back_and_continued(store, small_spec):
    """One is cancelled, one is lost with the runner's death, and the next runner trains it."""
    one, other = submit(store, [endless(small_spec, 3), endless(small_spec, 4)], epochs=200)
    in_training(store, [one, other])
    assert {slot.run_id for slot in wait_for(lambda: ClusterState.read(store.root)).slots} <= {one, other, None}
    store.cancel([one])
    assert ends_of(store, [one])[0].state == CANCELLED
    end_runner(store, signal.SIGKILL)
    assert wait_for(lambda: store.recover() or store.run(other).state == QUEUED)
    assert "ended without a word" in store.run(other).reason
    ensure_runners(store)
    in_training(store, [other])
    end_runner(store)
    run = store.run(other)
    assert run.state == QUEUED and run.reason == "The runner was stopped.", words(store)
    store.cancel([other])


def test_a_run_of_a_lost_node_is_trained_on_another(loopback, store, small_spec):
    node = loopback.add(num_gpus=1)
    run_ids = submit(store, [endless(small_spec, seed) for seed in (5, 6, 7)], epochs=200)
    in_training(store, run_ids)
    loopback.remove(node)
    run = wait_for(lambda: next((run for run in store.runs([QUEUED], CLUSTER) if run.reason), None))
    assert run.reason == "The node was lost during the training."
    store.cancel(run_ids)
    assert {run.state for run in ends_of(store, run_ids)} == {CANCELLED}
