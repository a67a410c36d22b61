"""A backup of a whole cache as one tar file, made while it is in use, and a cache restored from such a file.

Files that can be made again are left out: encoded texts, prepared datasets, answers of models, unfinished work. The
list of checksums is the last member, so a truncated file does not contain it.
"""

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from cache.core.access import require_writable
from cache.core.checksums import checksum
from cache.operations.run_files import describe_damage
from cache.operations.saved_views import FOLDER as LINKS
from cache.store.rows import drop_epochs
from cache.store.runs import CANCELLED, FINISHED, QUEUED, RUNNING
from cache.store.store import RunStore
from cache.store.store_queries import DATABASE
from cache.transfer.reference import KNOWN as REFERENCE
from models.atomic_files import complete_file, remove_abandoned, temporary_folder
from models.data.user_datasets import FOLDER as DATASETS
from models.stacks.named_stacks import FOLDER as STACKS
from models.vectors.word_vectors import FOLDER as VECTORS

FORMAT = 1
LIST = "backup.json"
FOLDERS = (DATASETS, VECTORS, STACKS, LINKS)
MEMBER = re.compile(
    rf"{re.escape(DATABASE)}|{re.escape(REFERENCE)}|{re.escape(LIST)}|runs/[0-9]{{1,18}}/[a-z_]{{1,50}}\.[a-z]{{1,5}}"
    rf"|logs/run-[0-9]{{1,18}}\.log|({'|'.join(FOLDERS)})(/[^/\x00.][^/\x00]{{0,199}}){{1,3}}"
)
"""The names in a backup. Anything that begins with a dot is unfinished work."""


class BadBackup(ValueError):
    """A file is not a backup that can be restored; the message is one sentence."""


@dataclass(frozen=True)
class Backup:
    """The number of finished runs in a backup, and the names of damaged and missing files by the run's id: they were so
    when the backup was made. Those of runs in the bin are not named.
    """

    num_runs: int
    damaged: dict[int, list[str]]

    @property
    def warning(self) -> str:
        """A sentence on the damaged files; empty if there are none."""
        advice = "import a bundle of these runs to replace the files, or delete the runs"
        return f"The backup holds {describe_damage(self.damaged)}; {advice}." if self.damaged else ""


def back_up(
    store: RunStore,
    target: Path,
    *,
    replace: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Backup:
    """Write everything that cannot be made again to one file, whole or not at all.

    Waiting and running runs are queued in it. Damaged and missing files of runs are so in it, too; then an existing
    file, which may be a better copy, is not overwritten, unless these runs are in the bin.

    Args:
        store: The cache.
        target: The file to write.
        replace: Whether an existing file is overwritten.
        on_progress: Receives (runs written, all finished runs).

    Raises:
        FileExistsError: ``target`` exists, and ``replace`` is false.
        ValueError: No file can be written there, or it exists and files of runs are damaged.
        OSError: It cannot be written.
    """
    if not target.absolute().parent.is_dir():
        raise ValueError(f"There is no folder {target.absolute().parent}: make it, or name another.")
    if target.is_dir():
        raise ValueError(f"{target} is a folder: name a file.")
    if target.exists() and not replace:
        raise FileExistsError(f"{target} is there already: name another file, or give --replace.")
    remove_abandoned(target.parent)
    with temporary_folder(target.parent) as folder, complete_file(target) as file:
        written = _write(store, folder / DATABASE, file, on_progress)
        if written.damaged and target.exists():
            raise ValueError(
                f"{target} was not replaced, because the cache has {describe_damage(written.damaged)}: "
                "name another file, import a bundle of these runs to replace the files, or delete the runs."
            )
        return written


def restore(source: Path, target: Path) -> Backup:
    """Create a cache from a backup.

    Args:
        source: The backup.
        target: The folder of the cache, which must be missing or empty.

    Raises:
        BadBackup: The file is not a backup, or damaged.
        FileExistsError: ``target`` is not empty.
        CacheReadOnly: It may not be changed.
        CacheTooNew: A newer version of Unroll made the backup.
        OSError: The files cannot be written. In each case nothing has changed.
    """
    target = target.resolve()
    require_writable(target)
    for folder in (target, target.parent):
        remove_abandoned(folder)
    if target.exists() and not (target.is_dir() and {each.name for each in target.iterdir()} <= {"lost+found"}):
        raise FileExistsError(f"{target} is not empty: name another folder with --to, or move this one away.")
    # A disk, a container's volume or a service's folder can be filled, but not be renamed.
    is_fixed = target.exists() and (
        os.path.ismount(target) or not os.access(target.parent, os.W_OK) or any(target.iterdir())
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(target if is_fixed else target.parent) as aside:
        staging = aside / "cache"
        staging.mkdir()
        sums = _unpack(source, staging)
        runs = RunStore(staging).runs([FINISHED])
        kept = {run.id: run.files for run in runs if run.deleted_at is None}
        restored = Backup(len(runs), _damaged(kept, sums))
        os.sync()  # the files are on the disk before the rename
        if is_fixed:
            for each in sorted(staging.iterdir(), key=lambda each: each.name == DATABASE):  # the database last
                os.replace(each, target / each.name)
        else:
            os.replace(staging, target)
        return restored


def _damaged(runs: Mapping[int, Mapping[str, str]], sums: Mapping[str, str]) -> dict[int, list[str]]:
    """Compare the checksums that runs were stored with, by their ids, with those of the members of a backup."""
    found = {
        run_id: [name for name, stored in files.items() if sums.get(f"runs/{run_id}/{name}") != stored]
        for run_id, files in runs.items()
    }
    return {run_id: names for run_id, names in found.items() if names}


def _write(store: RunStore, database: Path, file: BinaryIO, on_progress: Callable[[int, int], None]) -> Backup:
    sums: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w") as archive:
        store.db.copy_to(database)
        finished = _finished(database)
        kept: dict[int, dict[str, str]] = {}
        for done, (run_id, files) in enumerate(finished.items()):
            on_progress(done, len(finished))
            with ExitStack() as stack:
                found = _held_open(store, run_id, files, stack)
                if found is not None:
                    kept[run_id], opened = found
                    for name, contents in opened.items():
                        _add(archive, sums, f"runs/{run_id}/{name}", contents)
        on_progress(len(finished), len(finished))
        for path, name in _others(store, _end_running(database, kept)):
            with suppress(FileNotFoundError), path.open("rb") as contents:  # a link or a log that was deleted meanwhile
                _add(archive, sums, name, contents)
        with database.open("rb") as contents:
            _add(archive, sums, DATABASE, contents)
        text = json.dumps({"format": FORMAT, "sha256": sums}, indent=1).encode()
        info = tarfile.TarInfo(LIST)
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return Backup(len(kept), _damaged(_finished(database, "deleted_at IS NULL"), sums))


def _finished(database: Path, where: str = "1") -> dict[int, dict[str, str]]:
    """Checksums by name of the files of each finished run."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute(f"SELECT id, files FROM runs WHERE state = ? AND {where} ORDER BY id", (FINISHED,))  # noqa: S608
        return {run_id: json.loads(files or "{}") for run_id, files in rows}


def _held_open(
    store: RunStore, run_id: int, files: dict[str, str], stack: ExitStack
) -> tuple[dict[str, str], dict[str, io.BufferedReader]] | None:
    """(checksums, open files) of a run, which stay readable if the run is deleted meanwhile. None if it was deleted for
    good. Damaged or missing files are so in the backup, too.
    """
    opened: dict[str, io.BufferedReader] = {}
    for name in files:
        with suppress(FileNotFoundError):
            opened[name] = stack.enter_context((store.files_dir(run_id) / name).open("rb"))
    if len(opened) < len(files):
        now = store.runs_by_id([run_id]).get(run_id)
        return None if now is None else (now.files, {name: opened[name] for name in opened if name in now.files})
    return files, opened


def _end_running(database: Path, kept: dict[int, dict[str, str]]) -> list[int]:
    """In the copy, no run is running, and runs that were deleted during the copy are missing. Returns all runs' ids."""
    with closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        for run_id in set(_finished(database)) - set(kept):
            db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        db.executemany(
            "UPDATE runs SET files = ? WHERE id = ?", [(json.dumps(files), run_id) for run_id, files in kept.items()]
        )
        for row in db.execute("SELECT * FROM runs WHERE state = ?", (RUNNING,)).fetchall():
            waits = db.execute(
                "SELECT 1 FROM runs WHERE identity = ? AND lane = ? AND state = ?",
                (row["identity"], row["lane"], QUEUED),
            ).fetchone()
            if row["cancel_requested"] or waits:
                db.execute("UPDATE runs SET state = ?, ended_at = heartbeat_at WHERE id = ?", (CANCELLED, row["id"]))
            else:
                db.execute("UPDATE runs SET state = ?, attempts = attempts - 1 WHERE id = ?", (QUEUED, row["id"]))
        for row in db.execute("SELECT id FROM runs WHERE state = ? AND num_epochs", (QUEUED,)).fetchall():
            drop_epochs(db, row["id"], after=0)  # its saved state is not in the backup
        db.execute("UPDATE runs SET owner = NULL, progress = NULL WHERE state != ?", (FINISHED,))
        for table in ("runners", "inference_requests"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608
        db.commit()
        db.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
        db.execute("VACUUM")  # deleted texts must not stay in its free pages
        return [row["id"] for row in db.execute("SELECT id FROM runs")]


def _others(store: RunStore, run_ids: list[int]) -> Iterator[tuple[Path, str]]:
    """(file, its name in the backup) of all files outside the folders of finished runs."""
    yield store.root / REFERENCE, REFERENCE
    for run_id in run_ids:
        yield store.log_file(run_id), f"logs/{store.log_file(run_id).name}"
    for folder in FOLDERS:
        with _unchanged(store, folder):
            for path in sorted((store.root / folder).rglob("*")):
                name = path.relative_to(store.root).as_posix()
                if path.is_file() and not path.is_symlink() and MEMBER.fullmatch(name):
                    yield path, name


@contextmanager
def _unchanged(store: RunStore, folder: str) -> Iterator[None]:
    """Hold the locks of these folders, so that no file is added or deleted. Links need no lock, because they are
    written whole.
    """
    if store.read_only or folder == LINKS:
        yield
        return
    with FileLock(store.root / f"{folder}.lock"):
        yield


def _add(archive: tarfile.TarFile, sums: dict[str, str], name: str, contents: io.BufferedReader) -> None:
    """Add what the file holds now; a log may grow meanwhile."""
    info = tarfile.TarInfo(name)
    sums[name] = hashlib.file_digest(contents, "sha256").hexdigest()
    info.size = contents.tell()
    contents.seek(0)
    archive.addfile(info, contents)


def _unpack(source: Path, folder: Path) -> dict[str, str]:
    """Unpack plain files of the kinds that a backup has, and return their checksums. Raises BadBackup for anything else
    and for a file that is not what its checksum says.
    """
    with _reading(source), tarfile.open(source, "r:") as archive:
        seen = set()
        for member in archive:
            # A sparse file may claim to be larger than it is; a plain file cannot.
            if not member.isreg() or member.issparse() or not MEMBER.fullmatch(member.name) or member.name in seen:
                raise BadBackup(f"“{source.name}” holds {member.name[:100]!r}, which is nothing of a cache.")
            seen.add(member.name)
            place = folder / member.name
            place.parent.mkdir(parents=True, exist_ok=True)
            if contents := archive.extractfile(member):
                with contents, place.open("xb") as file:
                    shutil.copyfileobj(contents, file)
    try:
        listed = json.loads((folder / LIST).read_text())
        version, sums = listed["format"], {str(name): sum_ for name, sum_ in listed["sha256"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadBackup(f"“{source.name}” is no whole backup: it was cut off, or is something else.") from error
    if version != FORMAT:
        raise BadBackup(f"“{source.name}” was written by another version of Unroll: update Unroll.")
    seen.remove(LIST)
    for name in sorted(seen ^ sums.keys()) or sorted(seen):
        if checksum(folder / name) != sums.get(name):
            raise BadBackup(f"“{source.name}” is damaged: {name[:100]!r} is not what was backed up.")
    if DATABASE not in seen:
        raise BadBackup(f"“{source.name}” holds no database of runs.")
    (folder / LIST).unlink()
    return sums


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, NotADirectoryError, IsADirectoryError, FileExistsError) as error:
        raise BadBackup(f"“{source.name}” is no whole backup: it was cut off, or is something else.") from error
