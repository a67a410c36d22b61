"""Repair of a damaged database: it is set aside and named, and every run that can be read, from it or from its own
files, is kept.

Each finished run keeps its manifest beside its files, so that the database is not the only record of it.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cache.core.checksums import checksum
from cache.core.formatting import count
from cache.store.database import Database, marks
from cache.store.manifest import MANIFEST, BadManifest, RunManifest
from cache.store.rows import insert_finished, summarise
from cache.store.runs import FINISHED
from cache.store.schema import MIGRATIONS
from models.atomic_files import atomic_file

REPORT = "report.txt"
ANNOTATIONS = ("name", "note", "tags", "pinned", "archived", "deleted_at")
"""The columns of a run that no file repeats."""
MAX_IDS = 200_000
"""The largest id to look for, since a damaged file may contain any number; folders of runs are read in any case."""
NAMED = 20
"""More lost runs than this are counted instead of named."""


@dataclass
class Copied:
    """What could be read of a damaged database.

    ``top`` is the highest id, None if it is unknown. ``lost`` are the ids that could not be read of runs that existed;
    ``unsure`` those of runs that may have been deleted before. ``annotations`` are those of readable rows.
    """

    top: int | None = None
    lost: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    annotations: dict[int, dict[str, Any]] = field(default_factory=dict)


def repair(database_file: Path, backups: Path, runs_dir: Path) -> None:
    """Check whether the database is whole; if it is damaged or missing, make a new one from what can be read."""
    if database_file.exists():
        if not _is_damaged(database_file, runs_dir):
            return
    elif not _folders(runs_dir):
        return
    with atomic_file(database_file) as aside:
        report = _rebuild(database_file, aside, runs_dir)
        damaged = _new_folder(backups)
        # Copied, not moved: if this process is killed here, the old database stays in place.
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{database_file}{suffix}", damaged / f"{database_file.name}{suffix}")
        (damaged / REPORT).write_text(f"{report} What was found is kept in {damaged}.")
        for suffix in ("-wal", "-shm"):
            Path(f"{database_file}{suffix}").unlink(missing_ok=True)


def reindex_run_folders(database: Database, runs_dir: Path) -> None:
    """Add finished runs of which only the files are left, for example after the loss of SQLite's log.

    It also keeps the ids of other folders from being given to new runs, which would overwrite them.
    """
    known = database.read("SELECT seq FROM sqlite_sequence WHERE name = 'runs'")
    top = known[0]["seq"] if known else 0
    if any(run_id > top for run_id in _folders(runs_dir)):
        with database.transaction() as db:
            list(_copy_from_files(db, runs_dir, above=top))
            _keep_ids(db, max(_folders(runs_dir)))


def _keep_ids(db: sqlite3.Connection, top: int) -> None:
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'runs'")
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", (top,))


def _new_folder(backups: Path) -> Path:
    name, number = time.strftime("damaged-%Y-%m-%d-%H%M%S"), 1
    backups.mkdir(parents=True, exist_ok=True)
    while True:
        folder = backups / (name if number == 1 else f"{name}_{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            number += 1


def _folders(runs_dir: Path) -> dict[int, Path]:
    """Folders of runs by their ids."""
    names = os.listdir(runs_dir) if runs_dir.is_dir() else ()
    return {int(name): runs_dir / name for name in names if name.isdecimal() and name.isascii()}


def reports(backups: Path) -> list[str]:
    """List what was found damaged, as long as it is kept."""
    return [path.read_text() for path in sorted(backups.glob(f"damaged-*/{REPORT}"))]


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged, and not, for example, that the disk is full."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_damaged(path: Path, runs_dir: Path) -> bool:
    """One of a newer version is left to that version. A new one beside files of runs has lost them."""
    try:
        with closing(sqlite3.connect(path)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                return False
            if version == 0:
                return bool(_folders(runs_dir))
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return True
            db.row_factory, db.text_factory = sqlite3.Row, bytes
            return not all(map(_is_whole, db.execute("SELECT * FROM runs")))
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return True
        raise


def _rebuild(damaged: Path, target: Path, runs_dir: Path) -> str:
    """Write what can be read to ``target``; return a sentence on it."""
    new = Database(target, target.parent)
    with new.transaction() as db:
        copied = Copied()
        if damaged.exists():
            with closing(sqlite3.connect(damaged)) as old:
                old.row_factory = sqlite3.Row
                old.execute("PRAGMA writable_schema = ON")  # or SQLite reads nothing of a file that was cut short
                copied = _copy_readable(old, db, runs_dir)
        num_copied = db.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
        from_files = set(_copy_from_files(db, runs_dir, annotations=copied.annotations))
        _keep_ids(db, max([copied.top or 0, *_folders(runs_dir)]))
    with closing(sqlite3.connect(target)) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it that could be left behind
    report = f"On {time.strftime('%Y-%m-%d at %H:%M')} the run cache's database was "
    report += f"damaged. {num_copied:,} runs were read from it and " if damaged.exists() else "gone. "
    report += f"{len(from_files):,} runs were read from their own files."
    if lost := copied.lost - from_files:
        report += f" Lost: {_named(lost)}."
    if unsure := copied.unsure - from_files:
        report += f" Not readable: {_named(unsure)}; some of these may have been deleted earlier."
    if copied.top is None:
        report += " Waiting, failed and cancelled runs are only in the database: those that are missing are unknown."
    if bare := from_files - copied.annotations.keys():
        report += (
            f" Names, notes, tags, pins and the bin are only in the database: {count(len(bare), 'run')} came back "
            "without them, also any that had been in the bin."
        )
    return report


def _named(run_ids: set[int]) -> str:
    more = f" and {len(run_ids) - NAMED:,} more" if len(run_ids) > NAMED else ""
    return f"{', '.join(map(str, sorted(run_ids)[:NAMED]))}{more}"


def _copy_readable(old: sqlite3.Connection, new: sqlite3.Connection, runs_dir: Path) -> Copied:
    """Copy run by run, since one damaged page must not affect the others."""
    known_ids, are_all = _ids_in_indexes(old)
    unreadable, copied = set(), Copied(_highest_id(old, known_ids))
    top = max([copied.top or 0, *_folders(runs_dir)])
    known = {row["name"] for row in new.execute("SELECT name FROM pragma_table_info('runs')")}
    for run_id in {*range(1, min(top, MAX_IDS) + 1), *_folders(runs_dir)}:
        try:
            old.text_factory = bytes
            if not all(map(_is_whole, old.execute("SELECT * FROM runs WHERE id = ?", (run_id,)))):
                raise sqlite3.DatabaseError("texts are damaged")
            old.text_factory = str
            for row in old.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchall():
                values = {name: row[name] for name in ANNOTATIONS if name in row.keys()}  # noqa: SIM118
                copied.annotations[run_id] = {name: value for name, value in values.items() if value is not None}
                epochs = old.execute("SELECT * FROM epochs WHERE run_id = ?", (run_id,)).fetchall()
                if row["state"] == FINISHED and len(epochs) != row["epochs"]:
                    raise sqlite3.DatabaseError("epochs are missing")
                _insert(new, "runs", row, known)
                for epoch in epochs:
                    _insert(new, "epochs", epoch, set(epoch.keys()))
                summarise(new, run_id)
        except (sqlite3.DatabaseError, TypeError, ValueError):
            new.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            unreadable.add(run_id)
    copied.lost = unreadable & {*known_ids, *copied.annotations, *_folders(runs_dir)}
    copied.unsure = set() if are_all else unreadable - copied.lost
    return copied


def _ids_in_indexes(old: sqlite3.Connection) -> tuple[set[int], bool]:
    """The ids of runs that indexes name, and whether one was read to its end: then no others existed."""
    found, are_all = set(), False
    for index in ("runs_by_identity", "runs_by_state"):
        with suppress(sqlite3.DatabaseError):
            for row in old.execute(f"SELECT id FROM runs INDEXED BY {index}"):  # noqa: S608
                found.add(row[0])
            are_all = True
    return found, are_all


def _insert(db: sqlite3.Connection, table: str, row: sqlite3.Row, known: set[str]) -> None:
    values = {name: row[name] for name in sorted(known & set(row.keys()))}
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks(values)})", tuple(values.values()))  # noqa: S608


def _highest_id(old: sqlite3.Connection, known_ids: set[int]) -> int | None:
    found = list(known_ids)
    for sql in ("SELECT MAX(id) FROM runs", "SELECT seq FROM sqlite_sequence WHERE name = 'runs'"):
        with suppress(sqlite3.DatabaseError):
            found += [row[0] or 0 for row in old.execute(sql).fetchall()]
    return max(found, default=None)


def _is_whole(row: sqlite3.Row) -> bool:
    """Whether the texts are as written, as far as can be checked; SQLite only checks its own structure."""
    try:
        for name in {"environment", "files", "progress", "tags"} & set(row.keys()):
            json.loads(row[name] or b"null")
    except (TypeError, ValueError, RecursionError):
        return False
    return hashlib.sha256(row["spec"]).hexdigest().encode() == row["identity"]


def _copy_from_files(
    db: sqlite3.Connection, runs_dir: Path, above: int = 0, annotations: dict[int, dict[str, Any]] | None = None
) -> Iterator[int]:
    """Add runs that the database did not know as finished, but whose manifests are whole; yield their ids. What
    cannot be stored of ``annotations`` is removed from them.
    """
    annotations = {} if annotations is None else annotations
    for run_id, folder in _folders(runs_dir).items():
        file = folder / MANIFEST
        if run_id <= above or not file.exists():
            continue
        rows = db.execute("SELECT state FROM runs WHERE id = ?", (run_id,)).fetchall()
        if rows and rows[0]["state"] == FINISHED:
            continue
        try:
            manifest = RunManifest.from_json(file.read_bytes())
        except BadManifest:
            continue
        # Freed files are missing; existing ones must match their checksums, or they count as damaged.
        files = {name: written for name, written in manifest.files.items() if (folder / name).exists()}
        files[MANIFEST] = checksum(file) or ""
        db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        try:
            insert_finished(db, manifest, files, run_id, **annotations.get(run_id, {}))
        except sqlite3.Error:  # an annotation is damaged
            annotations.pop(run_id, None)
            db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            insert_finished(db, manifest, files, run_id)
        yield run_id
