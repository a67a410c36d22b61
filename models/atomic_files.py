"""Write files and folders so that readers find them complete or not at all.

Each is first written under a temporary name in the same folder. The name contains the host and the process, so that
``remove_abandoned`` can recognise the leftovers of a killed process.
"""

import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

PREFIX = ".part-"
TEMPORARY = re.compile(r"\.part-([0-9a-f]{8})-(\d{1,10})-([0-9a-f]{8})-\d+\.tmp")
HOST = sha256(socket.gethostname().encode()).hexdigest()[:8]
TOKEN = token_hex(4)
"""Differs from that of an earlier process with the same number: every container has a process 1."""
MAX_AGE_SECONDS = 86_400.0
"""A temporary file of another host is removed if it has not changed for so long."""
_numbers = count()


def temporary_path(folder: Path) -> Path:
    """Return a free name in ``folder`` that no other thread or process gets. No pattern such as "*.json" matches it."""
    return folder / f"{PREFIX}{HOST}-{os.getpid()}-{TOKEN}-{next(_numbers)}.tmp"


def atomic_write(target: Path, contents: str | bytes | memoryview) -> None:
    """Write a whole file, and create its folder if needed.

    Args:
        target: The file. After an error it keeps its old contents.
        contents: Text is written as UTF-8.

    Raises:
        OSError: It cannot be written.
    """
    with complete_file(target) as file:
        file.write(contents.encode() if isinstance(contents, str) else contents)


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path to write a file to. It replaces ``target`` after the block, if that raises no error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = temporary_path(target.parent)
    try:
        yield aside
        _sync(aside)
        os.replace(aside, target)
    finally:
        for left in aside.parent.glob(f"{aside.name}*"):  # SQLite writes logs beside its file
            left.unlink(missing_ok=True)


@contextmanager
def complete_file(target: BinaryIO | Path) -> Iterator[BinaryIO]:
    """Yield a file to write to: ``target`` itself or, for a path, one that ``atomic_file`` puts in its place."""
    if not isinstance(target, Path):
        yield target
        return
    with atomic_file(target) as aside, aside.open("xb") as file:
        yield file


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder in ``parent``, removed after the block unless ``put_in_place`` has moved it."""
    parent.mkdir(parents=True, exist_ok=True)
    aside = temporary_path(parent)
    aside.mkdir()
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def temporary_files_in(parent: Path) -> Iterator[None]:
    """Let the module ``tempfile`` use a new folder in ``parent`` within the block, and remove it afterwards.

    This applies to the whole process: use it for libraries that leave temporary files, in processes with one thread.
    """
    before = tempfile.tempdir
    with temporary_folder(parent) as folder:
        tempfile.tempdir = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before


def put_in_place(folder: Path, target: Path) -> None:
    """Rename a complete folder, once its files are on the disk.

    Args:
        folder: A folder on the same file system as ``target``.
        target: The new name, which must be missing or empty.

    Raises:
        OSError: It cannot be renamed.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            _sync(path)
    os.replace(folder, target)


def remove_abandoned(root: Path) -> None:
    """Remove the temporary files and folders directly in ``root`` whose process has ended."""
    for path in root.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):
            if _is_abandoned(path):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def _is_abandoned(path: Path) -> bool:
    found = TEMPORARY.match(path.name)
    if found is None or found[1] != HOST:
        return time.time() - path.lstat().st_mtime > MAX_AGE_SECONDS
    process = int(found[2])
    return found[3] != TOKEN if process == os.getpid() else not _is_running(process)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
