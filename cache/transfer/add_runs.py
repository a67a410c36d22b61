"""Adds the checked runs of a bundle to the cache: all of them, or none."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cache.core.checksums import checksum, sync_folder
from cache.core.formatting import count
from cache.store.manifest import MANIFEST, BadManifest, RunManifest
from cache.store.rows import epoch_from_row, insert_finished
from cache.store.runs import FINISHED
from cache.store.store import RunStore


@dataclass(frozen=True)
class Imported:
    """Ids of the runs that are new here, and of those that are the same measurement as a run of the bundle.

    Of the known ones, ``completed`` got files that were missing or damaged here. ``incomplete`` still lack some,
    because the bundle's are not the files that were stored with the run.
    """

    new: list[int]
    known: list[int]
    completed: list[int] = field(default_factory=list)
    incomplete: list[int] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """What an import has changed, in one or two sentences."""
        here = f"{count(len(self.known), 'run')} {'was' if len(self.known) == 1 else 'were'} here already"
        if self.completed:
            of_them = "" if len(self.known) == 1 else f"{len(self.completed)} of them "
            here += f", and {of_them}got missing files"
        parts = [f"{count(len(self.new), 'run')} imported"] if self.new else []
        text = "; ".join([*parts, here] if self.known else parts)
        if not self.new and not self.completed:
            text = f"Nothing new: {text}"
        if self.incomplete:
            text += f". {count(len(self.incomplete), 'known run')} still without some files: the bundle has other files"
        return f"{text}."

    def state(self, run_id: int) -> str:
        """What the import did with one of its runs: "new", "known" or "completed"."""
        return "new" if run_id in self.new else "completed" if run_id in self.completed else "known"


@dataclass(frozen=True)
class Staged:
    """A checked run of a bundle: folder, manifest, checksums of its files; name, note and tags."""

    folder: Path
    manifest: RunManifest
    files: dict[str, str]
    annotations: dict[str, str]


def add_runs(store: RunStore, runs: Sequence[Staged]) -> Imported:
    """Add rows and files of all runs, or of none."""
    imported = Imported([], [])
    moved: list[Path] = []
    # Files are read before others have to wait; within the transaction only what would be added is looked at again.
    lacking = [_lacking(store, _known(store.db.read, run.manifest), run.files) for run in runs]
    try:
        with store.db.transaction() as db:
            for run, names in zip(runs, lacking, strict=True):
                known = _known(db.execute, run.manifest)
                if known is not None:
                    imported.known.append(known["id"])
                    _complete(store, db, known, run, _lacking(store, known, names), imported, moved)
                    continue
                columns: dict[str, Any] = {"lane": "elsewhere", "imported_at": store.clock(), **run.annotations}
                run_id = insert_finished(db, run.manifest, run.files, **columns)
                moved.append(store.files_dir(run_id))
                shutil.rmtree(moved[-1], ignore_errors=True)  # left by a killed process
                os.replace(run.folder, moved[-1])
                imported.new.append(run_id)
            sync_folder(store.runs_dir)
    except BaseException:
        for path in moved:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        raise
    return imported


def _lacking(store: RunStore, row: sqlite3.Row | None, names: Iterable[str]) -> list[str]:
    """Return which of these files a known run lacks, or has damaged; all of them if ``row`` is None."""
    if row is None:
        return list(names)
    files, folder = json.loads(row["files"] or "{}"), store.files_dir(row["id"])
    return [name for name in names if name not in files or checksum(folder / name) != files[name]]


def _complete(
    store: RunStore,
    db: sqlite3.Connection,
    row: sqlite3.Row,
    run: Staged,
    missing: Sequence[str],
    imported: Imported,
    moved: list[Path],
) -> None:
    """Add the files that a known run lacks. Only files that were stored with it when it was measured are added: its
    own record has their checksums. So a process that is killed here leaves nothing wrong.
    """
    files: dict[str, str] = json.loads(row["files"] or "{}")
    folder = store.files_dir(row["id"])
    recorded = (_recorded_files(folder, files) if missing else {}) | files
    found = {name: run.files[name] for name in missing if run.files[name] == recorded.get(name)}
    if len(found) < len(missing):
        imported.incomplete.append(row["id"])
    if not found:
        return
    folder.mkdir(exist_ok=True)
    for name in found:
        if not (folder / name).exists():
            moved.append(folder / name)
        os.replace(run.folder / name, folder / name)
    sync_folder(folder)
    db.execute("UPDATE runs SET files = ? WHERE id = ?", (json.dumps(files | found), row["id"]))
    imported.completed.append(row["id"])


def _recorded_files(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """The checksums in the run's manifest here; none if that is damaged or missing."""
    path = folder / MANIFEST
    if MANIFEST not in files or checksum(path) != files[MANIFEST]:
        return {}
    try:
        return RunManifest.from_json(path.read_bytes()).files
    except BadManifest:
        return {}


def _known(read: Callable[[str, Sequence[Any]], Iterable[sqlite3.Row]], manifest: RunManifest) -> sqlite3.Row | None:
    """The run here that is the same measurement. A run in the bin is not: it may be deleted for good at any time."""
    rows = read(
        "SELECT id, files FROM runs "
        "WHERE identity = ? AND device = ? AND epochs = ? AND state = ? AND deleted_at IS NULL",
        (manifest.spec.identity, manifest.device, len(manifest.epochs), FINISHED),
    )
    for row in list(rows):
        epochs = read("SELECT * FROM epochs WHERE run_id = ? ORDER BY epoch", (row["id"],))
        if tuple(map(epoch_from_row, epochs)) == manifest.epochs:
            return row
    return None
