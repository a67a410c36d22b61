"""The runner's handle on the worker process."""

import multiprocessing
import signal
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from cache.execution.executor import JobLost
from cache.execution.worker import Job, Message, encode_texts, serve
from models.machine.devices import Device
from models.training.events import Started


class WorkerProcess:
    """A worker process, kept warm from one job to the next.

    While it still loads its backend, another process encodes the texts of its first job.
    """

    def __init__(self, backend: str, device: Device, log_file: Path) -> None:
        self._context = multiprocessing.get_context("spawn")
        self.backend = backend
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=serve, args=(theirs, backend, device, log_file), daemon=True)
        self._process.start()
        self._is_loading = True
        self._encoder: SpawnProcess | None = None
        theirs.close()

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def pipe(self) -> connection.Connection:
        """To wait for: it is ready when there is a message, or when the process has ended."""
        return self._pipe

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def send(self, job: Job) -> None:
        """Hand over a job, which waits until the worker is ready for it. Raises JobLost."""
        try:
            self._pipe.send(job)
        except OSError as error:
            raise JobLost(self._how_it_ended()) from error
        if self._is_loading:
            self._encoder = self._context.Process(target=encode_texts, args=(job,), daemon=True)
            self._encoder.start()

    def receive(self, timeout_seconds: float) -> Message | None:
        """Return the next message, or None if there is none in time. Raises JobLost."""
        try:
            message = self._pipe.recv() if self._pipe.poll(timeout_seconds) else None
        except (EOFError, OSError) as error:
            raise JobLost(self._how_it_ended()) from error
        self._is_loading = self._is_loading and message is None
        if isinstance(message, Started) and self._encoder:
            _end(self._encoder)  # it has nothing left to do, and seconds are measured from now on
        return message

    def kill(self) -> None:
        """Kill the process; may be called again."""
        for process in filter(None, (self._encoder, self._process)):
            _end(process)
        self._pipe.close()

    def _how_it_ended(self) -> str:
        self._process.join(timeout=5)
        code = self._process.exitcode
        if code == -signal.SIGKILL:
            return (
                "The training process was killed, most often because memory ran out: choose a smaller batch or model."
            )
        return f"The training process ended by itself (exit code {code}); its log says more."


def _end(process: SpawnProcess) -> None:
    process.kill()
    process.join()
