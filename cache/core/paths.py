"""The folders of the cache and of the runs that come with Unroll, and the locks of this machine's devices."""

import os
import tempfile
from pathlib import Path

from cache.core.settings import CACHE, LOCKS, REFERENCE

PACKAGE = Path(__file__).resolve().parents[1]


def cache_root() -> Path:
    """Return the folder in UNROLL_CACHE, else ``cache/data`` in the project; always an absolute path."""
    return Path(CACHE.text).expanduser().resolve() if CACHE.text else PACKAGE / "data"


def reference_folder() -> Path | None:
    """Return the folder in UNROLL_REFERENCE, None if that is empty; by default the one that comes with Unroll."""
    if REFERENCE.variable not in os.environ:
        return PACKAGE / "reference"
    return Path(REFERENCE.text).expanduser().resolve() if REFERENCE.text else None


def device_lock(device_id: str) -> Path:
    """Return the lock file of a device, the same for all caches and users of the machine.

    UNROLL_LOCKS names another folder. The default is /tmp and not TMPDIR, which may belong to one user.
    """
    name = f"{device_id.replace(':', '-')}.lock"
    if named := LOCKS.text:
        Path(named).mkdir(parents=True, exist_ok=True)
        return Path(named) / name
    shared = Path("/tmp")
    return (shared if shared.is_dir() else Path(tempfile.gettempdir())) / f"unroll-{name}"
