"""Training on a device of a Ray cluster: one task a run, whose events come back as a stream."""

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
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

from cache.cluster.connection import Cluster
from cache.cluster.node import Lost, NodeEvent, missing_on_node, train_on_node
from cache.cluster.ordered import Ordered
from cache.cluster.shipping import Damaged, Part, files_below, known_checksum, require_whole, ship, write_part
from cache.cluster.slots import Slot
from cache.core.device_lock import DeviceBusy
from cache.execution.executor import JobLost
from cache.execution.worker import Accepted, Failed, Job, Message, reason_for
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.training.events import Done, StateSaved
from models.vectors.word_vectors import find_vectors

RESERVE_SECONDS = 0.5
"""How long the first try to have a device waits for Ray; later ones only look."""
RESERVE_POLL_SECONDS = 0.02
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


class NodeGone(DeviceBusy):
    """The node of the device is no longer part of the cluster."""


class RayExecutor:
    """An ``Executor`` for one device of the cluster, which Ray keeps for it from ``reserve`` to ``release``."""

    task = staticmethod(train_on_node)

    def __init__(self, cluster: Cluster, slot: Slot) -> None:
        self.slot = slot
        self._cluster = cluster
        self._group: PlacementGroup | None = None
        self._is_reserved = False
        self._job: Job | None = None
        self._missing: Any = None
        self._answer_until = 0.0
        self._stream: Any = None
        self._leaving: tuple[Any, Any] | None = None
        self._leave_until = 0.0
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
        return self._is_reserved and not self._was_ended

    def reserve(self) -> None:
        """Raises NodeGone, too."""
        if not self._cluster.is_alive(self.slot.node_id):
            raise NodeGone(f"The node {self.slot.node} is gone.")
        if not self._has_left(0.0):
            raise DeviceBusy(f"A cancelled training still uses {self.device.device_id} of the node {self.slot.node}.")
        if self._is_reserved:
            return
        try:
            until = time.monotonic() + (RESERVE_SECONDS if self._group is None else 0.0)
            self._group = self._group or self._asked_for()
            while not (is_reserved := self._group.wait(0)) and time.monotonic() < until:
                time.sleep(RESERVE_POLL_SECONDS)  # Ray itself counts in whole seconds
            self._is_reserved = is_reserved
        except RayError as error:
            raise DeviceBusy(_why(error)) from error
        if not self._is_reserved:
            raise DeviceBusy(f"Another program uses {self.device.device_id} of the node {self.slot.node}.")

    def _asked_for(self) -> PlacementGroup:
        wanted = {"CPU": self.slot.num_cpus, "GPU": float(self.slot.num_gpus)}
        return placement_group(
            [{name: number for name, number in wanted.items() if number}],
            bundle_label_selector=[{"ray.io/node-id": self.slot.node_id}],
        )

    def release(self) -> None:
        self._has_left(FORCE_SECONDS)
        if self._group is not None:
            remove_placement_group(self._group)
            self._group, self._is_reserved = None, False

    def warm(self, backend: str) -> None:
        """Does nothing: a node keeps the process of its last run on a processor by itself."""

    def start(self, job: Job, backend: str) -> None:
        self._job, self._backend, self._ordered, self._inbox = job, backend, Ordered(), deque()
        self._contention, self._load, self._was_ended = None, {}, False
        try:
            self._has_left(FORCE_SECONDS)
            self.reserve()
            self._missing, self._answer_until = self._ask_for_missing(job), time.monotonic() + ASK_SECONDS
            if self._missing is None:
                self._send(job, [])
        except (RayError, DeviceBusy) as error:
            raise JobLost(_why(error)) from error

    def _ask_for_missing(self, job: Job) -> Any:
        """Ask the node which of the dataset's and the word vectors' files it lacks; None if the run needs none."""
        wanted = {path.relative_to(job.data_dir).as_posix(): known_checksum(path) or "" for path in files_of(job)}
        return self._task(missing_on_node, num_cpus=0).remote(wanted) if wanted else None

    def _send(self, job: Job, missing: Iterable[str]) -> None:
        data = ship(job.data_dir, (job.data_dir / name for name in missing), ray.put)
        resumed = job.resume_from
        state = ship(resumed, files_below(resumed), ray.put) if resumed else []
        self._missing = None
        self._stream = self._task(self.task, num_returns="streaming", num_cpus=self.slot.num_cpus,
            num_gpus=self.slot.num_gpus, _generator_backpressure_num_objects=MOST_UNREAD,
        ).remote(job, self._backend, self.device.is_gpu, data, state)  # fmt: skip

    def _task(self, function: Any, **options: Any) -> Any:
        place = PlacementGroupSchedulingStrategy(self._group, 0)
        return ray.remote(function).options(max_retries=0, scheduling_strategy=place, **options)

    @property
    def _awaited(self) -> Any:
        return self._missing if self._missing is not None else self._stream

    @staticmethod
    def wait(busy: Sequence["RayExecutor"], timeout_seconds: float) -> list["RayExecutor"]:
        """It is one question to Ray for all of them."""
        ready = [executor for executor in busy if executor._inbox]
        awaited = {executor._awaited: executor for executor in busy if not executor._inbox}
        if awaited:
            references = list(awaited)
            some, _ = ray.wait(references, timeout=0.0 if ready else timeout_seconds)
            if some:
                some, _ = ray.wait(references, num_returns=len(references), timeout=0.0)
            ready += [awaited[each] for each in some]
        return ready

    def receive(self, timeout_seconds: float) -> Message | None:
        if self._awaited is None or self._job is None:
            raise JobLost("No job was started.")
        until = time.monotonic() + timeout_seconds
        while True:
            while self._inbox:
                if (message := self._handle(self._inbox.popleft(), self._job)) is not None:
                    return message
            left = max(0.0, until - time.monotonic())
            if (failed := self._fetch(left, self._job)) is not None:
                return failed
            if not left and not self._inbox:
                return None

    def _fetch(self, timeout_seconds: float, job: Job) -> Failed | None:
        """Take the next event off the stream if there is one. Raises JobLost."""
        try:
            ready, _ = ray.wait([self._awaited], timeout=timeout_seconds)
            if self._missing is not None:
                if ready:
                    self._send(job, ray.get(self._missing))
                elif time.monotonic() > self._answer_until:
                    raise JobLost("The node did not answer.")
            elif ready:
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
        """Ask the task to end; ``reserve`` and ``release`` see to it that it does."""
        self._missing, self._was_ended = None, True
        if self._stream is not None:
            stream, self._stream = self._stream, None
            self._leaving, self._leave_until = (stream, stream.completed()), time.monotonic() + FORCE_SECONDS
            ray.cancel(stream)

    def _has_left(self, patience_seconds: float) -> bool:
        """Whether the cancelled task has ended, which is forced when its time is up."""
        if self._leaving is None:
            return True
        stream, end = self._leaving
        left = max(0.0, self._leave_until - time.monotonic())
        if not ray.wait([end], timeout=min(left, patience_seconds))[0]:
            if patience_seconds < left:
                return False
            ray.cancel(stream, force=True)
            ray.wait([end], timeout=FORCE_SECONDS)
        self._leaving = None
        return True

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
