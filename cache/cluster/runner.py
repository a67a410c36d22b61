"""The one process that speaks to the Ray cluster: it trains as many queued runs at once as the cluster has devices."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from cache.cluster.requirements import ClusterProblem
from cache.cluster.slots import Slot
from cache.core.cluster_state import CLUSTER, UNKNOWN_BYTES, ClusterState, SlotState, cluster_device
from cache.execution.executor import Executor
from cache.execution.runner import Runner
from cache.execution.runner_options import IDLE_SECONDS, SAVE_SECONDS
from cache.store.runner_store import RunnerStore
from models.machine.devices import Device

CONNECT_SECONDS = 120.0
"""A node's first process imports Ray and Unroll, on a busy machine slowly."""


class Devices(Protocol):
    """Where the devices of a cluster come from."""

    def slots(self, patience_seconds: float = 0.0) -> tuple[list[Slot], list[str]]:
        """Return the devices to train on now, and a sentence for each node that cannot be used.

        Wait at most so long for the answers of new nodes.
        """

    def close(self) -> None: ...


class ClusterRunner(Runner):
    """A runner whose executors come and go with the nodes of a cluster.

    ``connect`` raises ClusterProblem; ``make_executor`` is given what it returns.
    """

    def __init__(
        self,
        store: RunnerStore,
        connect: Callable[[str], Devices],
        make_executor: Callable[..., Executor],
        idle_seconds: float = IDLE_SECONDS,
        save_seconds: float = SAVE_SECONDS,
    ) -> None:
        super().__init__(store, [], idle_seconds, save_seconds, Device(CLUSTER, "Ray cluster", UNKNOWN_BYTES))
        self._connect = connect
        self._make_executor = make_executor
        self._at: dict[str, Executor] = {}

    def _serve(self, backend: str) -> None:
        try:
            self._cluster = self._connect(backend)
            problems = self._find(CONNECT_SECONDS)
            if not self._executors:
                raise ClusterProblem(problems[0] if problems else "No node of the Ray cluster has a device.")
        except ClusterProblem as error:
            ClusterState(self._store.clock(), problems=(str(error),)).write(self._store.root)
            self._store.reject(CLUSTER, f"The runner could not start: {error}")
            raise
        self._queue = cluster_device(self._store.root)
        with closing(self._cluster):
            super()._serve(backend)

    def _look(self) -> None:
        if time.monotonic() >= self._look_at:
            self._find()
            if not self._executors and self._store.has_waiting(CLUSTER):
                self._idle_since = time.monotonic()  # until a node comes
        super()._look()

    def _find(self, patience_seconds: float = 0.0) -> list[str]:
        """Use the devices of new nodes, forget those that are gone, and write down how the cluster is."""
        slots, problems = self._cluster.slots(patience_seconds)
        for name in self._at.keys() - {slot.name for slot in slots}:
            if self._at[name] not in self._runs:
                self._at.pop(name).release()
        for slot in slots:
            if slot.name not in self._at:
                self._at[slot.name] = self._make_executor(self._cluster, slot)
        self._executors = list(self._at.values())
        states = tuple(
            SlotState(slot.node_id, slot.node, slot.device.device_id, slot.device.name, slot.device.memory_bytes,
                      run.run_id if (run := self._runs.get(self._at[slot.name])) else None)
            for slot in slots
        )  # fmt: skip
        ClusterState(self._store.clock(), states, tuple(problems)).write(self._store.root)
        return problems
