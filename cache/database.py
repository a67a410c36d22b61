"""Connections to the SQLite file: short transactions, safe from many threads and processes."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cache.schema import migrate, require_current
from cache.trainable import trainable_params

LOCK_TIMEOUT_SECONDS = 30


class CacheReadOnly(RuntimeError):
    """The cache may be looked at, but not changed."""


class Database:
    """The database at ``path``, made and migrated if need be. Raises CacheTooNew.

    Nothing but one process may do this at a time; later on there may be any number. Where ``read_only`` it is neither
    made nor migrated, which raises CacheReadOnly if it would have to be.
    """

    def __init__(self, path: Path, backups: Path, *, read_only: bool = False) -> None:
        self._path = path
        self.read_only = read_only
        if read_only and not path.exists():
            raise CacheReadOnly(f"There is no run cache in {path.parent}, and none can be made there: it is read-only.")
        try:
            with self._connect() as db:
                if read_only:
                    require_current(db)
                else:
                    migrate(db, path, backups)
                    db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            if not read_only:
                raise
            raise CacheReadOnly(
                f"The run cache in {path.parent} is damaged, or was copied while it was in use ({error}), and cannot "
                "be mended, because it is read-only: copy it to where it can be written."
            ) from error

    def require_writable(self) -> None:
        """Raises CacheReadOnly."""
        if self.read_only:
            raise CacheReadOnly(
                f"The run cache in {self._path.parent} is read-only: what is in it can be looked at, but nothing can "
                "be trained or changed."
            )

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._connect() as db:
            return db.execute(sql, tuple(values)).fetchall()

    def copy_to(self, path: Path) -> None:
        """A copy as of this moment, whoever writes meanwhile."""
        with self._connect() as db, closing(sqlite3.connect(path)) as copy:
            db.backup(copy)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Writes that take effect together, or not at all if the block raises. Raises CacheReadOnly."""
        self.require_writable()
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
        db = sqlite3.connect(self._address(), timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None, uri=True)
        try:
            db.row_factory = sqlite3.Row
            # One damaged letter must not cost the list of all runs.
            db.text_factory = lambda text: text.decode(errors="replace")
            db.execute("PRAGMA foreign_keys = ON")
            db.create_function("trainable_params", 1, trainable_params, deterministic=True)
            yield db
        finally:
            db.close()

    def _address(self) -> str:
        address = self._path.absolute().as_uri()
        if not self.read_only:
            return address
        # Without a log beside it nobody is writing, and SQLite need not make one, which it could not.
        is_quiet = not self._path.with_name(f"{self._path.name}-wal").exists()
        return f"{address}?mode=ro" + ("&immutable=1" if is_quiet else "")


LISTED = "(SELECT value FROM json_each(?))"
"""Stands for a list of any length, which SQLite limits where each value is one of its own: ``IN (SELECT …)``."""


def listed(values: Iterable[Any]) -> str:
    """The value for ``LISTED``."""
    return json.dumps(list(values))


def marks(values: Iterable[Any]) -> str:
    """As many question marks as there are values, for ``IN (…)`` and ``VALUES (…)``."""
    return ", ".join("?" for _ in values)
