"""The operations of a runner on the run that it has claimed."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cache.core.checksums import sync_folder, synced_checksum
from cache.core.processes import ProcessIdentity
from cache.store import unfinished
from cache.store.database import marks
from cache.store.manifest import MANIFEST, RunManifest
from cache.store.rows import EPOCH_COLUMNS, drop_epochs, summarise
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, SHARED, Run
from cache.store.store import RunStore
from cache.store.unfinished import SavedState
from models.machine.versions import Minor, are_alike
from models.training.events import EpochFinished
from models.training.run_files import EPOCH_WEIGHTS

IS_MINE = "id = ? AND state = ? AND owner = ?"


class RunnerStore(RunStore):
    """The run store with the steps of a run's life: claim, start, epochs, and one of the ends.

    Only the claiming runner can change a run. A runner that was considered dead and comes back changes nothing of a run
    that another has claimed since.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.time, *, read_only: bool | None = None) -> None:
        super().__init__(root, clock, read_only=read_only)
        self._owners: dict[int, str] = {}

    def _mine(self, run_id: int) -> tuple[int, str, str]:
        """The values of ``IS_MINE``."""
        return run_id, RUNNING, self._owners.get(run_id, "")

    def claim(self, device_id: str, owner: ProcessIdentity, expected: int | None = None) -> Run | None:
        """Take the first queued run of a device. No two callers get the same one.

        Args:
            device_id: The device.
            owner: The runner's process.
            expected: The run that has to be the first, if that matters: the order may have changed meanwhile.

        Returns:
            None if nothing waits, or another run is the first.
        """
        with self.db.transaction() as db:
            row = db.execute(
                "SELECT id FROM runs WHERE state = ? AND lane = ? ORDER BY position, id LIMIT 1", (QUEUED, device_id)
            ).fetchone()
            if row is None or expected not in (None, row["id"]):
                return None
            db.execute(
                "UPDATE runs SET state = ?, owner = ?, attempts = attempts + 1, started_at = ?, heartbeat_at = ?, "
                "cancel_requested = 0, reason = NULL, progress = NULL WHERE id = ?",
                (RUNNING, owner.to_json(), self.clock(), self.clock(), row["id"]),
            )
            self._owners[row["id"]] = owner.to_json()
            return Run.from_row(db.execute("SELECT * FROM runs WHERE id = ?", (row["id"],)).fetchone())

    def saved_state(self, run: Run, device: str, versions: Minor = ()) -> SavedState | None:
        """Find the state that an earlier attempt of a run has saved.

        Args:
            run: A run that was claimed. If it keeps its weights after chosen epochs, the state must contain them.
            device: The name of the device that trains; the state of another is not used.
            versions: Those that train; a state that is known to be of others is not used.

        Returns:
            None if there is no state that can be used, or its epochs are missing.
        """
        found = unfinished.saved_state(self.root, run.id)
        if found is None or run.device != device or found.epoch >= run.epochs:
            return None
        if not are_alike(run.versions, versions):
            return None
        if run.keeps_weights and not (found.folder / EPOCH_WEIGHTS).exists():  # asked for after it was interrupted
            return None
        if found.contended == SHARED and not run.together:  # its seconds were asked for after it was interrupted
            return None
        epochs = [each.epoch for each in self.epochs([run.id], up_to=found.epoch)[run.id]]
        return found if epochs == list(range(1, found.epoch + 1)) else None

    def keep_state(self, run_id: int, epoch: int, staged: Path, contended: str | None) -> None:
        """Move a state into place from which a run can continue. Attempts are counted from it on.

        Args:
            run_id: The run.
            epoch: The last epoch of the state.
            staged: A folder with the state's files, which is moved.
            contended: What else used the device so far; None if nothing did. See ``finish`` for runs that share it.

        Raises:
            KeyError: The run does not run here.
        """
        self.db.require_writable()
        unfinished.describe_state(staged, SHARED if self.run(run_id).together else contended)
        with self.db.transaction() as db:
            cursor = db.execute(f"UPDATE runs SET attempts = 1 WHERE {IS_MINE}", self._mine(run_id))  # noqa: S608
            if cursor.rowcount == 0:
                raise KeyError(f"Run {run_id} is not running.")
            unfinished.put_state(self.root, run_id, epoch, staged)

    def mark_started(self, run_id: int, environment: dict[str, Any], resumed: Run | None, from_epoch: int = 0) -> None:
        """Record where a run is measured, and which epochs it has already.

        Args:
            run_id: The run.
            environment: A result of ``models.machine.environment.describe``.
            resumed: The shorter run that it continues, whose epochs it takes over.
            from_epoch: The last epoch of its own saved state; later ones are deleted.
        """
        columns = ", ".join(EPOCH_COLUMNS)
        with self.db.transaction() as db:
            db.execute(
                f"UPDATE runs SET device = ?, environment = ? WHERE {IS_MINE}",  # noqa: S608
                (environment["device"], json.dumps(environment), *self._mine(run_id)),
            )
            if db.execute(f"SELECT 1 FROM runs WHERE {IS_MINE}", self._mine(run_id)).fetchone():  # noqa: S608
                drop_epochs(db, run_id, after=from_epoch)
            if resumed:
                db.execute(
                    f"INSERT INTO epochs (run_id, {columns}) SELECT ?, {columns} FROM epochs WHERE run_id = ? "  # noqa: S608
                    f"AND EXISTS (SELECT 1 FROM runs WHERE {IS_MINE})",
                    (run_id, resumed.id, *self._mine(run_id)),
                )
                summarise(db, run_id)

    def add_epoch(self, run_id: int, epoch: EpochFinished) -> None:
        """Add an epoch to a run.

        Args:
            run_id: The run.
            epoch: What was measured.

        Raises:
            KeyError: The run does not run here.
        """
        values = asdict(epoch)
        with self.db.transaction() as db:
            cursor = db.execute(
                f"INSERT INTO epochs (run_id, {', '.join(values)}) "  # noqa: S608
                f"SELECT ?, {marks(values)} FROM runs WHERE {IS_MINE}",
                (run_id, *values.values(), *self._mine(run_id)),
            )
            if cursor.rowcount == 0:
                raise KeyError(f"Run {run_id} is not running.")
            summarise(db, run_id)

    def set_progress(self, run_id: int, **progress: Any) -> None:
        with self.db.transaction() as db:
            db.execute(
                f"UPDATE runs SET progress = ?, heartbeat_at = ? WHERE {IS_MINE}",  # noqa: S608
                (json.dumps(progress), self.clock(), *self._mine(run_id)),
            )

    def record_heartbeats(self, run_ids: Iterable[int]) -> set[int]:
        """Record that the runner of these runs lives; return those that are to stop, because they were cancelled or
        claimed by another.
        """
        mine = [self._mine(run_id) for run_id in run_ids]
        if not mine:
            return set()
        going_on = f"SELECT id FROM runs WHERE {IS_MINE} AND NOT cancel_requested"  # noqa: S608
        with self.db.transaction() as db:
            now = self.clock()
            db.executemany(f"UPDATE runs SET heartbeat_at = ? WHERE {IS_MINE}", [(now, *each) for each in mine])  # noqa: S608
            return {each[0] for each in mine if db.execute(going_on, each).fetchone() is None}

    def finish(self, run_id: int, staged: Path, environment: dict[str, Any], contended: str | None = None) -> None:
        """Move a run's files into place, with a manifest beside them, and mark it finished: both or neither.

        Args:
            run_id: The run.
            staged: A folder with its files, which is moved.
            environment: The environment of the measurement.
            contended: What else used the device; None if nothing did. For a run that is trained together with others
                ``SHARED`` is stored, even if it was alone for a while.

        Raises:
            KeyError: The run does not run here.
            ValueError: Epochs are missing.
            OSError: The files cannot be moved.
        """
        self.db.require_writable()
        run, epochs = self.run(run_id), self.epochs([run_id])[run_id]
        if [epoch.epoch for epoch in epochs] != list(range(1, run.epochs + 1)):
            raise ValueError(f"Only {len(epochs)} of {run.epochs} epochs were stored: train it again.")
        if run.together:
            contended = SHARED
        ended_at = self.clock()
        checksums = {path.name: synced_checksum(path) for path in sorted(staged.iterdir()) if path.name != MANIFEST}
        run = replace(run, environment=environment, contended=contended, ended_at=ended_at, files=checksums)
        (staged / MANIFEST).write_text(RunManifest.of(run, epochs).to_json())
        checksums[MANIFEST] = synced_checksum(staged / MANIFEST)
        folder = self.files_dir(run_id)
        try:
            with self.db.transaction() as db:
                cursor = db.execute(
                    "UPDATE runs SET state = ?, ended_at = ?, files = ?, environment = ?, contended = ?, owner = NULL, "  # noqa: S608
                    f"progress = NULL WHERE {IS_MINE}",
                    (
                        FINISHED,
                        ended_at,
                        json.dumps(checksums),
                        json.dumps(environment),
                        contended,
                        *self._mine(run_id),
                    ),
                )
                if cursor.rowcount == 0:
                    raise KeyError(f"Run {run_id} is not running.")
                shutil.rmtree(folder, ignore_errors=True)
                os.replace(staged, folder)
                sync_folder(self.runs_dir)
        except BaseException:
            if folder.exists() and not staged.exists():  # the row could not be written: together or not at all
                os.replace(folder, staged)
            raise
        self.remove_ended_states([run_id])

    def fail(self, run_id: int, reason: str) -> None:
        """End a running run as failed; its finished epochs stay.

        Args:
            run_id: The run.
            reason: A sentence that says what to do.
        """
        self._end(run_id, FAILED, reason)

    def mark_cancelled(self, run_id: int) -> None:
        self._end(run_id, CANCELLED, None)

    def _end(self, run_id: int, state: str, reason: str | None) -> None:
        with self.db.transaction() as db:
            db.execute(
                f"UPDATE runs SET state = ?, reason = ?, ended_at = ?, owner = NULL, progress = NULL WHERE {IS_MINE}",  # noqa: S608
                (state, reason, self.clock(), *self._mine(run_id)),
            )
        self.remove_ended_states([run_id])

    def requeue(self, run_id: int, reason: str) -> None:
        """Queue a run again whose process died, or fail it after the last attempt.

        Args:
            run_id: The run.
            reason: A sentence on how the process ended.
        """
        with self.db.transaction() as db:
            row = db.execute(f"SELECT * FROM runs WHERE {IS_MINE}", self._mine(run_id)).fetchone()  # noqa: S608
            if row is not None:
                self._requeue(db, row, reason)
        self.remove_ended_states([run_id])

    def release_run(self, run_id: int) -> None:
        """Queue a run again because the runner was asked to stop, which does not count as an attempt."""
        with self.db.transaction() as db:
            db.execute(f"UPDATE runs SET attempts = attempts - 1 WHERE {IS_MINE}", self._mine(run_id))  # noqa: S608
            row = db.execute(f"SELECT * FROM runs WHERE {IS_MINE}", self._mine(run_id)).fetchone()  # noqa: S608
            if row is not None:
                self._requeue(db, row, "The runner was stopped.")
        self.remove_ended_states([run_id])
