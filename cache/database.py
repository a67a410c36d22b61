"""Connections to the SQLite file: short transactions, safe from many threads and processes."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from cache.schema import migrate

LOCK_TIMEOUT_SECONDS = 30


class Database:
    """The database at ``path``, made and migrated if need be. Raises CacheTooNew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Switching to WAL does not wait for others as everything later does.
        with FileLock(path.with_suffix(".lock")), self._connect() as db:
            migrate(db)
            db.execute("PRAGMA journal_mode = WAL")

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._connect() as db:
            return db.execute(sql, tuple(values)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Writes that take effect together, or not at all if the block raises."""
        with self._connect() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            yield db
        finally:
            db.close()


def marks(values: Iterable[Any]) -> str:
    """As many question marks as there are values, for ``IN (…)`` and ``VALUES (…)``."""
    return ", ".join("?" for _ in values)
