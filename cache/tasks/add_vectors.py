"""Adding word vectors in a process of its own: ``python -m cache.tasks.add_vectors FILE --name NAME``.

A file of some hundred megabytes takes a minute to read, which a page cannot wait for.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cache.core.access import CacheReadOnly, refusal, require_writable
from cache.core.limits import check_upload
from cache.core.paths import cache_root
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, RUNNING, TaskStatus, cancel, run_task, start
from models.atomic_files import PREFIX, temporary_path
from models.titles import as_title
from models.vectors.word_vectors import add_vectors, check_title

UPLOADS = "uploads"
SECONDS_BETWEEN_WORDS = 0.5


def status_file(root: Path) -> Path:
    return root / "adding" / "vectors.json"


def start_adding(store: RunStore, file: Path, title: str) -> None:
    """Raises ValueError for a title or a file that cannot be, or while another is being added; CacheReadOnly."""
    store.db.require_writable()
    if not file.is_file():
        raise ValueError(f"There is no file {file} on the machine that Unroll runs on: give its whole path.")
    _require_free(store.root, title)
    _start(store, file, title)


def start_adding_upload(store: RunStore, contents: bytes, file_name: str, title: str) -> None:
    """What was uploaded is kept as a file until the process has read it. Raises as ``start_adding``, and OverLimit."""
    store.db.require_writable()
    check_upload(contents)
    _require_free(store.root, title)
    (store.root / UPLOADS).mkdir(parents=True, exist_ok=True)
    copy = temporary_path(store.root / UPLOADS)
    copy.write_bytes(contents)
    _start(store, copy, title, f"--uploaded-as={file_name}")


def _require_free(root: Path, title: str) -> None:
    latest = TaskStatus.of(status_file(root))
    if latest and latest.state == RUNNING:
        raise ValueError("Another file is being added: wait until that is done.")
    check_title(root, title)


def _start(store: RunStore, file: Path, title: str, *more: str) -> None:
    # What people typed stands behind an equals sign or two dashes, or it could be taken for an option.
    start(
        store,
        status_file(store.root),
        "cache.tasks.add_vectors",
        f"--name={title}",
        *more,
        "--",
        str(file),
        log="adding",
    )


def cancel_adding(store: RunStore) -> None:
    """Kills the process, if one runs; what it has written is removed with the next addition. Raises CacheReadOnly."""
    latest = TaskStatus.of(status_file(store.root))
    is_running = latest and latest.state == RUNNING
    copies = list((store.root / UPLOADS).glob(f"{PREFIX}*")) if is_running else []  # no other is uploaded meanwhile
    cancel(store, status_file(store.root), "Nothing was added.")
    for copy in copies:
        copy.unlink(missing_ok=True)


def forget(store: RunStore) -> None:
    """What was said of the latest one has been read. Raises CacheReadOnly."""
    store.db.require_writable()
    latest = TaskStatus.of(status_file(store.root))
    if latest and latest.state != RUNNING:
        status_file(store.root).unlink(missing_ok=True)


def title_for(file_name: str) -> str:
    """The file's name without its endings, and with nothing in it that a title cannot hold."""
    stem = re.sub(r"(\.(txt|vec|zip|gz))+$", "", Path(file_name).name, flags=re.IGNORECASE)
    return as_title(stem)


def add(root: Path, file: Path, title: str, file_name: str) -> TaskStatus:
    """Adds the file and says in the status file how that stands; returns how it ended. Raises CacheReadOnly."""
    require_writable(root)
    said_at = 0.0

    def work(say: Callable[[str], None]) -> str:
        def now_and_then(message: str) -> None:
            nonlocal said_at
            if time.monotonic() - said_at > SECONDS_BETWEEN_WORDS:
                said_at = time.monotonic()
                say(message)

        with file.open("rb") as opened:
            added, note = add_vectors(root, opened, file_name, title, now_and_then)
        same = "" if added.title == title else " These vectors were here already, under that name."
        words = f"“{added.title}”: {added.count:,} words of {added.dimension} dimensions can be used now."
        return f"{words}{same} {note}".strip()

    return run_task(status_file(root), work)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.tasks.add_vectors", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--name", required=True, help="how to call the vectors")
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    parser.add_argument("--uploaded-as", metavar="NAME", help="the file is a copy of this one, and deleted in the end")
    options = parser.parse_args(arguments)
    try:
        ended = add(options.cache, options.file, options.name, options.uploaded_as or options.file.name)
    except CacheReadOnly as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if options.uploaded_as is not None and not refusal(options.cache):
            options.file.unlink(missing_ok=True)
    print(ended.message)
    return 0 if ended.state == DONE else 1


if __name__ == "__main__":
    sys.exit(main())
