"""What only the runner that has claimed a run may do with it."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cache.checksums import sync_folder, synced_checksum
from cache.database import marks
from cache.processes import ProcessIdentity
from cache.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, Run
from cache.store import EPOCH_COLUMNS, RunStore
from models.events import EpochFinished


class RunnerStore(RunStore):
    """The run store with the steps of a run's life: claim, begin, epochs, and one of the ends."""

    def claim(self, lane: str, owner: ProcessIdentity) -> Run | None:
        """Takes the first queued run of the lane, or None. No two callers get the same one."""
        with self._db.transaction() as db:
            row = db.execute(
                "SELECT id FROM runs WHERE state = ? AND lane = ? ORDER BY position, id LIMIT 1", (QUEUED, lane)
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE runs SET state = ?, owner = ?, attempts = attempts + 1, started_at = ?, heartbeat_at = ?, "
                "cancel_requested = 0, reason = NULL, progress = NULL WHERE id = ?",
                (RUNNING, owner.to_json(), self._clock(), self._clock(), row["id"]),
            )
            return Run.from_row(db.execute("SELECT * FROM runs WHERE id = ?", (row["id"],)).fetchone())

    def begin(self, run_id: int, environment: dict[str, Any], resumed: Run | None) -> None:
        """Records where the run is measured and, for a continuation, takes over the shorter run's epochs."""
        columns = ", ".join(EPOCH_COLUMNS)
        with self._db.transaction() as db:
            db.execute(
                "UPDATE runs SET device = ?, environment = ? WHERE id = ? AND state = ?",
                (environment["device"], json.dumps(environment), run_id, RUNNING),
            )
            if resumed:
                db.execute(
                    f"INSERT INTO epochs (run_id, {columns}) SELECT ?, {columns} FROM epochs WHERE run_id = ?",  # noqa: S608
                    (run_id, resumed.id),
                )

    def add_epoch(self, run_id: int, epoch: EpochFinished) -> None:
        """Raises KeyError if the run does not run."""
        values = asdict(epoch)
        with self._db.transaction() as db:
            cursor = db.execute(
                f"INSERT INTO epochs (run_id, {', '.join(values)}) "  # noqa: S608
                f"SELECT ?, {marks(values)} FROM runs WHERE id = ? AND state = ?",
                (run_id, *values.values(), run_id, RUNNING),
            )
            if cursor.rowcount == 0:
                raise KeyError(f"Run {run_id} is not running.")

    def set_progress(self, run_id: int, **progress: Any) -> None:
        with self._db.transaction() as db:
            db.execute(
                "UPDATE runs SET progress = ?, heartbeat_at = ? WHERE id = ? AND state = ?",
                (json.dumps(progress), self._clock(), run_id, RUNNING),
            )

    def beat(self, run_id: int) -> bool:
        """Says that the runner lives; returns whether the run is to be cancelled."""
        with self._db.transaction() as db:
            db.execute("UPDATE runs SET heartbeat_at = ? WHERE id = ?", (self._clock(), run_id))
            row = db.execute("SELECT cancel_requested FROM runs WHERE id = ?", (run_id,)).fetchone()
            return row is None or bool(row["cancel_requested"])

    def finish(self, run_id: int, staged: Path, environment: dict[str, Any]) -> None:
        """Moves the files from ``staged`` into place and marks the run finished. Raises KeyError if it does not run."""
        checksums = {path.name: synced_checksum(path) for path in sorted(staged.iterdir())}
        folder = self.files_dir(run_id)
        with self._db.transaction() as db:
            cursor = db.execute(
                "UPDATE runs SET state = ?, ended_at = ?, files = ?, environment = ?, owner = NULL, progress = NULL "
                "WHERE id = ? AND state = ?",
                (FINISHED, self._clock(), json.dumps(checksums), json.dumps(environment), run_id, RUNNING),
            )
            if cursor.rowcount == 0:
                raise KeyError(f"Run {run_id} is not running.")
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(staged, folder)
            sync_folder(self.runs_dir)

    def fail(self, run_id: int, reason: str) -> None:
        """Ends a running run; its finished epochs stay to be looked at."""
        self._end(run_id, FAILED, reason)

    def mark_cancelled(self, run_id: int) -> None:
        self._end(run_id, CANCELLED, None)

    def _end(self, run_id: int, state: str, reason: str | None) -> None:
        with self._db.transaction() as db:
            db.execute(
                "UPDATE runs SET state = ?, reason = ?, ended_at = ?, owner = NULL, progress = NULL "
                "WHERE id = ? AND state = ?",
                (state, reason, self._clock(), run_id, RUNNING),
            )

    def requeue(self, run_id: int, reason: str) -> None:
        """Puts a run whose process died back into the queue, or fails it after the last attempt."""
        with self._db.transaction() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ? AND state = ?", (run_id, RUNNING)).fetchone()
            if row is not None:
                self._requeue(db, row, reason)

    def put_back(self, run_id: int) -> None:
        """Puts a run back because the runner was asked to stop, which does not count as an attempt."""
        with self._db.transaction() as db:
            db.execute("UPDATE runs SET attempts = attempts - 1 WHERE id = ? AND state = ?", (run_id, RUNNING))
            row = db.execute("SELECT * FROM runs WHERE id = ? AND state = ?", (run_id, RUNNING)).fetchone()
            if row is not None:
                self._requeue(db, row, "The runner was stopped.")
