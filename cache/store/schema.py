"""The database's tables, as numbered migrations."""

import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path

from models.atomic_files import atomic_file
from models.training.events import EpochFinished

MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL,
        spec TEXT NOT NULL,
        lane TEXT NOT NULL,
        epochs INTEGER NOT NULL CHECK (epochs > 0),
        num_params INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
        position REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        cancel_requested INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        owner TEXT,
        heartbeat_at REAL,
        progress TEXT,
        device TEXT,
        environment TEXT,
        files TEXT,
        created_at REAL NOT NULL,
        started_at REAL,
        ended_at REAL
    );
    CREATE INDEX runs_by_identity ON runs (identity, state);
    CREATE INDEX runs_by_state ON runs (state, lane, position);
    CREATE UNIQUE INDEX one_queued_run ON runs (identity, lane) WHERE state = 'queued';

    CREATE TABLE epochs (
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        epoch INTEGER NOT NULL,
        train_loss REAL NOT NULL,
        train_accuracy REAL NOT NULL,
        validation_loss REAL NOT NULL,
        validation_accuracy REAL NOT NULL,
        test_loss REAL,
        test_accuracy REAL,
        train_seconds REAL NOT NULL,
        validation_seconds REAL NOT NULL,
        is_first INTEGER NOT NULL,
        PRIMARY KEY (run_id, epoch)
    ) WITHOUT ROWID;

    CREATE TABLE runners (
        lane TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        device TEXT NOT NULL,
        status TEXT NOT NULL,
        started_at REAL NOT NULL
    );
    """,
    """
    CREATE TABLE next_runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        identity TEXT NOT NULL,
        spec TEXT NOT NULL,
        lane TEXT NOT NULL,
        epochs INTEGER NOT NULL CHECK (epochs > 0),
        num_params INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
        position REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        cancel_requested INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        owner TEXT,
        heartbeat_at REAL,
        progress TEXT,
        device TEXT,
        environment TEXT,
        contended TEXT,
        files TEXT,
        created_at REAL NOT NULL,
        started_at REAL,
        ended_at REAL,
        imported_at REAL,
        num_epochs INTEGER NOT NULL DEFAULT 0,
        best_epoch INTEGER,
        validation_accuracy REAL,
        test_accuracy REAL,
        seconds_per_epoch REAL,
        name TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]',
        pinned INTEGER NOT NULL DEFAULT 0,
        archived INTEGER NOT NULL DEFAULT 0,
        deleted_at REAL
    );
    INSERT INTO next_runs (id, identity, spec, lane, epochs, num_params, state, position, attempts, cancel_requested,
        reason, owner, heartbeat_at, progress, device, environment, files, created_at, started_at, ended_at)
    SELECT id, identity, spec, lane, epochs, num_params, state, position, attempts, cancel_requested,
        reason, owner, heartbeat_at, progress, device, environment, files, created_at, started_at, ended_at FROM runs;
    UPDATE next_runs SET
        num_epochs = (SELECT COUNT(*) FROM epochs WHERE run_id = id),
        (best_epoch, validation_accuracy, test_accuracy) = (
            SELECT epoch, validation_accuracy, test_accuracy FROM epochs WHERE run_id = id
            ORDER BY validation_accuracy DESC, epoch LIMIT 1
        ),
        seconds_per_epoch = (
            SELECT AVG(train_seconds) FROM (
                SELECT train_seconds, ROW_NUMBER() OVER (ORDER BY train_seconds) AS place, COUNT(*) OVER () AS n
                FROM epochs WHERE run_id = next_runs.id AND NOT is_first
            ) WHERE place IN ((n + 1) / 2, (n + 2) / 2)
        );
    DROP TABLE runs;
    ALTER TABLE next_runs RENAME TO runs;
    CREATE INDEX runs_by_identity ON runs (identity, state);
    CREATE INDEX runs_by_state ON runs (state, lane, position);
    CREATE UNIQUE INDEX one_queued_run ON runs (identity, lane) WHERE state = 'queued';
    """,
    """
    ALTER TABLE epochs ADD COLUMN train_top5_accuracy REAL;
    ALTER TABLE epochs ADD COLUMN validation_top5_accuracy REAL;
    ALTER TABLE epochs ADD COLUMN test_top5_accuracy REAL;
    """,
    """
    CREATE TABLE inference_requests (
        key TEXT PRIMARY KEY,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
        asked_at REAL NOT NULL,
        answered_at REAL,
        owner TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '',
        request TEXT NOT NULL,
        problems TEXT NOT NULL DEFAULT '{}',
        steps TEXT NOT NULL DEFAULT '{}'
    );
    CREATE INDEX inference_requests_by_state ON inference_requests (state, asked_at);
    """,
    """
    ALTER TABLE runs ADD COLUMN keeps_weights INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE runs ADD COLUMN together INTEGER NOT NULL DEFAULT 0;
    """,
)
"""Never change one that has landed: caches of every earlier version are migrated by those that follow.

The second makes ids that are never used again, keeps each run's summary beside it, so that lists need not read epochs,
and adds annotations of runs. The third adds metrics of next words. The fourth adds requests to trained models, with the
answers. The fifth adds whether a training keeps its weights after chosen epochs; the sixth, whether it may share its
device with others.
"""


class CacheTooNew(RuntimeError):
    """The cache was written by a later version of Unroll."""


class CacheTooOld(RuntimeError):
    """The cache was written by an earlier version of Unroll and cannot be changed."""


def migrate(connection: sqlite3.Connection, path: Path, backups: Path) -> None:
    """Bring the database at ``path`` to the newest version, after copying an older one to ``backups``.

    Raises CacheTooNew without any change.
    """
    version = _version(connection)
    if version == len(MIGRATIONS) and not _younger_metrics(connection):
        return
    # Tables are rebuilt, and dropping the old one must not delete its epochs.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    backup = None
    try:
        if version:
            backup = _back_up(path, backups / f"runs-format-{version}.sqlite")
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";\n")):
                connection.execute(statement)
        for column in _younger_metrics(connection):
            connection.execute(f"ALTER TABLE epochs ADD COLUMN {column} REAL")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        if backup:
            backup.unlink()
        raise


def _younger_metrics(connection: sqlite3.Connection) -> list[str]:
    """Metrics without a column in the table of epochs yet."""
    there = {row[1] for row in connection.execute("PRAGMA table_info(epochs)")}
    return [field.name for field in fields(EpochFinished) if field.name not in there]


def require_current(connection: sqlite3.Connection) -> None:
    """Check the version of a cache that cannot be changed. Raises CacheTooNew or CacheTooOld."""
    if _version(connection) < len(MIGRATIONS) or _younger_metrics(connection):
        raise CacheTooOld(
            "This cache was written by an older version of Unroll and cannot be brought up to date, because it is "
            "read-only: open it once where it can be written."
        )


def _version(connection: sqlite3.Connection) -> int:
    """The version of the database. Raises CacheTooNew for one that this version does not know."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise CacheTooNew(
            f"This cache was written by a newer version of Unroll (format {version}; this one knows "
            f"{len(MIGRATIONS)}): update Unroll, or point UNROLL_CACHE at another folder."
        )
    return version


def _back_up(path: Path, target: Path) -> Path:
    """Return a copy, which is complete or missing; an earlier one of the same format keeps its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 2
    while target.exists():
        target, number = target.with_stem(f"{target.stem.split('_')[0]}_{number}"), number + 1
    # Through its own connection: one in the middle of a transaction cannot be copied from.
    with (
        atomic_file(target) as aside,
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(aside)) as copy,
    ):
        source.backup(copy)
    return target
