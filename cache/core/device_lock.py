"""A lock that a training holds on its device: one for all users, caches and servers of the machine.

The file is in a folder where every user may write, so another user may have put anything there under its name. It is
therefore opened without following links and never written to. The operating system releases the lock when the process
dies.
"""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

EVERYBODY = 0o666


class DeviceBusy(RuntimeError):
    """Another process trains on the device."""


class DeviceLock:
    """A lock for one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def is_locked(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock. Raises DeviceBusy, and OSError for a path that is no lock file."""
        while self._descriptor is None:
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise DeviceBusy(f"{self._path} is locked.") from None
            if self._is_at_path(descriptor):
                self._descriptor = descriptor
            else:  # it was removed by the process that had it
                os.close(descriptor)

    def release(self) -> None:
        """Remove the file and release the lock. Does nothing if it is not locked."""
        if self._descriptor is not None:
            with suppress(OSError):  # in the folder for temporary files a user cannot remove another user's file
                self._path.unlink()
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        while True:
            # Not both at once: Linux refuses to open another user's file there with O_CREAT.
            with suppress(FileNotFoundError):
                descriptor = os.open(self._path, flags)
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return descriptor
                os.close(descriptor)
                raise OSError(f"{self._path} is not a lock file: remove it, or name a folder in UNROLL_LOCKS.")
            with suppress(FileExistsError):
                descriptor = os.open(self._path, flags | os.O_CREAT | os.O_EXCL, EVERYBODY)
                os.fchmod(descriptor, EVERYBODY)  # other users have to open it, for any umask
                return descriptor

    def _is_at_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self._path))
        except FileNotFoundError:
            return False


class SharedLock:
    """A device's lock that several parts of one process hold together: it is released when the last of them lets go."""

    def __init__(self, path: Path) -> None:
        self._lock = DeviceLock(path)
        self._holders: set[object] = set()

    def acquire(self, holder: object) -> None:
        """Hold the lock; may be called again. Raises DeviceBusy, OSError."""
        self._lock.acquire()
        self._holders.add(holder)

    def release(self, holder: object) -> None:
        self._holders.discard(holder)
        if not self._holders:
            self._lock.release()
