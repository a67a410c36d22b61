"""Waits until another process writes, without reading the files."""

import time
from pathlib import Path

POLL_SECONDS = 0.1
"""Time between two looks, which take some microseconds for each path."""


class Changes:
    """Notices writes to files, and changes of folders' own entries and times, by ``stat``.

    Two writes within a few milliseconds may look like one, so read again now and then.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._seen = self._stamp()

    def wait(self, seconds: float) -> None:
        """Wait at most so many seconds for a change since the last call or, for the first, since the creation."""
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
