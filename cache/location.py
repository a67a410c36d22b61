"""Where the cache is."""

import os
from pathlib import Path


def cache_root() -> Path:
    """The folder that UNROLL_CACHE names, else ``cache/data`` in the project."""
    return Path(os.environ.get("UNROLL_CACHE") or Path(__file__).resolve().parent / "data")
