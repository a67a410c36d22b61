"""The status of a background task, kept in a file."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from cache.core.processes import ProcessIdentity
from models.atomic_files import atomic_write

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
STOPPED = "It stopped unexpectedly. Try again; the log may say why."


def has_died(state: str, owner: str) -> bool:
    """Return whether the process of a task that is marked as running has ended."""
    identity = ProcessIdentity.from_json(owner)
    return state == RUNNING and not (identity and identity.is_alive())


@dataclass(frozen=True)
class TaskStatus:
    """The status of the latest task of one status file. ``started_at`` is in seconds since 1970."""

    state: str
    message: str
    owner: str
    started_at: float

    @classmethod
    def of(cls, file: Path) -> Self | None:
        """Read a status; None if there is none. If the process died, it is reported as failed."""
        try:
            status = cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None
        return replace(status, state=FAILED, message=STOPPED) if has_died(status.state, status.owner) else status

    @property
    def is_running(self) -> bool:
        return self.state == RUNNING

    @property
    def has_failed(self) -> bool:
        return self.state == FAILED

    def write(self, file: Path) -> None:
        atomic_write(file, json.dumps(asdict(self)))
