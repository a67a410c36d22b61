"""The main memory that processes on this machine can use, within the limits of control groups."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from models.machine.processor import ROOT, control_groups


def total_bytes(root: Path = ROOT) -> int:
    """Return the memory that all processes can use together."""
    return min([psutil.virtual_memory().total, *(limit for limit, _ in _limits(root))])


def free_bytes(root: Path = ROOT) -> int:
    """Return the memory that new processes can use."""
    return min([psutil.virtual_memory().available, *(max(0, limit - used) for limit, used in _limits(root))])


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """(limit, memory in use) of each control group that has a limit.

    What a group keeps of files only to read them faster is not in use, as in the system's own figure.
    """
    for folder in control_groups(root):
        with suppress(OSError, ValueError):  # "max" is no limit
            limit = int((folder / "memory.max").read_text())
            kinds = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield limit, int((folder / "memory.current").read_text()) - int(kinds.get("inactive_file", 0))
