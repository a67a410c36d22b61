"""The one process that speaks to the Ray cluster: it trains as many queued runs at once as the cluster has devices."""

import logging
import threading
import time
from collections.abc import Callable

from filelock import FileLock

from cache.cluster.connection import Cluster, Slot
from cache.cluster.executor import NodeGone, RayExecutor
from cache.cluster.requirements import ClusterProblem
from cache.core.cluster_state import CLUSTER, ClusterState, SlotState, cluster_device
from cache.core.processes import ProcessIdentity
from cache.execution.runner import LOOK_SECONDS, POLL_SECONDS, Runner, code_stamp
from cache.store.runner_store import RunnerStore
from cache.store.runs import Run
from models.machine.devices import Device

log = logging.getLogger("unroll.runner")


class SlotRunner(Runner):
    """Trains the cluster's runs on one device, in a thread, until it is stopped or the node is gone."""

    def __init__(self, store: RunnerStore, executor: RayExecutor, save_seconds: float, queue: Device) -> None:
        super().__init__(store, executor, float("inf"), save_seconds, queue)
        self.slot = executor.slot
        self.run_id: int | None = None
        self._file_name = f"{CLUSTER}-{self.slot.name}"
        self._staging = store.staging_dir / self._file_name
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self, backend: str) -> None:
        self._thread = threading.Thread(target=self._work, args=(backend,), name=self.slot.name, daemon=True)
        self._thread.start()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _work(self, backend: str) -> None:
        try:
            self._serve(backend)
        except NodeGone as error:
            log.warning("%s", error)
        except Exception:
            log.exception("a device of the cluster cannot be used")

    def _run(self, run: Run) -> None:
        self.run_id = run.id
        try:
            super()._run(run)
        finally:
            self.run_id = None

    def _announce(self, status: str) -> None:
        """The queue belongs to all devices; one that waits for another cache's run is no reason for the others."""


class ClusterRunner:
    """Keeps a ``SlotRunner`` for each device of the cluster, until none has had a run for ``idle_seconds``."""

    def __init__(
        self,
        store: RunnerStore,
        idle_seconds: float,
        save_seconds: float,
        make_executor: Callable[[Cluster, Slot], RayExecutor] = RayExecutor,
    ) -> None:
        self._store = store
        self._idle_seconds = idle_seconds
        self._save_seconds = save_seconds
        self._make_executor = make_executor
        self._runners: dict[str, SlotRunner] = {}
        self._stopping = False
        self._code = code_stamp()

    def stop(self) -> None:
        """End after releasing all runs."""
        self._stopping = True  # nothing else here: a signal may come during another one

    def work(self, address: str, backend: str) -> None:
        """Train until there is nothing to do. Raises ClusterProblem, and Timeout if the cache has such a runner."""
        self._store.db.require_writable()
        self._store.db.keeps_trying = lambda: not self._stopping
        with FileLock(self._store.locks_dir / f"{CLUSTER}.lock", timeout=1):
            try:
                cluster = Cluster(address, backend)
                _, problems = self._look(cluster, backend)
                if not self._runners:
                    raise ClusterProblem(problems[0] if problems else "No node of the Ray cluster has a device.")
            except ClusterProblem as error:
                ClusterState(self._store.clock(), problems=(str(error),)).write(self._store.root)
                self._store.reject(CLUSTER, f"The runner could not start: {error}")
                raise
            try:
                self._loop(cluster, backend)
            finally:
                for runner in self._runners.values():
                    runner.stop()
                for runner in self._runners.values():
                    runner.join()
                cluster.close()

    def _loop(self, cluster: Cluster, backend: str) -> None:
        queue = cluster_device(self._store.root)
        self._store.announce_runner(CLUSTER, ProcessIdentity.current(), queue.name)
        idle_since = time.monotonic()
        while not self._stopping and time.monotonic() - idle_since < self._idle_seconds:
            if code_stamp() != self._code:
                log.info("the code has changed; a fresh runner has to take over")
                return
            self._look(cluster, backend)
            if self._store.has_waiting(CLUSTER) or any(runner.run_id for runner in self._runners.values()):
                idle_since = time.monotonic()
            look_again = time.monotonic() + LOOK_SECONDS
            while not self._stopping and time.monotonic() < look_again:
                time.sleep(POLL_SECONDS)

    def _look(self, cluster: Cluster, backend: str) -> tuple[list[Slot], list[str]]:
        """Begin with the devices of new nodes, forget those that are gone, and write down how the cluster is."""
        slots, problems = cluster.slots()
        for name in [name for name, runner in self._runners.items() if not runner.is_alive]:
            del self._runners[name]
        queue = cluster_device(self._store.root)
        for slot in slots:
            if slot.name not in self._runners:
                executor = self._make_executor(cluster, slot)
                runner = SlotRunner(self._store, executor, self._save_seconds, queue)
                self._runners[slot.name] = runner
                runner.begin(backend)
        states = tuple(
            SlotState(slot.node_id, slot.node, slot.device.device_id, slot.device.name, slot.device.memory_bytes,
                      self._runners[slot.name].run_id)
            for slot in slots
        )  # fmt: skip
        ClusterState(self._store.clock(), states, tuple(problems)).write(self._store.root)
        return slots, problems
