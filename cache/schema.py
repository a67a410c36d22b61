"""The database's tables, as numbered migrations."""

import sqlite3

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
)


class CacheTooNew(RuntimeError):
    """The cache was written by a later version of Unroll."""


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the database to the newest version. Raises CacheTooNew, having changed nothing."""
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise CacheTooNew(
                f"This cache was written by a newer version of Unroll (format {version}; this one knows "
                f"{len(MIGRATIONS)}): update Unroll, or point UNROLL_CACHE at another folder."
            )
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";\n")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
