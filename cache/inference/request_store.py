"""The place of requests to trained models and their answers: the cache or, if it may not be changed, a temporary
folder.
"""

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Self

from cache.store.database import Database, marks
from cache.store.store import RunStore
from cache.store.store_queries import StoreQueries
from cache.tasks.task_status import DONE, FAILED
from models.atomic_files import remove_abandoned, temporary_path

LINKED = ("tfds", "encoded/tokenizers", "encoded/word2vec", "generating/inside")
"""Folders of a cache whose contents a scratch folder links."""
PREPARED = "dataset_info.json"
"""In the folder of a version of a dataset, written by TFDS."""


class Scratch(StoreQueries):
    """A folder with a database for temporary results. It has no runs."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(root, clock)
        self.db = Database(self.database_file, self.backups_dir)

    @classmethod
    def of(cls, cache: RunStore, root: Path) -> Self:
        """Create one in an empty folder, with links to datasets, vocabularies and predictions of ``cache``, and a copy
        of its answered requests.
        """
        for folder in LINKED:
            _link((cache.root / folder).absolute(), root / folder)
        scratch = cls(root, cache.clock)
        rows = cache.db.read("SELECT * FROM inference_requests WHERE state IN (?, ?)", (DONE, FAILED))
        with scratch.db.transaction() as db:
            for row in rows:
                db.execute(
                    f"INSERT INTO inference_requests ({', '.join(row.keys())}) VALUES ({marks(row)})",  # noqa: S608
                    tuple(row),
                )
        return scratch


def _link(source: Path, target: Path) -> None:
    """Link files one by one, so that nothing new is written into the cache. The folder of a prepared dataset is one
    link, because nothing is added to it.
    """
    if source.is_dir() and not (source / PREPARED).exists():
        target.mkdir(parents=True)
        for path in source.iterdir():
            if path.suffix != ".lock" and path.name != "downloads":
                _link(path, target / path.name)
    elif source.exists():
        target.symlink_to(source)


_scratch: dict[Path, Scratch] = {}
_making = Lock()


def request_store(cache: RunStore) -> RunStore | Scratch:
    """Return the store of requests to the models of ``cache``.

    It is the cache itself, also if only this session may not change it. If the whole server is read-only, it is a
    temporary folder. That folder is removed when this process ends. If it was killed, the process that answers or the
    next such process removes it.
    """
    if not cache.db.leaves_no_trace:
        return cache
    with _making:
        if cache.root not in _scratch:
            folder = temporary_path(Path(tempfile.gettempdir()))
            with suppress(OSError):  # other users may have left some, too
                remove_abandoned(folder.parent)
            folder.mkdir(mode=0o700)
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            _scratch[cache.root] = Scratch.of(cache, folder)
        return _scratch[cache.root]
