"""Background tasks in their own processes: work that a page must not wait for, or that needs libraries a page must not
load.

A kind of task is a dataclass with the arguments as fields. Its status is kept in a file:

    task = ReadTestTexts("imdb")
    task.start(store)
    task.status(store.root)  # TaskStatus(state="running", message="Reading IMDB", …)
"""

import json
import os
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from filelock import FileLock, Timeout

from cache.core.access import require_writable
from cache.core.processes import ProcessIdentity, start_detached
from cache.store.store import RunStore
from cache.store.store_queries import StoreQueries
from cache.tasks.task_status import CANCELLED, DONE, FAILED, RUNNING, TaskStatus
from models.text.encoding import TextEncoding

OnProgress = Callable[[str], None]
_starting: dict[Path, threading.Lock] = {}
"""Many pages may start the same task at once: each waits here until it runs, instead of starting another."""


@dataclass(frozen=True)
class Task(ABC):
    """A background task. Equal tasks are the same work, which at most one process does."""

    name: ClassVar[str]
    """Its name for ``python -m cache.tasks`` and for its log."""
    deadline_seconds: ClassVar[float | None] = None
    """When a process gives up."""

    @abstractmethod
    def status_file(self, root: Path) -> Path:
        """Return the file with its status. Raises ValueError for unknown arguments, such as an unknown dataset."""

    @abstractmethod
    def work(self, root: Path, on_progress: OnProgress) -> str:
        """Do it, and return the last message. The first line of any error is shown.

        Args:
            root: The cache's folder.
            on_progress: Receives a message for each step.
        """

    def status(self, root: Path) -> TaskStatus | None:
        """Read its status; None if it was never started, or was deleted."""
        return TaskStatus.of(self.status_file(root))

    def is_running(self, root: Path) -> bool:
        status = self.status(root)
        return status is not None and status.is_running

    def start(self, store: RunStore) -> None:
        """Start a process for it, unless one runs. Raises CacheReadOnly."""
        file = self.status_file(store.root)
        start(store, file, "cache.tasks", self.name, json.dumps(asdict(self)), log=self.name)

    def run(self, root: Path) -> TaskStatus:
        """Do it in this process, unless another does, and return the last status. Raises CacheReadOnly."""
        require_writable(root)
        return _run(self.status_file(root), lambda on_progress: self.work(root, on_progress), self.deadline_seconds)

    def cancel(self, store: RunStore, message: str) -> None:
        """Kill the process, if one runs. Raises CacheReadOnly."""
        store.db.require_writable()
        current = self.status(store.root)
        owner = ProcessIdentity.from_json(current.owner) if current else None
        if current and owner and (process := owner.process()):
            process.kill()
            TaskStatus(CANCELLED, message, current.owner, current.started_at).write(self.status_file(store.root))

    def forget(self, store: RunStore) -> None:
        """Delete the status of one that has ended. Raises CacheReadOnly."""
        store.db.require_writable()
        if not self.is_running(store.root):
            self.status_file(store.root).unlink(missing_ok=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a task. Raises ValueError, TypeError."""
        return cls(**json.loads(text, object_hook=_value))


def _value(value: dict[str, Any]) -> Any:
    """An encoding, the only nested field of a task, or the task's fields."""
    return TextEncoding(**value) if "vocabulary_size" in value else value


def start(store: StoreQueries, file: Path, module: str, *arguments: str, log: str) -> None:
    """Start ``python -m module --cache ROOT …`` unless it runs.

    It returns once the status file says that the process runs, or the process has ended.

    Args:
        store: The cache.
        file: The status file that the process writes.
        module: The module to run.
        *arguments: The arguments after the cache.
        log: The name of the log that receives the output.

    Raises:
        CacheReadOnly: The cache cannot be changed.
    """
    store.db.require_writable()
    with _starting.setdefault(file, threading.Lock()):
        current = TaskStatus.of(file)
        if current and current.is_running:
            return
        process = start_detached(module, "--cache", str(store.root), *arguments, log=store.logs_dir / f"{log}.log")
        give_up = time.monotonic() + 5
        while TaskStatus.of(file) == current and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie


def _run(file: Path, work: Callable[[OnProgress], str], deadline_seconds: float | None) -> TaskStatus:
    owner, started_at = ProcessIdentity.current().to_json(), time.time()
    writing = threading.RLock()  # the deadline runs in another thread, and writes last

    def status(state: str, message: str) -> TaskStatus:
        with writing:
            written = TaskStatus(state, message, owner, started_at)
            written.write(file)
            return written

    def on_progress(message: str) -> None:
        status(RUNNING, message)

    def give_up() -> None:
        with writing:
            status(
                FAILED, f"It took longer than {(deadline_seconds or 0) / 60:.0f} minutes and was stopped: try again."
            )
            os._exit(1)

    timer = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock"), timeout=0):
            status(RUNNING, "Starting")
            if deadline_seconds is not None:
                timer = threading.Timer(deadline_seconds, give_up)
                timer.daemon = True
                timer.start()
            return status(DONE, work(on_progress))
    except Timeout:
        return TaskStatus.of(file) or TaskStatus(RUNNING, "Starting", owner, started_at)
    except Exception as error:
        if not isinstance(error, RuntimeError):  # ours, with a message on what to do
            traceback.print_exc()
        return status(FAILED, str(error).splitlines()[0] if str(error) else type(error).__name__)
    finally:
        if timer:
            timer.cancel()
