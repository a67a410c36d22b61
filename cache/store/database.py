"""Connections to the SQLite file: short transactions, safe from many threads and processes."""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from copy import copy
from itertools import count
from pathlib import Path
from typing import Any, Self

from cache.core.access import CacheReadOnly
from cache.core.changes import Changes
from cache.core.folding import fold_value
from cache.store.schema import migrate, require_current
from cache.store.search_text import word_finder
from cache.store.trainable import trainable_params

LOCK_TIMEOUT_SECONDS = 30
BUSY_SECONDS = 0.1
log = logging.getLogger("unroll.cache")


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether an error means that another connection has locked the database."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Database:
    """The database at ``path``, created and migrated if needed. Raises CacheTooNew.

    Only one process may do this at a time; later there may be any number. With ``read_only_reason``, the sentence on
    why it may not be changed, it is neither created nor migrated; if that is needed, it raises CacheReadOnly. Nothing
    is written beside it either, as ``leaves_no_trace`` says. That differs from ``read_only`` for a view of a database
    that others may change. While ``keeps_trying``, it waits and tries again if the database is locked.
    """

    def __init__(self, path: Path, backups: Path, *, read_only_reason: str | None = None) -> None:
        self._path = path
        self.read_only_reason = read_only_reason
        self.leaves_no_trace = read_only_reason is not None
        self.keeps_trying: Callable[[], bool] = lambda: False
        if read_only_reason and not path.exists():
            raise CacheReadOnly(f"There is no run cache in {path.parent}, and none can be made there: it is read-only.")
        try:
            with self._connect() as db:
                if read_only_reason:
                    require_current(db)
                else:
                    migrate(db, path, backups)
                    db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            if not read_only_reason:
                raise
            raise CacheReadOnly(
                f"The run cache in {path.parent} is damaged, or was copied while it was in use ({error}), and cannot "
                "be repaired, because it is read-only: copy it to where it can be written."
            ) from error

    @property
    def read_only(self) -> bool:
        return self.read_only_reason is not None

    def view(self, read_only_reason: str) -> Self:
        """Return the same database, read-only; ``read_only_reason`` is the message of refused changes."""
        twin = copy(self)
        twin.read_only_reason = self.read_only_reason or read_only_reason
        return twin

    def require_writable(self) -> None:
        """Raises CacheReadOnly."""
        if self.read_only_reason:
            raise CacheReadOnly(self.read_only_reason)

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Read rows.

        Args:
            sql: One statement that changes nothing.
            values: For its question marks.

        Raises:
            sqlite3.DatabaseError: The database is damaged, or locked by another process for too long.
        """
        attempt = 0
        while True:
            attempt += 1
            before = self._written_at()
            try:
                with self._connect() as db:
                    rows = db.execute(sql, tuple(values)).fetchall()
            except sqlite3.DatabaseError as error:
                if self._written_at() == before and not self._tries_again(error, attempt):
                    raise
            else:
                if self._written_at() == before:
                    return rows

    def _written_at(self) -> tuple[int, ...]:
        """Changes when another process writes to a file that is read without a lock; then the rows are read again."""
        if not self.leaves_no_trace:
            return ()
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size

    def changes(self) -> Changes:
        """Return an object that waits for writes of any process."""
        return Changes(self._path, Path(f"{self._path}-wal"))

    def copy_to(self, path: Path) -> None:
        """Write a copy as of this moment, also while others write."""
        while True:
            before = self._written_at()
            with self._connect() as db, closing(sqlite3.connect(path)) as twin:
                db.backup(twin)
            if self._written_at() == before:
                return

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: its writes take effect together, or not at all if the block raises an error.

        Raises:
            CacheReadOnly: The cache cannot be changed.
        """
        self.require_writable()
        with self._connect() as db:
            self._insist(db, "BEGIN IMMEDIATE")
            try:
                yield db
                self._insist(db, "COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _insist(self, db: sqlite3.Connection, sql: str) -> None:
        for attempt in count(1):
            try:
                db.execute(sql)
                return
            except sqlite3.OperationalError as error:
                if not self._tries_again(error, attempt):
                    raise

    def _tries_again(self, error: sqlite3.DatabaseError, attempt: int) -> bool:
        """Whether another process had locked the database for longer than LOCK_TIMEOUT_SECONDS."""
        if not (is_busy(error) and self.keeps_trying()):
            return False
        log.warning("the cache is locked by another process: attempt %d failed, trying again", attempt)
        time.sleep(BUSY_SECONDS)
        return True

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._address(), timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None, uri=True)
        try:
            db.row_factory = sqlite3.Row
            # One damaged character must not hide the list of all runs.
            db.text_factory = lambda text: text.decode(errors="replace")
            db.execute("PRAGMA foreign_keys = ON")
            if self.read_only_reason:
                db.execute("PRAGMA query_only = ON")
            db.create_function("trainable_params", 1, trainable_params, deterministic=True)
            db.create_function("fold", 1, fold_value, deterministic=True)
            db.create_function("has_word", 5, word_finder(), deterministic=True)
            yield db
        finally:
            db.close()

    def _address(self) -> str:
        address = self._path.absolute().as_uri()
        if not self.leaves_no_trace:
            return address
        # Without a log beside it no process writes, and SQLite need not create one, which is impossible here.
        is_quiet = not self._path.with_name(f"{self._path.name}-wal").exists()
        return f"{address}?mode=ro" + ("&immutable=1" if is_quiet else "")


LISTED = "(SELECT value FROM json_each(?))"
"""A list of any length in SQL, ``IN (SELECT …)``: SQLite limits the number of separate values."""


def listed(values: Iterable[Any]) -> str:
    """Return the value for ``LISTED``."""
    return json.dumps(list(values))


def marks(values: Iterable[Any]) -> str:
    """Return as many question marks as there are values, for ``IN (…)`` and ``VALUES (…)``."""
    return ", ".join("?" for _ in values)
