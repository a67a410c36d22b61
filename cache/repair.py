"""A damaged database is set aside and named; every run that can still be read, from it or from its own files, goes on.

Each finished run keeps its record beside its files, so that the database is not the only place that knows of it.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from cache.checksums import checksum
from cache.database import Database, marks
from cache.record import RECORD, BadRecord, Record
from cache.rows import insert_finished, summarise
from cache.runs import FINISHED

REPORT = "report.txt"
NAMED = 20
"""More lost runs than this are counted instead of named."""


def repair(database_file: Path, backups: Path, runs_dir: Path) -> None:
    """Looks whether the database is whole, and makes a new one of what can be read if it is not, or has gone."""
    if database_file.exists():
        if not _is_damaged(database_file):
            return
    elif not any(runs_dir.glob(f"*/{RECORD}")):
        return
    aside = database_file.with_suffix(".part")
    aside.unlink(missing_ok=True)
    report = _rebuild(database_file, aside, runs_dir)
    damaged = backups / time.strftime("damaged-%Y-%m-%d-%H%M%S")
    damaged.mkdir(parents=True, exist_ok=True)
    (damaged / REPORT).write_text(f"{report} What was found is kept in {damaged}.")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{database_file}{suffix}", damaged / f"{database_file.name}{suffix}")
    os.replace(aside, database_file)


def reports(backups: Path) -> list[str]:
    """What was found damaged, as long as it is kept."""
    return [path.read_text() for path in sorted(backups.glob(f"damaged-*/{REPORT}"))]


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error means that the file is damaged, and not, say, that the disk is full."""
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_damaged(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as db:
            return db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return True
        raise


def _rebuild(damaged: Path, target: Path, runs_dir: Path) -> str:
    """Writes what can be read to ``target``; returns a sentence on what that was."""
    new = Database(target, target.parent)
    with new.transaction() as db:
        top, lost = 0, set()
        if damaged.exists():
            with closing(sqlite3.connect(damaged)) as old:
                old.row_factory = sqlite3.Row
                top, lost = _copy_readable(old, db, runs_dir)
        num_copied = db.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
        from_files = set(_copy_from_files(db, runs_dir))
        top = max([top, *from_files])
        db.execute("INSERT OR REPLACE INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", (top,))
    with closing(sqlite3.connect(target)) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it that could be left behind
    says = f"On {time.strftime('%Y-%m-%d at %H:%M')} the run cache's database was "
    says += f"damaged. {num_copied:,} runs were read from it and " if damaged.exists() else "gone. "
    says += f"{len(from_files):,} runs were read from their own files."
    if missing := sorted(lost - from_files):
        more = f" and {len(missing) - NAMED:,} more" if len(missing) > NAMED else ""
        says += f" Lost: {', '.join(map(str, missing[:NAMED]))}{more}."
    return says


def _copy_readable(old: sqlite3.Connection, new: sqlite3.Connection, runs_dir: Path) -> tuple[int, set[int]]:
    """Copies run by run, since one damaged page must not cost the others; returns (highest id, ids that were lost)."""
    top, lost = _highest_id(old, runs_dir), set()
    known = {row["name"] for row in new.execute("SELECT name FROM pragma_table_info('runs')")}
    for run_id in range(1, top + 1):
        try:
            for row in old.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchall():
                epochs = old.execute("SELECT * FROM epochs WHERE run_id = ?", (run_id,)).fetchall()
                if row["state"] == FINISHED and len(epochs) != row["epochs"]:
                    raise sqlite3.DatabaseError("epochs are missing")
                _insert(new, "runs", row, known)
                for epoch in epochs:
                    _insert(new, "epochs", epoch, set(epoch.keys()))
                summarise(new, run_id)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            new.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            lost.add(run_id)
    return top, lost


def _insert(db: sqlite3.Connection, table: str, row: sqlite3.Row, known: set[str]) -> None:
    values = {name: row[name] for name in row.keys() if name in known}
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks(values)})", tuple(values.values()))  # noqa: S608


def _highest_id(old: sqlite3.Connection, runs_dir: Path) -> int:
    found = [0]
    for sql in ("SELECT MAX(id) FROM runs", "SELECT seq FROM sqlite_sequence WHERE name = 'runs'"):
        with suppress(sqlite3.DatabaseError):
            found += [row[0] or 0 for row in old.execute(sql).fetchall()]
    return max(found + [int(path.name) for path in runs_dir.iterdir() if path.name.isdigit()])


def _copy_from_files(db: sqlite3.Connection, runs_dir: Path) -> Iterator[int]:
    """Yields the ids of runs that the database no longer knew as finished, but whose records are whole."""
    for file in runs_dir.glob(f"*/{RECORD}"):
        if not file.parent.name.isdigit():
            continue
        run_id = int(file.parent.name)
        rows = db.execute("SELECT state FROM runs WHERE id = ?", (run_id,)).fetchall()
        if rows and rows[0]["state"] == FINISHED:
            continue
        try:
            record = Record.from_json(file.read_bytes())
        except BadRecord:
            continue
        files = {path.name: checksum(path) for path in sorted(file.parent.iterdir())}
        db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        insert_finished(db, record, files, run_id)
        yield run_id
