"""The rows of a run and its epochs."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import Any

from cache.store.database import marks
from cache.store.manifest import RunManifest
from cache.store.runs import FINISHED, SHARED, best_epoch, seconds_per_epoch
from models.training.events import EpochFinished

EPOCH_COLUMNS = tuple(field.name for field in fields(EpochFinished))


def epoch_from_row(row: sqlite3.Row) -> EpochFinished:
    values = {name: row[name] for name in EPOCH_COLUMNS}
    return EpochFinished(**values | {"is_first": bool(row["is_first"])})


def summarise(db: sqlite3.Connection, run_id: int) -> None:
    """Update the summary of a run from its epochs, within the transaction that changed them."""
    rows = db.execute("SELECT * FROM epochs WHERE run_id = ? ORDER BY epoch", (run_id,))
    epochs = [epoch_from_row(row) for row in rows]
    best = best_epoch(epochs) if epochs else None
    db.execute(
        "UPDATE runs SET num_epochs = ?, best_epoch = ?, validation_accuracy = ?, test_accuracy = ?, "
        "seconds_per_epoch = ? WHERE id = ?",
        (
            len(epochs),
            best and best.epoch,
            best and best.validation_accuracy,
            best and best.test_accuracy,
            seconds_per_epoch(epochs),
            run_id,
        ),
    )


def drop_epochs(db: sqlite3.Connection, run_id: int, after: int) -> None:
    """Delete the epochs of a run after this one."""
    db.execute("DELETE FROM epochs WHERE run_id = ? AND epoch > ?", (run_id, after))
    summarise(db, run_id)


def insert_finished(
    db: sqlite3.Connection, manifest: RunManifest, files: Mapping[str, str], run_id: int | None = None, **columns: Any
) -> int:
    """Inserts a finished run that was measured elsewhere or earlier, with its epochs.

    Args:
        db: An open transaction.
        manifest: The run's manifest.
        files: The checksums of its files by their names.
        run_id: Its number; the next free one if None.
        **columns: Further columns of its row.

    Returns:
        The number of the run.
    """
    values = {
        "id": run_id,
        "identity": manifest.spec.identity,
        "spec": manifest.spec.to_json(),
        "lane": manifest.environment.get("lane", "elsewhere"),
        "epochs": len(manifest.epochs),
        "num_params": manifest.spec.num_params(),
        "state": FINISHED,
        "position": 0,
        "device": manifest.device,
        "environment": json.dumps(manifest.environment),
        "contended": manifest.contended,
        "together": manifest.contended == SHARED,
        "files": json.dumps(dict(files)),
        "created_at": manifest.created_at,
        "started_at": manifest.started_at,
        "ended_at": manifest.ended_at,
    } | columns
    added = db.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks(values)})", tuple(values.values()))  # noqa: S608
    insert = f"INSERT INTO epochs (run_id, {', '.join(EPOCH_COLUMNS)}) VALUES (?, {marks(EPOCH_COLUMNS)})"  # noqa: S608
    inserted = inserted_id(added)
    db.executemany(insert, [(inserted, *astuple(epoch)) for epoch in manifest.epochs])
    summarise(db, inserted)
    return inserted


def inserted_id(cursor: sqlite3.Cursor) -> int:
    """Return the id of the row that was just inserted."""
    if cursor.lastrowid is None:
        raise sqlite3.ProgrammingError("No row was inserted.")
    return cursor.lastrowid
