"""A whole cache as one tar file, made while it is in use, and a cache made of such a file.

What can be made again is left out: encoded texts, prepared datasets, logs, unfinished work. The list of checksums is
the last member, so that a file that was cut off lacks it.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cache.checksums import checksum
from cache.reference import KNOWN as REFERENCE
from cache.rows import summarise
from cache.runs import FINISHED, QUEUED, RUNNING
from cache.saved_views import FOLDER as LINKS
from cache.store import RunStore
from cache.writable import require_writable
from models.named_stacks import FOLDER as STACKS
from models.own_datasets import FOLDER as DATASETS
from models.word_vectors import FOLDER as VECTORS

FORMAT = 1
LIST = "backup.json"
DATABASE, RUNS = "runs.sqlite", "runs"
FOLDERS = (DATASETS, VECTORS, STACKS, LINKS)


class BadBackup(ValueError):
    """One sentence on why a file is no backup that can be restored."""


def back_up(
    store: RunStore, target: Path, *, replace: bool = False, say: Callable[[int], None] = lambda _: None
) -> int:
    """Writes everything that cannot be made again to ``target``, whole or not at all; returns the number of runs.

    What waits or trains now is queued in it. ``say`` is told each run's number. Raises FileExistsError, OSError.
    """
    if target.exists() and not replace:
        raise FileExistsError(f"{target} is there already: name another file, or give --replace.")
    aside = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory() as folder, tarfile.open(aside, "w") as archive:
            database, sums = Path(folder) / DATABASE, {}
            _copy_database(store, database)
            kept = []
            for run_id, names in _finished(database):
                say(run_id)
                with suppress(FileNotFoundError):  # who deletes a run does not wait for a backup
                    for name in names:
                        _add(archive, sums, f"{RUNS}/{run_id}/{name}", store.files_dir(run_id) / name)
                    kept.append(run_id)
            for file in [
                store.root / REFERENCE,
                *(each for name in FOLDERS for each in (store.root / name).rglob("*")),
            ]:
                if file.is_file() and not file.is_symlink():
                    _add(archive, sums, file.relative_to(store.root).as_posix(), file)
            _settle(database, kept)
            _add(archive, sums, DATABASE, database)
            text = json.dumps({"format": FORMAT, "sha256": sums}, indent=1).encode()
            _add_bytes(archive, LIST, text)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    return len(kept)


def restore(source: Path, target: Path) -> int:
    """Makes the cache ``target``, which must be missing or empty, of a backup; returns the number of runs.

    Raises BadBackup, FileExistsError, CacheTooNew, CacheReadOnly, OSError; then nothing has changed.
    """
    require_writable(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is not empty: name another folder with --to, or move this one away.")
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".restoring-", dir=target.parent))
    try:
        _unpack(source, staging)
        num_runs = len(RunStore(staging).runs([FINISHED]))
        if target.exists():
            target.rmdir()
        os.replace(staging, target)
        return num_runs
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _copy_database(store: RunStore, to: Path) -> None:
    with closing(sqlite3.connect(store.database_file)) as ours, closing(sqlite3.connect(to)) as copy:
        ours.backup(copy)


def _finished(database: Path) -> list[tuple[int, list[str]]]:
    """(id, names of its files) of each finished run."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute("SELECT id, files FROM runs WHERE state = ? ORDER BY id", (FINISHED,))
        return [(run_id, sorted(json.loads(files or "{}"))) for run_id, files in rows]


def _settle(database: Path, kept: list[int]) -> None:
    """In the copy nothing trains, and what lost its files while they were copied was deleted."""
    with closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(
            "DELETE FROM runs WHERE state = ? AND id NOT IN (SELECT value FROM json_each(?))",
            (FINISHED, json.dumps(kept)),
        )
        for row in db.execute("SELECT id FROM runs WHERE state = ?", (RUNNING,)).fetchall():
            db.execute("DELETE FROM epochs WHERE run_id = ?", (row["id"],))
            summarise(db, row["id"])
            db.execute(
                "UPDATE OR IGNORE runs SET state = ?, attempts = attempts - 1, owner = NULL, progress = NULL, "
                "heartbeat_at = NULL WHERE id = ?",
                (QUEUED, row["id"]),
            )
        db.execute("DELETE FROM runs WHERE state = ?", (RUNNING,))  # the same waits already
        db.execute("DELETE FROM runners")
        db.commit()
        db.execute("VACUUM")


def _add(archive: tarfile.TarFile, sums: dict[str, str], name: str, file: Path) -> None:
    with file.open("rb") as contents:
        info = tarfile.TarInfo(name)
        info.size = os.fstat(contents.fileno()).st_size
        reader = _Summing(contents)
        archive.addfile(info, reader)
    sums[name] = reader.digest.hexdigest()


def _add_bytes(archive: tarfile.TarFile, name: str, text: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(text)
    archive.addfile(info, io.BytesIO(text))


class _Summing:
    """Reads on, and keeps the checksum of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        return chunk


def _unpack(source: Path, folder: Path) -> None:
    """Nothing but plain files of the kinds that a backup has, each as its checksum says. Raises BadBackup."""
    with _reading(source), tarfile.open(source, "r:") as archive:
        for member in archive:
            if not member.isreg() or not _belongs(member.name):
                raise BadBackup(f"“{source.name}” holds {member.name[:100]!r}, which is nothing of a cache.")
            archive.extract(member, folder, filter="data")
    try:
        listed = json.loads((folder / LIST).read_text())
        version, sums = listed["format"], dict(listed["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadBackup(f"“{source.name}” is no whole backup: it was cut off, or is something else.") from error
    if version != FORMAT:
        raise BadBackup(f"“{source.name}” was written by another version of Unroll: update Unroll.")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LIST}
    for name in sorted(found ^ sums.keys()) or sorted(sums):
        if checksum(folder / name) != sums.get(name):
            raise BadBackup(f"“{source.name}” is damaged: {name[:100]!r} is not what was backed up.")
    (folder / LIST).unlink()


def _belongs(name: str) -> bool:
    top, *rest = name.split("/")
    is_plain = all(part not in ("", ".", "..") for part in rest)
    return is_plain and ((top in (RUNS, *FOLDERS) and bool(rest)) or (name in (DATABASE, REFERENCE, LIST)))


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise BadBackup(f"“{source.name}” is no whole backup: it was cut off, or is something else.") from error
