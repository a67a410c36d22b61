"""Waiting until another process writes, without reading what it may have written."""

import time
from pathlib import Path

POLL_SECONDS = 0.1


class Changes:
    """Notices writes to files, and what comes into or leaves folders, by ``stat`` alone.

    Two writes within a few milliseconds may look like one, so look again now and then whatever it says.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._seen = self._stamp()

    def wait(self, seconds: float) -> None:
        """Waits for a change for at most so many seconds. One since the last call, or since the making, counts."""
        until = time.monotonic() + seconds
        while (stamp := self._stamp()) == self._seen and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        self._seen = stamp

    def _stamp(self) -> list[tuple[int, ...]]:
        return [_times(path) for path in self._paths]


def _times(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size
