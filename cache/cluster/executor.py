"""Training on a device of a Ray cluster: one task a run, whose events come back as a stream."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    ObjectStoreFullError,
    OutOfDiskError,
    OutOfMemoryError,
    OwnerDiedError,
    RayError,
    RayTaskError,
    TaskCancelledError,
    WorkerCrashedError,
)
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from cache.cluster.connection import Cluster, Slot
from cache.cluster.node import Lost, NodeEvent, missing_on_node, train_on_node
from cache.cluster.shipping import Damaged, Part, Shipment, files_below, require_whole, ship, write_part
from cache.core.checksums import checksum
from cache.core.device_lock import DeviceBusy
from cache.execution.executor import JobLost
from cache.execution.worker import Accepted, Failed, Job, Message, reason_for
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.training.events import Done, StateSaved
from models.vectors.word_vectors import find_vectors

RESERVE_SECONDS = 5.0
ASK_SECONDS = 120.0
FORCE_SECONDS = 2.0
"""How long a task that was asked to end may take before it is killed."""
MOST_UNREAD = 8
"""Events that a node may be ahead; the largest are parts of files."""
WHY = {
    OutOfMemoryError: "The node ran out of memory, so the training was killed: choose a smaller batch or model.",
    NodeDiedError: "The node was lost during the training.",
    WorkerCrashedError: "The process on the node was killed.",
    ObjectStoreFullError: "Ray's memory for files is full: start the nodes with a larger --object-store-memory.",
    OutOfDiskError: "The disk of a node is full: free some space there.",
    OwnerDiedError: "The process that had sent the data ended.",
    ObjectLostError: "A part of the run's files was lost on the way.",
    TaskCancelledError: "The training was cancelled on the cluster.",
}


class NodeGone(RuntimeError):
    """The node of the device is no longer part of the cluster."""


class Ordered:
    """Puts numbered events in order: one that came before is dropped, one that comes too early waits."""

    def __init__(self) -> None:
        self._next = 0
        self._early: dict[int, NodeEvent] = {}

    @property
    def has_gap(self) -> bool:
        return bool(self._early)

    def take(self, event: NodeEvent) -> Iterator[NodeEvent]:
        if event.number >= self._next:
            self._early.setdefault(event.number, event)
        while self._next in self._early:
            self._next += 1
            yield self._early.pop(self._next - 1)


class RayExecutor:
    """An ``Executor`` for one device of the cluster, which Ray keeps for it from ``reserve`` to ``release``."""

    task = staticmethod(train_on_node)

    def __init__(self, cluster: Cluster, slot: Slot) -> None:
        self.slot = slot
        self._cluster = cluster
        self._group: PlacementGroup | None = None
        self._job: Job | None = None
        self._stream: Any = None
        self._ordered = Ordered()
        self._inbox: deque[NodeEvent] = deque()
        self._contention: str | None = None
        self._load: Mapping[str, float | str] = {}
        self._was_ended = False

    @property
    def device(self) -> Device:
        return self.slot.device

    @property
    def is_alive(self) -> bool:
        return self._group is not None and not self._was_ended

    def reserve(self) -> None:
        """Raises NodeGone, too."""
        if not self._cluster.is_alive(self.slot.node_id):
            raise NodeGone(f"The node {self.slot.node} is gone.")
        if self._group is not None:
            return
        wanted = {"CPU": self.slot.num_cpus, "GPU": float(self.slot.num_gpus)}
        group = placement_group(
            [{name: number for name, number in wanted.items() if number}],
            bundle_label_selector=[{"ray.io/node-id": self.slot.node_id}],
        )
        if not group.wait(RESERVE_SECONDS):
            remove_placement_group(group)
            raise DeviceBusy(f"Another program uses {self.device.device_id} of the node {self.slot.node}.")
        self._group = group

    def release(self) -> None:
        if self._group is not None:
            remove_placement_group(self._group)
            self._group = None

    def warm(self, backend: str) -> None:
        """Does nothing: a node keeps the process of its last run on a processor by itself."""

    def start(self, job: Job, backend: str) -> None:
        self._job, self._ordered, self._inbox = job, Ordered(), deque()
        self._contention, self._load, self._was_ended = None, {}, False
        try:
            self.reserve()
            data = self._shipped(job)
            resumed = job.resume_from
            state = ship(resumed, files_below(resumed), ray.put) if resumed else []
            self._stream = self._task(self.task, num_returns="streaming", num_cpus=self.slot.num_cpus,
                num_gpus=self.slot.num_gpus, _generator_backpressure_num_objects=MOST_UNREAD,
            ).remote(job, backend, self.device.is_gpu, data, state)  # fmt: skip
        except (RayError, DeviceBusy, NodeGone) as error:
            raise JobLost(_why(error)) from error

    def _task(self, function: Any, **options: Any) -> Any:
        place = PlacementGroupSchedulingStrategy(self._group, 0)
        return ray.remote(function).options(max_retries=0, scheduling_strategy=place, **options)

    def _shipped(self, job: Job) -> list[Shipment]:
        """The files of the dataset and of word vectors that the node lacks."""
        paths = {path.relative_to(job.data_dir).as_posix(): path for path in files_of(job)}
        if not paths:
            return []
        wanted = {name: checksum(path) or "" for name, path in paths.items()}
        missing = ray.get(self._task(missing_on_node, num_cpus=0).remote(wanted), timeout=ASK_SECONDS)
        return ship(job.data_dir, (paths[name] for name in missing), ray.put)

    def receive(self, timeout_seconds: float) -> Message | None:
        if self._stream is None or self._job is None:
            raise JobLost("No job was started.")
        until = time.monotonic() + timeout_seconds
        while True:
            while self._inbox:
                if (message := self._handle(self._inbox.popleft(), self._job)) is not None:
                    return message
            left = until - time.monotonic()
            if left <= 0:
                return None
            if (failed := self._fetch(left, self._job)) is not None:
                return failed

    def _fetch(self, timeout_seconds: float, job: Job) -> Failed | None:
        """Take the next event off the stream if there is one. Raises JobLost."""
        try:
            ready, _ = ray.wait([self._stream], timeout=timeout_seconds)
            if ready:
                self._inbox += self._ordered.take(ray.get(next(self._stream)))
        except StopIteration:
            self._was_ended = True
            raise JobLost("The events of the training ended before it did.") from None
        except RayTaskError as error:
            self._was_ended = True
            cause = error.cause if isinstance(error.cause, Exception) else error
            if isinstance(cause, RayError | Damaged):
                raise JobLost(_why(cause)) from error
            return Failed(reason_for(cause, job))
        except RayError as error:
            self._was_ended = True
            raise JobLost(_why(error)) from error
        return None

    def _handle(self, event: NodeEvent, job: Job) -> Message | None:
        self._contention = event.contention or self._contention
        self._load = event.load or self._load
        if event.log:
            with job.log.open("ab") as log:
                log.write(event.log)
        content = event.content
        match content:
            case Part():
                write_part(job.output, content)
                return None
            case Lost(reason):
                self._was_ended = True
                raise JobLost(reason)
            case Accepted(environment):
                return Accepted(environment | {"node": self.slot.node})
            case StateSaved(epoch, folder):
                self._require_whole(job, event)
                return StateSaved(epoch, job.output / folder.name)
            case Done():
                self._require_whole(job, event)
        return content

    def _require_whole(self, job: Job, event: NodeEvent) -> None:
        try:
            require_whole(job.output, dict(event.digests))
        except Damaged as error:
            self.cancel()
            raise JobLost(str(error)) from error

    def cancel(self) -> None:
        if self._stream is None:
            return
        stream, self._stream, self._was_ended = self._stream, None, True
        end = stream.completed()
        for force in (False, True):
            ray.cancel(stream, force=force)
            if ray.wait([end], timeout=FORCE_SECONDS)[0]:
                return

    def contention(self) -> str | None:
        return self._contention

    def load(self) -> dict[str, float | str]:
        return dict(self._load)


def files_of(job: Job) -> list[Path]:
    """Return the files that a run needs and a node cannot make. Raises FileNotFoundError."""
    spec = RunSpec.from_json(job.spec_json)
    vectors = find_vectors(spec.vectors) if spec.vectors else None
    return [
        *get_dataset(spec.dataset).files(job.data_dir / "tfds"),
        *(files_below(vectors.folder) if vectors else []),
    ]


def _why(error: Exception) -> str:
    """Say in a sentence how a run was lost."""
    for kind, sentence in WHY.items():
        if isinstance(error, kind):
            return sentence
    if isinstance(error, RayError):
        lines = str(error).strip().splitlines()
        return f"Ray lost the run: {lines[0] if lines else type(error).__name__}"
    return str(error)
