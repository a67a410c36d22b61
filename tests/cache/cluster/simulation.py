"""A cluster in virtual time with devices that compute nothing, below the real runner, queue and store.

Processes are killed, nodes are lost and come back, events come twice, late and in another order, and runners die.
"""

import random
import time
from collections import Counter, deque
from contextlib import suppress
from functools import partial
from heapq import heappop, heappush
from itertools import count
from types import SimpleNamespace

import pytest

from cache.cluster.node import NodeEvent
from cache.cluster.ordered import Ordered
from cache.cluster.runner import ClusterRunner
from cache.cluster.slots import Slot
from cache.core.cluster_state import CLUSTER
from cache.core.device_lock import DeviceBusy
from cache.core.processes import ProcessIdentity
from cache.execution.executor import JobLost
from cache.execution.heartbeat import BEAT_SECONDS, Heartbeat
from cache.execution.worker import Accepted, Failed
from cache.store.runner_store import RunnerStore
from cache.store.runs import FAILED, FINISHED, QUEUED, RUNNING
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.training.events import BatchProgress, Done, EpochFinished, Started, StateSaved
from tests.disk import never_waiting_for_the_disk

DEVICES_A_NODE = 8
KILLED, REFUSED, TWICE, SAVED = 0.05, 0.06, 0.2, 0.1
"""How often a training is killed or fails with a reason, an event comes twice, and an epoch's state is saved."""
NODE_LOST_SECONDS, NODE_BACK_SECONDS, RUNNER_DIES_SECONDS = 40.0, 15.0, 50.0
DEVICE = Device(CLUSTER, "A simulated device", 1 << 40)


class RunnerDies(BaseException):
    """Nothing handles it, as nothing handles a process that is killed."""


class World:
    """What happens when, and what must never happen. It is a cluster, and the clock of the modules that wait."""

    def __init__(self, num_devices, seed=0):
        self.chance = random.Random(seed)
        self.now = 0.0
        self.runner = 0
        self.heartbeat = None
        self.nodes = [f"node {number}" for number in range(num_devices // DEVICES_A_NODE)]
        self.active = {}
        self.done, self.starts, self.epochs, self.failures = set(), Counter(), Counter(), Counter()
        self._numbers, self._nodes_made = count(), count(len(self.nodes))
        self._events = []
        self._beat_at = 0.0
        self._after(NODE_LOST_SECONDS, self._lose_node)
        self._after(RUNNER_DIES_SECONDS, self._end_runner)

    # The clock

    def monotonic(self):
        return self.now

    def time(self):
        return 1e9 + self.now

    def sleep(self, seconds):
        self._until(self.now + seconds)

    def _after(self, seconds, happen):
        heappush(self._events, (self.now + seconds, next(self._numbers), happen))

    def _until(self, moment):
        """Let everything happen up to a moment, or a bit more: events in the same tick come together."""
        while self._events and self._events[0][0] <= moment:
            self.now, _, happen = heappop(self._events)
            happen()
        self.now = max(self.now, moment)
        if self.now >= self._beat_at and self.heartbeat:
            self._beat_at = self.now + BEAT_SECONDS
            self.heartbeat.beat()

    # The cluster

    def slots(self, patience_seconds=0.0):
        devices = [Device(f"gpu:{n}", DEVICE.name, DEVICE.memory_bytes) for n in range(DEVICES_A_NODE)]
        return [Slot(node, node, device, 1.0, 1) for node in self.nodes for device in devices], []

    def close(self):
        pass

    def _lose_node(self):
        node = self.nodes.pop(self.chance.randrange(len(self.nodes)))
        self.failures["nodes lost"] += 1
        for executor in [each for each in self.active.values() if each.slot.node_id == node]:
            executor.lose("The node was lost during the training.")
        self._after(NODE_BACK_SECONDS, lambda: self.nodes.append(f"node {next(self._nodes_made)}"))
        self._after(NODE_LOST_SECONDS, self._lose_node)

    def _end_runner(self):
        self.failures["runners that died"] += 1
        self._after(RUNNER_DIES_SECONDS, self._end_runner)
        raise RunnerDies


def _epoch(number):
    return EpochFinished(number, 0.4, 0.9, 0.5, 0.8, 0.5, 0.8, 2.0, 0.1, number == 1)


class SimulatedExecutor:
    """An ``Executor`` whose trainings are lists of events."""

    is_alive = True

    def __init__(self, world, slot):
        self.world, self.slot, self.device = world, slot, slot.device
        self._job, self._inbox, self._ordered = None, deque(), Ordered()

    def reserve(self):
        if self.slot.node_id not in self.world.nodes:
            raise DeviceBusy

    def release(self):
        pass

    warm = contention = lambda self, *_: None

    def load(self):
        return {}

    def start(self, job, backend):
        world, chance = self.world, self.world.chance
        assert job.run_id not in world.active, "two train the same run"
        assert job.run_id not in world.done, "a run that is done is trained again"
        world.active[job.run_id] = self
        world.starts[job.run_id] += 1
        self._job, self._inbox, self._ordered = job, deque(), Ordered()
        first = int(job.resume_from.name) if job.resume_from else 0
        contents = [Accepted({"device": self.device.name}), Started(first, 10)]
        for number in range(first + 1, job.epochs + 1):
            contents += [BatchProgress(number, 5, 1.0), _epoch(number)]
            if number < job.epochs and chance.random() < SAVED:
                contents.append(StateSaved(number, job.output / str(number)))
        contents.append(Failed("It cannot work.") if chance.random() < REFUSED else Done(job.epochs))
        lost_at = chance.randrange(len(contents)) if chance.random() < KILLED else None
        moment = 0.0
        for number, content in enumerate(contents):
            moment += chance.uniform(0.5, 6.0)
            if number == lost_at:
                world._after(moment, lambda: self._job is job and self.lose("The process on the node was killed."))
                world.failures["trainings killed"] += 1
                break
            event = NodeEvent(number, content)
            for _ in range(1 + (chance.random() < TWICE)):
                world._after(moment + chance.expovariate(0.5), partial(self._arrive, job, event))

    def _arrive(self, job, event):
        """Of an earlier job nothing is heard any more."""
        if self._job is job:
            self._inbox.extend(self._ordered.take(event))

    def lose(self, reason):
        self._inbox.append(reason)

    @staticmethod
    def wait(busy, timeout_seconds):
        world = busy[0].world
        if not any(each._inbox for each in busy):
            soon = world._events[0][0] if world._events else world.now
            world._until(min(max(soon, world.now), world.now + timeout_seconds))
        return [each for each in busy if each._inbox]

    def receive(self, timeout_seconds):
        message = self._inbox.popleft() if self._inbox else None
        if isinstance(message, str):
            self._forget()
            raise JobLost(message)
        content = message.content if message else None
        match content:
            case EpochFinished():
                self.world.epochs[self._job.run_id] += 1
            case StateSaved(_, folder):
                folder.mkdir()
                (folder / "state.npz").touch()
            case Done():
                (self._job.output / "state.npz").touch()
                self.world.done.add(self._job.run_id)
                self._forget()
            case Failed():
                self.world.failures["trainings failed"] += 1
                self._forget()
        return content

    def cancel(self):
        if self._job is not None:
            self._forget()

    def _forget(self):
        self.world.active.pop(self._job.run_id, None)
        self._job, self._inbox = None, deque()


class BeatingInVirtualTime(Heartbeat):
    def __init__(self, store, world):
        super().__init__(store)
        world.heartbeat = self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def beat(self):
        for run_id in self._store.record_heartbeats(self._pulses):
            self._pulses[run_id].asked_to_stop = True


def simulate(root, num_runs, num_devices, seed=0, epochs=2):
    """Train so many runs, and return the world and the seconds of a processor that it took.

    Nothing waits for the disk, which takes no time of a processor.
    """
    world = World(num_devices, seed)
    with pytest.MonkeyPatch.context() as patch, never_waiting_for_the_disk():
        for module in ("cache.execution.runner", "cache.execution.run_in_progress", "cache.cluster.runner"):
            patch.setattr(f"{module}.time", world)
        patch.setattr("cache.execution.runner.Heartbeat", lambda store: BeatingInVirtualTime(store, world))
        patch.setattr(ProcessIdentity, "is_alive", lambda identity: identity.started == str(world.runner))
        patch.setenv("UNROLL_MAX_QUEUE", str(num_runs))
        store = RunnerStore(root, world.time)
        patch.setattr(store.db, "changes", lambda: SimpleNamespace(wait=world.sleep))
        specs = (
            RunSpec.create(dataset="imdb", fingerprint="f", architecture="flatten", seed=seed)
            for seed in range(num_runs)
        )
        store.submit(specs, epochs, CLUSTER, DEVICE.name)
        began = time.process_time()
        while store.has_waiting(CLUSTER) or store.db.read("SELECT 1 FROM runs WHERE state = ?", (RUNNING,)):
            world.runner += 1
            world.active.clear()  # a runner that dies takes its tasks with it
            runner = ClusterRunner(store, lambda backend: world, SimulatedExecutor, idle_seconds=5.0)
            runner._me = ProcessIdentity(ProcessIdentity.current().host, 1, str(world.runner))
            with suppress(RunnerDies):
                runner.work("tensorflow")
        seconds = time.process_time() - began
    require_nothing_lost_or_trained_twice(store, world, num_runs, epochs)
    return world, seconds


def require_nothing_lost_or_trained_twice(store, world, num_runs, epochs):
    runs = store.runs([FINISHED, FAILED, QUEUED, RUNNING])
    states = Counter(run.state for run in runs)
    assert states[FINISHED] + states[FAILED] == len(runs) == num_runs, states
    finished = {run.id for run in runs if run.state == FINISHED}
    assert finished == world.done
    for run in runs:
        if run.state == FAILED:
            assert run.reason == "It cannot work." or "It was tried 3 times." in run.reason
    recorded = store.db.read("SELECT run_id, COUNT(*) AS n FROM epochs GROUP BY run_id")
    assert all(row["n"] == epochs for row in recorded if row["run_id"] in finished)
    undisturbed = [run_id for run_id in finished if world.starts[run_id] == 1]
    assert all(world.epochs[run_id] == epochs for run_id in undisturbed)
    assert list(store.staging_dir.glob("*/*")) == []
    assert list((store.root / "unfinished").glob("*")) == []
