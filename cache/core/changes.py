"""Waits until another process writes, without reading the files."""

import ctypes
import os
import select
import time
import weakref
from collections.abc import Iterable
from pathlib import Path

POLL_SECONDS = 0.1
LOOK_SECONDS = 2.0
"""Time between two looks even if events are reported: some network disks report none."""
SETTLE_SECONDS = 0.05
"""Pause after an event: the writer completes its change, and many events cause one look."""


class Changes:
    """Notices writes to files, and changes of folders' own entries and times, by ``stat``.

    On Linux the system reports when to look; elsewhere the files are checked every POLL_SECONDS. Two writes within a
    few milliseconds may look like one, so read again now and then.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._events = FolderEvents.of({path if path.is_dir() else path.parent for path in paths})
        self._seen = self._stamp()

    def wait(self, seconds: float) -> None:
        """Wait at most so many seconds for a change since the last call or, for the first, since the creation."""
        until = time.monotonic() + seconds
        while (stamp := self._stamp()) == self._seen and (left := until - time.monotonic()) > 0:
            if self._events:
                self._events.wait(min(left, LOOK_SECONDS))
            else:
                time.sleep(POLL_SECONDS)
        self._seen = stamp

    def _stamp(self) -> list[tuple[int, ...]]:
        return [_times(path) for path in self._paths]


class FolderEvents:
    """Linux's reports of changes in folders. Source: the manual page inotify(7)."""

    MASK = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200
    """Written, touched, moved away, moved here, created, deleted."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        weakref.finalize(self, os.close, descriptor)

    @classmethod
    def of(cls, folders: Iterable[Path]) -> "FolderEvents | None":
        """None if the system reports no events, or not for all of these folders."""
        libc = ctypes.CDLL(None)
        if not hasattr(libc, "inotify_init1"):
            return None
        descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor < 0:
            return None
        events = cls(descriptor)
        watched = [libc.inotify_add_watch(descriptor, os.fsencode(folder), cls.MASK) for folder in folders]
        return events if min(watched) >= 0 else None

    def wait(self, seconds: float) -> None:
        """Wait at most so many seconds for an event, and include those that follow closely."""
        if self._poll.poll(1_000 * seconds):
            time.sleep(SETTLE_SECONDS)
            os.read(self._descriptor, 2**16)


def _times(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size
