"""Whether a run cache may be changed: not if UNROLL_READ_ONLY is set or its folder is not writable."""

import os
from pathlib import Path

from cache.core.settings import READ_ONLY

LOOK = "can be looked at, but nothing can be trained or changed."


class CacheReadOnly(RuntimeError):
    """The cache can be read, but not changed."""


def read_only_reason(root: Path, read_only: bool | None = None) -> str | None:
    """Return why the cache under ``root`` may not be changed; None if it may. ``read_only`` overrides the setting."""
    if read_only is None:
        read_only = not READ_ONLY.is_no
    if read_only:
        return f"This Unroll is read-only ({READ_ONLY}): what is in its cache {LOOK}"
    if root.exists() and not os.access(root, os.W_OK):
        return f"The run cache in {root} is read-only: what is in it {LOOK}"
    return None


def require_writable(root: Path) -> None:
    """Check a folder, for processes without a store. Raises CacheReadOnly."""
    if reason := read_only_reason(root):
        raise CacheReadOnly(reason)
