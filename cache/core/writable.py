"""Whether a run cache may be changed: not where UNROLL_READ_ONLY says so, nor where its folder cannot be written."""

import os
from pathlib import Path

READ_ONLY = "UNROLL_READ_ONLY"
NO = ("", "0", "no", "off", "false")
LOOK = "can be looked at, but nothing can be trained or changed."


class CacheReadOnly(RuntimeError):
    """The cache may be looked at, but not changed."""


def refusal(root: Path, read_only: bool | None = None) -> str | None:
    """A sentence if the cache under ``root`` may not be changed. The environment decides unless ``read_only`` does;
    what stands there and is not plainly a no is a yes: in doubt nothing is changed."""
    if read_only is None:
        read_only = os.environ.get(READ_ONLY, "").strip().lower() not in NO
    if read_only:
        return f"This Unroll is read-only ({READ_ONLY}): what is in its cache {LOOK}"
    if root.exists() and not os.access(root, os.W_OK):
        return f"The run cache in {root} is read-only: what is in it {LOOK}"
    return None


def require_writable(root: Path) -> None:
    """For processes that work on a folder and have no store. Raises CacheReadOnly."""
    if reason := refusal(root):
        raise CacheReadOnly(reason)
