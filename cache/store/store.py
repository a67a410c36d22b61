"""The run store: one SQLite file in WAL mode and a folder of files.

Guarantees: a run's row, epochs and files appear as finished together or not at all; the measurements of a finished run
do not change; one identity is queued once per device; ``recover`` finds runs whose runner died; a damaged database is
set aside, and everything that can be read is kept.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import Self

from filelock import FileLock

from cache.core.access import read_only_reason
from cache.core.cluster_state import CLUSTER
from cache.core.limits import check_queue, check_run
from cache.core.processes import ProcessIdentity
from cache.store import unfinished
from cache.store.backfill import remove_left_behind, write_missing_manifests
from cache.store.database import LISTED, Database, listed
from cache.store.repair import reindex_run_folders, repair
from cache.store.rows import drop_epochs, inserted_id
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, Run, RunRequest
from cache.store.store_queries import LOCK, StoreQueries
from models.data.datasets import load_user_datasets
from models.experiments.spec import RunSpec
from models.stacks.named_stacks import load_stacks
from models.training.run_files import BEST_WEIGHTS
from models.vectors.word_vectors import load_vectors

MAX_ATTEMPTS = 3
SILENT_AFTER_SECONDS = 10.0
"""How long a runner on another host may be silent before its run counts as orphaned."""


_checked: dict[Path, tuple[int, ...] | None] = {}
"""The databases that this process has checked, with their file stamps, so that they are not checked at each opening."""


def _stamp(database_file: Path) -> tuple[int, ...] | None:
    """Changes with the file. New rows are in a log beside it until SQLite moves them over."""
    try:
        status = database_file.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class RunStore(StoreQueries):
    """The cache under ``root``, which is created if it is missing. Safe to use from many threads and processes.

    A folder that cannot be written is opened read-only: every change raises CacheReadOnly. So is any cache if
    UNROLL_READ_ONLY is set, unless ``read_only`` decides otherwise.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.time, *, read_only: bool | None = None) -> None:
        super().__init__(Path(root), clock)
        reason = read_only_reason(self.root, read_only)
        load_stacks(self.root)
        load_user_datasets(self.root)  # before any run is looked at: its spec may name one of them
        load_vectors(self.root)
        if reason:
            self.db = Database(self.database_file, self.backups_dir, read_only_reason=reason)
            return
        stamp = _stamp(self.database_file)
        if stamp and _checked.get(self.database_file) == stamp:
            self.db = Database(self.database_file, self.backups_dir)
            return
        for folder in (self.root, self.runs_dir, self.logs_dir, self.staging_dir, self.locks_dir):
            folder.mkdir(parents=True, exist_ok=True)
        # Unlike everything later, checking, migrating and switching to WAL do not wait for other processes.
        with FileLock(self.root / LOCK):
            repair(self.database_file, self.backups_dir, self.runs_dir)
            self.db = Database(self.database_file, self.backups_dir)
            reindex_run_folders(self.db, self.runs_dir)
            write_missing_manifests(self.db, self.runs_dir)
            self.remove_ended_states()
            _checked[self.database_file] = _stamp(self.database_file)
        remove_left_behind(self.root)

    @property
    def read_only_reason(self) -> str | None:
        """The message of every refused change; None if changes are allowed."""
        return self.db.read_only_reason

    @property
    def read_only(self) -> bool:
        return self.db.read_only

    def view(self, reason: str) -> Self:
        """Return the same cache, read-only: every change is refused with ``reason``."""
        twin = copy(self)
        twin.db = self.db.view(reason)
        return twin

    # Queueing

    def submit(self, specs: Iterable[RunSpec], epochs: int, device_id: str, device: str | None = None) -> list[int]:
        """Queue specs without a finished or waiting run, in one transaction.

        Args:
            specs: The specs.
            epochs: The number of epochs of each.
            device_id: The device whose queue they wait in.
            device: The name of the device that has to measure them, undisturbed. If None, a finished run of any device
                counts.

        Returns:
            The id of the run that answers each spec, in their order.

        Raises:
            OverLimit: A run or the queue would be too large; then nothing is queued.
            CacheReadOnly: The cache cannot be changed.
        """
        return self.submit_each(RunRequest(spec, epochs, device_id, device) for spec in specs)

    def submit_each(self, requests: Iterable[RunRequest]) -> list[int]:
        """Queue as ``submit`` does, each as it is asked for."""
        requests = list(requests)
        with self.db.transaction() as db:
            return self.submit_within(db, requests)

    def submit_within(self, db: sqlite3.Connection, requests: Iterable[RunRequest]) -> list[int]:
        """Queue as ``submit_each`` does, as part of a larger transaction.

        All first seeds wait before all second ones, so that slow changes of the machine's speed affect every
        architecture equally.

        Args:
            db: A connection within a transaction.
            requests: The runs.

        Returns:
            The id of the run that answers each, in their order.

        Raises:
            OverLimit: A run or the queue would be too large; undo the transaction.
        """
        before, requests = num_waiting(db), list(requests)
        by_seed = sorted(range(len(requests)), key=lambda place: requests[place].spec.seed)
        answers = {place: self._submit(db, requests[place]) for place in by_seed}
        check_queue(before, num_waiting(db))
        return [answers[place] for place in range(len(requests))]

    def waiting(self, device_id: str) -> set[str]:
        """Return the identities that wait for a device."""
        rows = self.db.read("SELECT identity FROM runs WHERE state = ? AND lane = ?", (QUEUED, device_id))
        return {row["identity"] for row in rows}

    def has_waiting(self, device_id: str) -> bool:
        return bool(self.db.read("SELECT 1 FROM runs WHERE state = ? AND lane = ? LIMIT 1", (QUEUED, device_id)))

    def first_waiting(self, device_id: str) -> Run | None:
        """Return the run that a device trains next; None if nothing waits."""
        sql = "SELECT * FROM runs WHERE state = ? AND lane = ? ORDER BY position, id LIMIT 1"
        return next(map(Run.from_row, self.db.read(sql, (QUEUED, device_id))), None)

    def num_waiting(self) -> int:
        """Return the number of waiting runs, for all devices together."""
        return len(self.db.read("SELECT 1 FROM runs WHERE state = ?", (QUEUED,)))

    def _submit(self, db: sqlite3.Connection, asked: RunRequest) -> int:
        spec, epochs, device_id, device = asked.spec, asked.epochs, asked.device_id, asked.device
        together = asked.together and device_id != CLUSTER  # which trains each run on a device of its own
        rows = db.execute(
            "SELECT * FROM runs "
            "WHERE identity = ? AND state IN (?, ?, ?) AND deleted_at IS NULL AND (state != ? OR NOT cancel_requested)",
            (spec.identity, FINISHED, RUNNING, QUEUED, RUNNING),
        ).fetchall()
        for row in rows:
            if row["state"] == FINISHED:
                is_answer = device is None or (row["device"] == device and row["contended"] is None)
                is_answer = is_answer and not (asked.with_weights and self.missing_weights(row["id"]))
                is_answer = is_answer and not (asked.keep_weights and not Run.from_row(row).kept_epochs)
            else:
                is_answer = row["lane"] == device_id and (not asked.keep_weights or bool(row["keeps_weights"]))
                # A waiting one can still be trained alone; one that runs counts, unless its seconds are wanted.
                is_answer = is_answer and (together or not row["together"] or (row["state"] == RUNNING and not device))
            if row["epochs"] >= epochs and is_answer:
                return row["id"]
        check_run(spec, epochs)
        for row in rows:
            if row["state"] == QUEUED and row["lane"] == device_id:
                db.execute(
                    "UPDATE runs SET epochs = MAX(epochs, ?), keeps_weights = MAX(keeps_weights, ?), "
                    "together = MIN(together, ?) WHERE id = ?",
                    (epochs, asked.keep_weights, together, row["id"]),
                )
                return row["id"]
        values = (spec.identity, spec.to_json(), device_id, epochs, spec.num_params(), QUEUED, self.clock())
        cursor = db.execute(
            "INSERT INTO runs "
            "(identity, spec, lane, epochs, num_params, state, created_at, keeps_weights, together, position) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM runs))",
            (*values, asked.keep_weights, together),
        )
        return inserted_id(cursor)

    def missing_weights(self, run_id: int) -> bool:
        """Return whether the finished run's weights are not in this cache: it was imported without them, or they were
        deleted.
        """
        return not (self.files_dir(run_id) / BEST_WEIGHTS).exists()

    def ids_with_weights(self) -> list[int]:
        """List the ids of the runs whose weights are in this cache, the latest first."""
        folders = (file.parent.name for file in self.runs_dir.glob(f"*/{BEST_WEIGHTS}"))
        return sorted((int(name) for name in folders if name.isdecimal()), reverse=True)

    def cancel(self, run_ids: Iterable[int]) -> None:
        """Cancel queued runs at once, and ask the runner to stop running ones."""
        with self.db.transaction() as db:
            for run_id in run_ids:
                db.execute(
                    "UPDATE runs SET state = ?, ended_at = ? WHERE id = ? AND state = ?",
                    (CANCELLED, self.clock(), run_id, QUEUED),
                )
                db.execute("UPDATE runs SET cancel_requested = 1 WHERE id = ? AND state = ?", (run_id, RUNNING))
        self.remove_ended_states()

    def reject(self, device_id: str, reason: str) -> None:
        """Fail the queued runs of a device whose runner cannot start.

        Args:
            device_id: The device.
            reason: A sentence for the runs.

        Raises:
            CacheReadOnly: The cache cannot be changed.
        """
        with self.db.transaction() as db:
            db.execute(
                "UPDATE runs SET state = ?, reason = ?, ended_at = ? WHERE state = ? AND lane = ?",
                (FAILED, reason, self.clock(), QUEUED, device_id),
            )
        self.remove_ended_states()

    def remove_ended_states(self, run_ids: Iterable[int] | None = None) -> None:
        """Remove the saved states of runs that have ended in any way, of all runs or of these."""
        self.db.require_writable()
        unfinished.remove_states(self.root, run_ids, self._active)

    def _active(self, run_ids: Iterable[int]) -> set[int]:
        sql = f"SELECT id FROM runs WHERE state IN (?, ?) AND id IN {LISTED}"  # noqa: S608
        return {row["id"] for row in self.db.read(sql, (QUEUED, RUNNING, listed(run_ids)))}

    # Finding the dead

    def _requeue(self, db: sqlite3.Connection, row: sqlite3.Row, reason: str) -> None:
        others = db.execute(
            "SELECT 1 FROM runs WHERE identity = ? AND lane = ? AND state = ?", (row["identity"], row["lane"], QUEUED)
        ).fetchone()
        if row["cancel_requested"] or others:
            state = CANCELLED
        elif row["attempts"] >= MAX_ATTEMPTS:
            state, reason = FAILED, f"{reason} It was tried {row['attempts']} times."
        else:
            state = QUEUED
            state_of = unfinished.saved_state(self.root, row["id"])
            drop_epochs(db, row["id"], after=state_of.epoch if state_of else 0)
        ended_at = None if state == QUEUED else self.clock()
        db.execute(
            "UPDATE runs SET state = ?, reason = ?, ended_at = ?, owner = NULL, progress = NULL WHERE id = ?",
            (state, reason, ended_at, row["id"]),
        )

    def recover(self) -> int:
        """Requeue, fail or cancel running runs whose runner is dead; return their number."""
        sql = "SELECT * FROM runs WHERE state = ?"
        if self.read_only or not any(self._is_orphaned(row) for row in self.db.read(sql, (RUNNING,))):
            return 0
        with self.db.transaction() as db:
            orphans = [row for row in db.execute(sql, (RUNNING,)).fetchall() if self._is_orphaned(row)]
            for row in orphans:
                self._requeue(db, row, "The process that ran it ended without a word.")
        self.remove_ended_states()
        return len(orphans)

    def _is_orphaned(self, row: sqlite3.Row) -> bool:
        owner = ProcessIdentity.from_json(row["owner"])
        if owner is None:
            return True
        if owner.is_here:
            return not owner.is_alive()
        return self.clock() - row["heartbeat_at"] > SILENT_AFTER_SECONDS

    # Runners

    def announce_runner(self, device_id: str, owner: ProcessIdentity, device: str, status: str = "") -> None:
        """Record which process serves a device.

        Args:
            device_id: The device.
            owner: The runner's process.
            device: The device's name.
            status: What the runner waits for; empty if it does not wait.
        """
        with self.db.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO runners (lane, owner, device, status, started_at) VALUES (?, ?, ?, ?, ?)",
                (device_id, owner.to_json(), device, status, self.clock()),
            )

    def announce_starting(self, device_id: str, owner: ProcessIdentity) -> None:
        """Record that a runner was started, unless another lives. If two start at once, one ends soon, and the other
        announces itself.
        """
        with self.db.transaction() as db:
            row = db.execute("SELECT owner FROM runners WHERE lane = ?", (device_id,)).fetchone()
            other = ProcessIdentity.from_json(row["owner"]) if row else None
            if other is None or not (other.is_here and other.is_alive()):
                db.execute(
                    "INSERT OR REPLACE INTO runners (lane, owner, device, status, started_at) VALUES (?, ?, '', ?, ?)",
                    (device_id, owner.to_json(), "the runner is starting", self.clock()),
                )

    def live_runner(self, device_id: str) -> ProcessIdentity | None:
        """Return the runner of the device on this host, if it lives."""
        rows = self.db.read("SELECT owner FROM runners WHERE lane = ?", (device_id,))
        owner = ProcessIdentity.from_json(rows[0]["owner"]) if rows else None
        return owner if owner and owner.is_here and owner.is_alive() else None

    def runner_status(self, device_id: str) -> str:
        """Return what the device's runner waits for; empty if it does not wait."""
        rows = self.db.read("SELECT status FROM runners WHERE lane = ?", (device_id,))
        return rows[0]["status"] if rows else ""


def num_waiting(db: sqlite3.Connection) -> int:
    """Return the number of queued runs, within the transaction that may change it."""
    return db.execute("SELECT COUNT(*) FROM runs WHERE state = ?", (QUEUED,)).fetchone()[0]
