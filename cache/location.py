"""Where the cache is, and the locks of this machine's devices."""

import os
import tempfile
from pathlib import Path


def cache_root() -> Path:
    """The folder that UNROLL_CACHE names, else ``cache/data`` in the project; always an absolute path."""
    named = os.environ.get("UNROLL_CACHE")
    return Path(named).expanduser().resolve() if named else Path(__file__).resolve().parent / "data"


def device_lock(lane: str) -> Path:
    """The file whose lock a training holds: one for each device of the machine, whatever the cache."""
    named = os.environ.get("UNROLL_LOCKS")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"unroll-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{lane.replace(':', '-')}.lock"
