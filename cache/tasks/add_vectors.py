"""Adding word vectors: reading a file of some hundred megabytes takes a minute, too long for a page."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from cache.core.access import read_only_reason
from cache.core.limits import check_upload
from cache.store.store import RunStore
from cache.tasks.task import OnProgress, Task
from cache.tasks.task_status import TaskStatus
from models.atomic_files import PREFIX, temporary_path
from models.titles import as_title
from models.vectors.word_vectors import add_vectors, check_title

UPLOADS = "uploads"
SECONDS_BETWEEN_WORDS = 0.5


@dataclass(frozen=True)
class AddVectors(Task):
    """``file`` is a path. If it is a copy that was ``uploaded_as`` another name, it is deleted at the end. One file is
    added at a time.
    """

    file: str = ""
    title: str = ""
    uploaded_as: str | None = None
    name = "add_vectors"

    def status_file(self, root: Path) -> Path:
        return root / "adding" / "vectors.json"

    def run(self, root: Path) -> TaskStatus:
        try:
            return super().run(root)
        finally:
            if self.uploaded_as is not None and not read_only_reason(root):
                Path(self.file).unlink(missing_ok=True)

    def work(self, root: Path, on_progress: OnProgress) -> str:
        reported_at = 0.0

        def now_and_then(message: str) -> None:
            nonlocal reported_at
            if time.monotonic() - reported_at > SECONDS_BETWEEN_WORDS:
                reported_at = time.monotonic()
                on_progress(message)

        with Path(self.file).open("rb") as opened:
            file_name = self.uploaded_as or Path(self.file).name
            added, note = add_vectors(root, opened, file_name, self.title, now_and_then)
        same = "" if added.title == self.title else " These vectors were here already, under that name."
        words = f"“{added.title}”: {added.count:,} words of {added.dimension} dimensions can be used now."
        return f"{words}{same} {note}".strip()


ADD_VECTORS = AddVectors()
"""The common status of all additions: of the one that runs now, or ran last."""


def start_adding(store: RunStore, file: Path, title: str) -> None:
    """Starts a process that adds a file of word vectors.

    Args:
        store: The cache.
        file: A path on this machine.
        title: The title of the vectors.

    Raises:
        ValueError: The title is taken, the file does not exist, or another is being added.
        CacheReadOnly: The cache cannot be changed.
    """
    store.db.require_writable()
    if not file.is_file():
        raise ValueError(f"There is no file {file} on the machine that Unroll runs on: give its whole path.")
    _require_free(store.root, title)
    AddVectors(str(file), title).start(store)


def start_adding_upload(store: RunStore, contents: bytes, file_name: str, title: str) -> None:
    """Start a process that adds uploaded word vectors, which are kept as a file until then.

    Args:
        store: The cache.
        contents: The uploaded file.
        file_name: Its name.
        title: The title of the vectors.

    Raises:
        OverLimit: The file is larger than uploads may be.
        ValueError: The title is taken, or another file is being added.
        CacheReadOnly: The cache cannot be changed.
    """
    store.db.require_writable()
    check_upload(contents)
    _require_free(store.root, title)
    (store.root / UPLOADS).mkdir(parents=True, exist_ok=True)
    copy = temporary_path(store.root / UPLOADS)
    copy.write_bytes(contents)
    AddVectors(str(copy), title, file_name).start(store)


def _require_free(root: Path, title: str) -> None:
    if ADD_VECTORS.is_running(root):
        raise ValueError("Another file is being added: wait until that is done.")
    check_title(root, title)


def cancel_adding(store: RunStore) -> None:
    """Kill the process, if one runs; its files are removed with the next addition. Raises CacheReadOnly."""
    is_running = ADD_VECTORS.is_running(store.root)
    copies = list((store.root / UPLOADS).glob(f"{PREFIX}*")) if is_running else []  # no other is uploaded meanwhile
    ADD_VECTORS.cancel(store, "Nothing was added.")
    for copy in copies:
        copy.unlink(missing_ok=True)


def title_for(file_name: str) -> str:
    """Return the file's name without its endings and without characters that a title cannot contain."""
    stem = re.sub(r"(\.(txt|vec|zip|gz))+$", "", Path(file_name).name, flags=re.IGNORECASE)
    return as_title(stem)
