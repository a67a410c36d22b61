"""What is in a folder of the cache, also when another process adds or deletes something there."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Contents = TypeVar("Contents")


class WatchedFolder(Generic[Contents]):
    """What ``read`` returns for the root of a cache; ``contents`` until one is opened.

    It is read again when ``ROOT/name`` has changed since the last time. A check costs one ``stat``. The contents are
    replaced as a whole, so that other threads can go on reading.
    """

    def __init__(self, name: str, read: Callable[[Path], Contents], contents: Contents) -> None:
        self.contents = contents
        self._name = name
        self._read = read
        self._lock = threading.RLock()
        self._seen: tuple[Path, str, tuple[int, int] | None] | None = None

    def open(self, root: Path) -> None:
        """Read what is under ``root`` now, and watch it instead of any other root."""
        with self._lock:
            folder = os.fspath(root / self._name)
            stamp = _stamp(folder)  # taken first: a change during the reading is noticed at the next check
            self.contents = self._read(root)
            self._seen = root, folder, stamp

    def latest(self) -> Contents:
        """Return the contents, read again if a process has called ``mark_changed`` or the folder itself was changed."""
        seen = self._seen
        if seen and _stamp(seen[1]) != seen[2]:
            self.open(seen[0])
        return self.contents


def mark_changed(folder: Path) -> None:
    """Report to all processes that something below ``folder`` has changed. Call it after the change.

    The time is set in nanoseconds, since the kernel's own times have a resolution of some milliseconds.
    """
    now = time.time_ns()
    os.utime(folder, ns=(now, now))


def _stamp(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
