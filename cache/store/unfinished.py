"""Saved states of runs that have not ended, from which they continue after a worker or runner has died.

Each is a folder ``unfinished/RUN/EPOCH`` with the files of a shorter run. It belongs to the run's epochs up to EPOCH;
later epochs are deleted when the run is queued again.
"""

import json
import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from cache.core.checksums import checksum, sync_folder, synced_checksum
from models.atomic_files import atomic_write, put_in_place

FOLDER, DESCRIPTION = "unfinished", "saved.json"


@dataclass(frozen=True)
class SavedState:
    """A saved state. ``contended`` is what else has used the device so far."""

    epoch: int
    folder: Path
    contended: str | None


def describe_state(staged: Path, contended: str | None) -> None:
    """Write the checksums of the files in ``staged`` beside them, and put all of them on the disk."""
    checksums = {path.name: synced_checksum(path) for path in staged.iterdir()}
    atomic_write(staged / DESCRIPTION, json.dumps({"files": checksums, "contended": contended}))


def put_state(root: Path, run_id: int, epoch: int, staged: Path) -> None:
    """Move a described state into place; then remove the older ones of the run."""
    folder = root / FOLDER / str(run_id)
    target = folder / str(epoch)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    put_in_place(staged, target)
    sync_folder(folder)
    for path in folder.iterdir():
        if path != target:
            shutil.rmtree(path, ignore_errors=True)


def saved_state(root: Path, run_id: int) -> SavedState | None:
    """Return the latest undamaged state of the run."""
    folders = [path for path in (root / FOLDER / str(run_id)).glob("*") if path.name.isdecimal()]
    for folder in sorted(folders, key=lambda path: int(path.name), reverse=True):
        try:
            values = json.loads((folder / DESCRIPTION).read_text())
            if all(checksum(folder / name) == written for name, written in values["files"].items()):
                return SavedState(int(folder.name), folder, values["contended"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def remove_states(
    root: Path, run_ids: Iterable[int] | None, active: Callable[[Iterable[int]], Collection[int]]
) -> None:
    """Remove the states of all runs, or of these, but those that ``active`` finds among them afterwards."""
    names = (path.name for path in (root / FOLDER).glob("*")) if run_ids is None else map(str, run_ids)
    folders = [folder for name in names if (folder := root / FOLDER / name).exists()]
    if folders:
        keep = active([int(folder.name) for folder in folders if folder.name.isdecimal()])
        for folder in folders:
            if not (folder.name.isdecimal() and int(folder.name) in keep):
                shutil.rmtree(folder, ignore_errors=True)
