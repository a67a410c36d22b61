"""Where the cache is, the runs that come with Unroll, and the locks of this machine's devices."""

import os
import tempfile
from pathlib import Path

from cache.core.settings import CACHE, LOCKS, REFERENCE

PACKAGE = Path(__file__).resolve().parents[1]


def cache_root() -> Path:
    """The folder that UNROLL_CACHE names, else ``cache/data`` in the project; always an absolute path."""
    return Path(CACHE.text).expanduser().resolve() if CACHE.text else PACKAGE / "data"


def reference_folder() -> Path | None:
    """The folder that UNROLL_REFERENCE names, none if it is empty; else the one that comes with Unroll."""
    if REFERENCE.variable not in os.environ:
        return PACKAGE / "reference"
    return Path(REFERENCE.text).expanduser().resolve() if REFERENCE.text else None


def device_lock(device_id: str) -> Path:
    """The file whose lock a training holds: one for each device of the machine, for all caches and users.

    UNROLL_LOCKS names another folder. By default it is /tmp and not the folder that TMPDIR names, which may be one
    user's.
    """
    name = f"{device_id.replace(':', '-')}.lock"
    if named := LOCKS.text:
        Path(named).mkdir(parents=True, exist_ok=True)
        return Path(named) / name
    shared = Path("/tmp")
    return (shared if shared.is_dir() else Path(tempfile.gettempdir())) / f"unroll-{name}"
