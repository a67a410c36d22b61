"""Runs background work in child processes, which record their status in a file."""

import json
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from cache.core.processes import ProcessIdentity, start_detached
from cache.store.store import RunStore
from models.atomic_files import atomic_write

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
STOPPED = "It stopped unexpectedly. Try again; the log may say why."
_starting: dict[Path, threading.Lock] = {}
"""Many pages may ask for the same process at once: each waits here until it runs, instead of starting another."""


def has_died(state: str, owner: str) -> bool:
    """Whether work that says that it runs has lost its process."""
    identity = ProcessIdentity.from_json(owner)
    return state == RUNNING and not (identity and identity.is_alive())


@dataclass(frozen=True)
class TaskStatus:
    """How the latest errand of one status file stands."""

    state: str
    message: str
    owner: str
    started_at: float

    @classmethod
    def of(cls, file: Path) -> Self | None:
        """None if it was never asked for. One whose process died is reported as failed."""
        try:
            errand = cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None
        return replace(errand, state=FAILED, message=STOPPED) if has_died(errand.state, errand.owner) else errand

    def write(self, file: Path) -> None:
        atomic_write(file, json.dumps(asdict(self)))


def start(store: RunStore, file: Path, module: str, *arguments: str, log: str) -> None:
    """Starts ``python -m module --cache ROOT …`` unless it runs; returns when it has said for itself that it does, or
    has ended. Its output goes to the log of that name. Raises CacheReadOnly.
    """
    store.db.require_writable()
    with _starting.setdefault(file, threading.Lock()):
        current = TaskStatus.of(file)
        if current and current.state == RUNNING:
            return
        process = start_detached(module, "--cache", str(store.root), *arguments, log=store.logs_dir / f"{log}.log")
        give_up = time.monotonic() + 5
        while TaskStatus.of(file) == current and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie stays when it ends


def run_task(file: Path, work: Callable[[Callable[[str], None]], str]) -> TaskStatus:
    """Does ``work`` in this process, unless another is at it, and says in ``file`` how that stands; returns the end.

    ``work`` is given what to say its steps to, and returns its last word.
    """
    owner, started_at = ProcessIdentity.current().to_json(), time.time()

    def status(state: str, message: str) -> TaskStatus:
        said = TaskStatus(state, message, owner, started_at)
        said.write(file)
        return said

    def say(message: str) -> None:
        status(RUNNING, message)

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock"), timeout=0):
            status(RUNNING, "Starting")
            return status(DONE, work(say))
    except Timeout:
        return TaskStatus.of(file) or TaskStatus(RUNNING, "Starting", owner, started_at)
    except Exception as error:
        traceback.print_exc()
        return status(FAILED, str(error).splitlines()[0] if str(error) else type(error).__name__)


def cancel(store: RunStore, file: Path, message: str) -> None:
    """Kills the process, if one runs. Raises CacheReadOnly."""
    store.db.require_writable()
    current = TaskStatus.of(file)
    owner = ProcessIdentity.from_json(current.owner) if current else None
    if current and owner and (process := owner.process()):
        process.kill()
        TaskStatus(CANCELLED, message, current.owner, current.started_at).write(file)
