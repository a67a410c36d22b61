"""Where the cache is, and the locks of this machine's devices."""

import os
import tempfile
from pathlib import Path


def cache_root() -> Path:
    """The folder that UNROLL_CACHE names, else ``cache/data`` in the project; always an absolute path."""
    named = os.environ.get("UNROLL_CACHE")
    return Path(named).expanduser().resolve() if named else Path(__file__).resolve().parent / "data"


def device_lock(lane: str) -> Path:
    """The file whose lock a training holds: one for each device of the machine, whatever the cache and the user.

    UNROLL_LOCKS names another folder. By default it is /tmp and not the folder that TMPDIR names, which may be one
    user's.
    """
    name = f"{lane.replace(':', '-')}.lock"
    if named := os.environ.get("UNROLL_LOCKS"):
        Path(named).mkdir(parents=True, exist_ok=True)
        return Path(named) / name
    shared = Path("/tmp")  # noqa: S108
    return (shared if shared.is_dir() else Path(tempfile.gettempdir())) / f"unroll-{name}"
