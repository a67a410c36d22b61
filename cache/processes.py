"""Which process is which, beyond its number, and how to start one that outlives this one."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class ProcessIdentity:
    """A process for good: numbers are used again, but not with the same starting time on the same host."""

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Self:
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> Self:
        return cls(socket.gethostname(), process.pid, process.create_time())

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()

    def is_alive(self) -> bool:
        """Only meaningful for a process of this host. One that has ended but is not yet reaped counts as dead."""
        return self.process() is not None

    def process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 0.1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def start_detached(module: str, *arguments: str, log: Path) -> subprocess.Popen:
    """Starts ``python -m module`` in a session of its own, so that it outlives this process; output goes to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
