"""Training on this machine: in a worker process, under the lock of the device."""

from collections.abc import Sequence
from multiprocessing import connection
from pathlib import Path
from typing import Self

from cache.core.device_lock import SharedLock
from cache.core.paths import device_lock
from cache.execution.contention import Watch
from cache.execution.executor import JobLost
from cache.execution.worker import Job, Message
from cache.execution.worker_process import WorkerProcess
from models.machine.devices import Device, load, usable_devices
from models.training.events import EpochFinished, Started


class LocalExecutor:
    """An ``Executor`` with one worker process, which is kept from job to job while it lives and the backend is the
    same.

    Several with the same ``lock`` can train on the device at once. All but the first are spare: their workers start
    with a job and end when the device is released, so that they take no memory from a run that has the device alone.
    """

    @staticmethod
    def devices(backend: str) -> list[Device]:
        return usable_devices(backend)

    @classmethod
    def several(cls, device: Device, log_file: Path, number: int) -> list[Self]:
        """Return executors that share the device."""
        lock = SharedLock(device_lock(device.device_id))
        files = (log_file.with_stem(f"{log_file.stem}-{each}") for each in range(2, number + 1))
        return [cls(device, log_file, lock), *(cls(device, file, lock, is_spare=True) for file in files)]

    def __init__(self, device: Device, log_file: Path, lock: SharedLock | None = None, is_spare: bool = False) -> None:
        self.device = device
        self._log_file = log_file
        self._lock = lock or SharedLock(device_lock(device.device_id))
        self._is_spare = is_spare
        self._worker: WorkerProcess | None = None
        self._watch: Watch | None = None

    @property
    def is_alive(self) -> bool:
        return self._worker is not None and self._worker.is_alive

    def reserve(self) -> None:
        self._lock.acquire(self)

    def release(self) -> None:
        if self._is_spare:
            self.cancel()
        self._lock.release(self)

    def warm(self, backend: str) -> None:
        if not self._is_spare:
            self._warmed(backend)

    def start(self, job: Job, backend: str) -> None:
        self._watch = None
        self._warmed(backend).send(job)

    def _warmed(self, backend: str) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive or self._worker.backend != backend:
            self.cancel()
            self._worker = WorkerProcess(backend, self.device, self._log_file)
        return self._worker

    @staticmethod
    def wait(busy: Sequence["LocalExecutor"], timeout_seconds: float) -> list["LocalExecutor"]:
        pipes = {executor: executor._worker.pipe for executor in busy if executor._worker is not None}
        ready = connection.wait(pipes.values(), timeout_seconds)
        return [executor for executor, pipe in pipes.items() if pipe in ready]

    def receive(self, timeout_seconds: float) -> Message | None:
        if self._worker is None:
            raise JobLost("No job was started.")
        message = self._worker.receive(timeout_seconds)
        if isinstance(message, Started):
            self._watch = Watch(self.device, self._worker.pid)
        elif isinstance(message, EpochFinished) and self._watch:
            self._watch.sample()
        return message

    def cancel(self) -> None:
        if self._worker is not None:
            self._worker.kill()

    def contention(self) -> str | None:
        return self._watch.verdict() if self._watch else None

    def load(self) -> dict[str, float | str]:
        return load(self.device)
