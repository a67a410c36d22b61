"""Where the cache is, the runs that come with Unroll, and the locks of this machine's devices."""

import os
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def cache_root() -> Path:
    """The folder that UNROLL_CACHE names, else ``cache/data`` in the project; always an absolute path."""
    named = os.environ.get("UNROLL_CACHE")
    return Path(named).expanduser().resolve() if named else PACKAGE / "data"


def reference_folder() -> Path | None:
    """The folder that UNROLL_REFERENCE names, none if it is empty; else the one that comes with Unroll."""
    named = os.environ.get("UNROLL_REFERENCE")
    if named is None:
        return PACKAGE / "reference"
    return Path(named).expanduser().resolve() if named else None


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
