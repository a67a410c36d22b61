"""Identifies processes beyond their numbers, and starts processes that outlive this one."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Self

import psutil

from cache.core.logs import make_room
from cache.core.settings import READ_ONLY

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ProcessIdentity:
    """A permanent identity: numbers are used again, but not with the same start in the same boot of the same host.

    ``started`` is counted from the boot where possible, so that setting the clock changes nothing.
    """

    host: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> Self:
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Self:
        """Identify a process. Raises ProcessLookupError if there is none."""
        started = _started(pid)
        if started is None:
            raise ProcessLookupError(f"There is no process {pid}.")
        return cls(_host(), pid, started)

    @classmethod
    def from_json(cls, text: str | None) -> Self | None:
        """Read an identity; None if the text contains none."""
        try:
            return cls(**json.loads(text or ""))
        except (TypeError, ValueError, RecursionError):
            return None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def is_here(self) -> bool:
        return self.host == _host()

    def is_alive(self) -> bool:
        """Whether this process of this host runs. One that has ended but is not yet reaped counts as dead."""
        return _started(self.pid) == self.started

    def process(self) -> psutil.Process | None:
        return psutil.Process(self.pid) if self.is_alive() else None


@cache
def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()} {boot}".strip()


def _started(pid: int) -> str | None:
    """The start of a living process; None if it does not exist or only waits to be reaped."""
    try:
        # Behind the name, which may hold spaces and brackets: the state first, the start in clock ticks as the 20th.
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state == "Z" else rest[18]
    except ProcessLookupError:
        return None
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.1f}"
    except psutil.NoSuchProcess:
        return None


def start_detached(module: str, *arguments: str, log: Path) -> subprocess.Popen:
    """Start ``python -m module`` in its own session, so that it outlives this process.

    The process may change the cache, so only users who may change it may start one.

    Args:
        module: The module to run.
        *arguments: Its arguments.
        log: The file that receives its output; it is created if missing.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    make_room(log)
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1", READ_ONLY.variable: "0"},
        )
