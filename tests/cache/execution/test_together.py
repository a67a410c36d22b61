"""A device trains one run at a time, or several of which only accuracies are wanted."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from cache.core.device_lock import DeviceBusy
from cache.execution.executor import JobLost
from cache.execution.local import LocalExecutor
from cache.execution.queue import RunRequest, enqueue
from cache.execution.room import WORKER_BYTES, Room
from cache.execution.worker import Accepted
from cache.store.runner_store import RunnerStore
from cache.store.runs import FINISHED, SHARED
from models.machine.devices import cpu
from models.training.events import Done, EpochFinished, Started
from models.training.training import train
from tests.cache.execution.here import UntilEmpty

SLOTS = (2, 8, pytest.param(32, marks=pytest.mark.slow))
MORE = 12
"""Runs beyond the number of slots."""
LOST_EVERY = 5
"""The first training of every fifth run ends before it is done."""


class World:
    """What the simulated executors of one device do, and what must never happen."""

    def __init__(self, store, num_slots):
        self.store, self.num_slots = store, num_slots
        self.chance = random.Random(num_slots)
        self.active, self.holders = {}, set()
        self.starts, self.most, self.lost = [], Counter(), 0

    def begin(self, executor, run_id):
        self.active[executor] = run = self.store.run(run_id)
        assert len({each.id for each in self.active.values()}) == len(self.active) <= self.num_slots
        assert len(self.active) == 1 or all(each.together for each in self.active.values())
        assert run.together or self.holders == {executor}, "the others have let go of the device"
        self.starts.append(run_id)
        self.most[run.together] = max(self.most[run.together], len(self.active))


class SimulatedExecutor:
    """Its trainings compute nothing, and each takes another time."""

    device, is_alive = cpu(), True

    def __init__(self, world):
        self.world, self.messages = world, []

    def reserve(self):
        self.world.holders.add(self)

    def release(self):
        assert self not in self.world.active
        self.world.holders.discard(self)

    def start(self, job, backend):
        assert self in self.world.holders
        self.output = job.output
        epochs = [EpochFinished(n, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, n == 1) for n in range(1, job.epochs + 1)]
        self.messages = [Accepted({"device": self.device.name}), Started(0, 2), *epochs, Done(job.epochs)]
        if job.run_id % LOST_EVERY == 0 and job.run_id not in self.world.starts:
            del self.messages[3:]
        self.world.begin(self, job.run_id)

    @staticmethod
    def wait(busy, timeout_seconds):
        return [each for each in busy if each.world.chance.random() < 0.5]

    def receive(self, timeout_seconds):
        if not self.messages:
            del self.world.active[self]
            self.world.lost += 1
            raise JobLost("It ended by itself.")
        message = self.messages.pop(0)
        if isinstance(message, Done):
            (self.output / "state.npz").touch()
            del self.world.active[self]
        return message

    def cancel(self):
        self.world.active.pop(self, None)

    warm = contention = lambda self, *_: None

    def load(self):
        return {}


def simulate(store, num_slots, room=None):
    world = World(store, num_slots)
    executors = [SimulatedExecutor(world) for _ in range(num_slots)]
    room = room or Room(num_slots, 10**15)
    UntilEmpty(store, executors, float("inf"), measure_room=lambda: room).work("tensorflow")
    return world


def queue_up(store, small_spec, modes):
    """One run for each mode: True if it is trained together with others."""
    requests = [RunRequest(small_spec(seed=seed), 2, "cpu", together=mode) for seed, mode in enumerate(modes)]
    for request in requests:
        enqueue(store, [request])
    return [run.id for run in store.runs()]


@pytest.mark.parametrize("num_slots", SLOTS)
def test_nothing_is_lost_and_every_slot_is_used(store, small_spec, num_slots):
    ids = queue_up(store, small_spec, [True] * (num_slots + MORE))
    world = simulate(store, num_slots)
    assert {(run.state, run.reason) for run in store.runs()} == {(FINISHED, None)} and len(store.runs()) == len(ids)
    assert world.most[True] == num_slots and len(world.starts) == len(ids) + world.lost
    assert list(dict.fromkeys(world.starts)) == ids, "in the order of the queue"
    assert {run.contended for run in store.runs()} == {SHARED}
    assert not world.active and not world.holders
    assert list(store.staging_dir.glob("*/*")) == []


@pytest.mark.parametrize("num_slots", SLOTS)
def test_a_run_that_needs_the_device_alone_waits_for_those_before_it_and_those_behind_wait_for_it(
    store, small_spec, num_slots
):
    modes = [place % 10 not in (3, 4) for place in range(num_slots + MORE)]
    ids = queue_up(store, small_spec, modes)
    world = simulate(store, num_slots)
    runs = {run.id: run for run in store.runs()}
    assert {run.state for run in runs.values()} == {FINISHED}
    assert world.most[False] == 1 and world.most[True] > 1
    assert list(dict.fromkeys(world.starts)) == ids
    assert [runs[run_id].contended for run_id in ids] == [SHARED if mode else None for mode in modes]
    for place, run_id in enumerate(ids):
        if not modes[place] and world.starts.count(run_id) == 1:
            before = [runs[each] for each in ids[:place] if world.starts.count(each) == 1]
            assert all(each.ended_at <= runs[run_id].started_at for each in before)


def test_runs_are_trained_one_at_a_time_where_nobody_wants_anything_else(store, small_spec):
    queue_up(store, small_spec, [False] * 10)
    world = simulate(store, 8)
    assert world.most == {False: 1} and {run.contended for run in store.runs()} == {None}


def test_memory_limits_how_many_are_trained(store, small_spec):
    queue_up(store, small_spec, [True] * 10)
    assert simulate(store, 8, Room(8, int(3.5 * WORKER_BYTES))).most[True] == 3
    assert {run.state for run in store.runs()} == {FINISHED}


def test_executors_of_one_device_hold_its_lock_until_the_last_lets_go(tmp_path):
    one, other = LocalExecutor.several(cpu(), tmp_path / "worker.log", 2)
    stranger = LocalExecutor(cpu(), tmp_path / "worker.log")
    for executor in (one, other, one):
        executor.reserve()
    one.release()
    with pytest.raises(DeviceBusy):
        stranger.reserve()
    other.release()
    stranger.reserve()
    with pytest.raises(DeviceBusy):
        one.reserve()
    stranger.release()


@pytest.mark.parametrize("name", ["flatten", pytest.param("lstm", marks=pytest.mark.slow)])
def test_curves_are_the_same_to_the_last_bit(tmp_path, data_root, small_data, small_spec, name):
    root = tmp_path / "cache"
    root.mkdir()
    (data_root / "encoded").mkdir(exist_ok=True)
    (root / "encoded").symlink_to(data_root / "encoded")
    store = RunnerStore(root)
    specs = [small_spec(name), small_spec("conv1d")]
    requests = [RunRequest(spec, 2, "cpu", together=True) for spec in specs]
    enqueue(store, requests)
    executors = LocalExecutor.several(cpu(), store.logs_dir / "worker.log", 2)
    UntilEmpty(store, executors, float("inf"), measure_room=lambda: Room(2, 10**15)).work("tensorflow")
    runs = store.runs()
    assert [run.state for run in runs] == [FINISHED] * 2, [run.reason for run in runs]
    assert max(run.started_at for run in runs) < min(run.ended_at for run in runs), "at the same time"
    assert {run.contended for run in runs} == {SHARED}
    assert not any(executor.is_alive for executor in executors), "no process is left"
    for run, spec in zip(runs, specs, strict=True):
        output = tmp_path / run.spec.architecture
        output.mkdir()
        alone = [event for event in train(spec, small_data, 2, output) if isinstance(event, EpochFinished)]
        assert [_curve(epoch) for epoch in alone] == [_curve(epoch) for epoch in store.epochs([run.id])[run.id]]


def _curve(epoch):
    return replace(epoch, train_seconds=0.0, validation_seconds=0.0)
