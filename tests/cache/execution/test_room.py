"""How many runs share a device: cores, main memory, and on a GPU its own memory."""

import pytest

from cache.core.cluster_state import CLUSTER
from cache.execution import room
from cache.execution.room import GPU_WORKER_BYTES, SAFETY, WORKER_BYTES, Room, times_on
from models.layers.stack import summarize
from models.machine.devices import Device
from models.training.memory_estimate import training_bytes
from tests.conftest import DEVICE

CPU = Device("cpu", DEVICE, 0)
GPU = Device("gpu:0", "A GPU", 80 * GPU_WORKER_BYTES)


@pytest.fixture
def machine(monkeypatch):
    """Sets what this machine has."""

    def make(cores=8, quota=None, total=100 * WORKER_BYTES, free=100 * WORKER_BYTES, gpu=0):
        monkeypatch.setattr(room, "usable_cores", lambda: cores)
        monkeypatch.setattr(room, "quota_cores", lambda: quota)
        monkeypatch.setattr(room, "total_bytes", lambda: total)
        monkeypatch.setattr(room, "free_bytes", lambda: free)
        monkeypatch.setattr(room, "free_gpu_bytes", lambda device: gpu)

    return make


@pytest.mark.parametrize("cores", [1, 2, 8, 32])
def test_each_core_of_a_processor_trains_a_run(machine, cores):
    machine(cores=cores)
    assert Room.all_of(CPU).num_slots == Room.free_on(CPU).num_slots == cores


@pytest.mark.parametrize(("quota", "expected"), [(4.0, 4), (2.7, 2), (0.5, 1), (100.0, 8)])
def test_a_quota_of_control_groups_counts(machine, quota, expected):
    machine(quota=quota)
    assert Room.all_of(CPU).num_slots == expected


def test_each_process_needs_main_memory(machine):
    machine(total=6 * WORKER_BYTES, free=3 * WORKER_BYTES)
    assert (Room.all_of(CPU).num_slots, Room.free_on(CPU).num_slots) == (6, 3)
    machine(free=0)
    assert Room.free_on(CPU).num_slots == 1


def test_runs_of_a_gpu_share_its_memory_and_need_a_core_each(machine):
    machine(gpu=5 * GPU_WORKER_BYTES)
    assert (Room.all_of(GPU).num_slots, Room.free_on(GPU).num_slots) == (8, 5)
    machine(gpu=0)
    assert Room.free_on(GPU).num_slots == 1, "the driver does not report its memory"


def test_the_cluster_trains_one_run_on_each_of_its_devices(machine):
    machine()
    assert Room.all_of(Device(CLUSTER, "the cluster", 0)).num_slots == 1


@pytest.fixture
def queued(store):
    """Puts a run into the queue and returns it."""
    return lambda spec: store.run(store.submit([spec], 1, "cpu")[0])


def test_large_models_need_more_memory_than_small_ones(queued, small_spec):
    spec = small_spec("lstm", hyperparameters={"units": 512, "embedding_dim": 256})
    model = SAFETY * training_bytes(summarize(spec.layers(), (spec.encoding.length,)), spec.training.batch_size)
    run, small = queued(spec), queued(small_spec())
    for offered in (
        Room(8, 2 * WORKER_BYTES + 2 * model),
        Room(8, 10 * WORKER_BYTES, 2 * GPU_WORKER_BYTES + 2 * model),
    ):
        assert offered.holds([run, run]) and not offered.holds([run] * 3)
        assert offered.holds([small]) and offered.holds([])
    assert not Room(8, 2 * WORKER_BYTES + 2 * model - 1).holds([run, run])
    assert Room(8, 0).holds([run]), "one run is always tried"


def test_there_are_at_most_as_many_as_cores(queued, small_spec):
    offered, small = Room(2, 100 * WORKER_BYTES), queued(small_spec())
    assert offered.holds([small] * 2) and not offered.holds([small] * 3)


def test_times_of_a_device_know_its_slots_and_what_sharing_costs(machine, store, finish, small_spec):
    machine(cores=4)
    finish(small_spec(), [0.5, 0.6, 0.7], seconds=2.0)
    times = times_on(store, CPU)
    assert times.num_slots == 4 and not times.knows_sharing([small_spec()])
    finish(small_spec(seed=1), [0.5, 0.6, 0.7], seconds=5.0, together=True)
    times = times_on(store, CPU)
    assert times.knows_sharing([small_spec()]) and not times.knows_sharing([small_spec("gru")])
    assert times.seconds(small_spec(), 1) < times.shared_seconds(small_spec(), 1)
