"""Queries of a run cache: its folders, its runs, their epochs, files and logs."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cache.core.checksums import checksum
from cache.core.logs import readable
from cache.store import unfinished
from cache.store.database import LISTED, Database, listed, marks
from cache.store.manifest import MANIFEST
from cache.store.rows import epoch_from_row
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, Run
from models.machine.versions import Minor, are_alike
from models.training.events import EpochFinished
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, PREDICTIONS, STATE

DATABASE, LOCK = "runs.sqlite", "runs.lock"
RESUMABLE = {STATE, BEST_WEIGHTS, PREDICTIONS}
"""The files without which a run cannot be continued."""


NAMES = {
    *(DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", LOCK, "cluster.json", "reference.json"),
    *("runs", "logs", "backups", "staging", "locks", unfinished.FOLDER, "links", "uploads", "tfds", "encoded"),
    *("datasets", "datasets.lock", "vectors", "vectors.lock", "stacks", "stacks.lock"),
    *("adding", "covering", "downloads", "generating", "measuring", "reading", "tokenizing"),  # what tasks report
    "lost+found",
}
"""All names in a cache that do not begin with a dot, and that of a folder that disks have."""


class ForeignFolder(RuntimeError):
    """A folder that holds no cache, but other files, among which none must be made."""


def require_own(root: Path) -> None:
    """Check that a folder holds a cache, what is left of one, nothing visible but names of a cache, or is missing.

    Raises ForeignFolder.
    """
    if root.exists() and not root.is_dir():
        raise ForeignFolder(f"{root} is a file: name the folder of a run cache with --cache or UNROLL_CACHE.")
    names = {each.name for each in root.iterdir() if not each.name.startswith(".")} if root.exists() else set()
    if names & {DATABASE, LOCK} or names <= NAMES or any(root.glob(f"runs/*/{MANIFEST}")):
        return
    raise ForeignFolder(f"{root} holds no cache, but other files: name another folder with --cache or UNROLL_CACHE.")


class StoreQueries:
    """The read-only part of the run store."""

    db: Database

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self.root, self.clock = root, clock
        self.database_file = root / DATABASE
        self.runs_dir, self.logs_dir, self.backups_dir = root / "runs", root / "logs", root / "backups"
        self.staging_dir, self.locks_dir = root / "staging", root / "locks"
        self.unfinished_dir = root / unfinished.FOLDER

    def files_dir(self, run_id: int) -> Path:
        return self.runs_dir / str(run_id)

    def log_file(self, run_id: int) -> Path:
        return self.logs_dir / f"run-{run_id}.log"

    def run(self, run_id: int) -> Run:
        """Read a run. Raises KeyError for an unknown id."""
        found = self.runs_by_id([run_id])
        if not found:
            raise KeyError(f"There is no run {run_id}.")
        return found[run_id]

    def runs_by_id(self, run_ids: Iterable[int]) -> dict[int, Run]:
        """Read runs by id; unknown ids are left out."""
        rows = self.db.read(f"SELECT * FROM runs WHERE id IN {LISTED}", [listed(run_ids)])  # noqa: S608
        return {row["id"]: Run.from_row(row) for row in rows}

    def runs(self, states: Sequence[str] = (), device_id: str | None = None) -> list[Run]:
        """Read runs in queue order.

        Args:
            states: The states to read; all if empty.
            device_id: The device whose queue they are in; any if None.
        """
        where = ["1"]
        values: list[str] = []
        if states:
            where.append(f"state IN ({marks(states)})")
            values += states
        if device_id:
            where.append("lane = ?")
            values.append(device_id)
        sql = f"SELECT * FROM runs WHERE {' AND '.join(where)} ORDER BY position, id"  # noqa: S608
        return [Run.from_row(row) for row in self.db.read(sql, values)]

    def progress(self) -> list[tuple[str, int | None]]:
        """Count the runs of each state, and the epochs of those in training.

        The answer changes when a run is added, changes its state or ends an epoch. Open pages ask for it every two
        seconds, so it is read from an index.
        """
        sql = """
            SELECT state, COUNT(*) FROM runs GROUP BY state
            UNION ALL SELECT 'epochs', SUM(num_epochs) FROM runs WHERE state = ?
        """
        return [tuple(row) for row in self.db.read(sql, [RUNNING])]

    def best_runs(self, identities: Iterable[str], epochs: int, device: str, timed: bool = False) -> dict[str, Run]:
        """Find the most informative run for the first epochs of each spec.

        A finished run with enough epochs comes first. Among those, runs of ``device`` come before others, and
        undisturbed ones before contended ones. Then come running, queued and failed runs, then finished runs with fewer
        epochs, then cancelled ones; among equals the latest.

        Args:
            identities: The identities of specs.
            epochs: The number of epochs that is asked for.
            device: The name of the device that is preferred.
            timed: Whether seconds are wanted. A finished run without undisturbed seconds of ``device`` then comes after
                waiting runs, and the later one of it and a failed run counts.

        Returns:
            The runs by identity; identities without a run are left out.
        """
        identities = list(identities)
        sql = f"SELECT * FROM runs WHERE identity IN ({marks(identities)}) AND deleted_at IS NULL"  # noqa: S608
        order = {RUNNING: 4, QUEUED: 3, FAILED: 2, FINISHED: 1, CANCELLED: 0}

        def rank(run: Run) -> tuple[float, ...]:
            answers_all = run.state == FINISHED and run.epochs >= epochs
            here, calm = run.device == device, run.contended is None
            if timed and not (answers_all and here and calm):
                return order[FAILED] if run.state == FINISHED else order[run.state], run.id
            return (5 if answers_all else order[run.state], here, calm, run.epochs, run.id)

        best: dict[str, Run] = {}
        for run in map(Run.from_row, self.db.read(sql, identities)):
            if run.identity not in best or rank(run) > rank(best[run.identity]):
                best[run.identity] = run
        return best

    def longest_finished(self, identities: Iterable[str], device: str) -> dict[str, Run]:
        """Find the finished run with the most epochs for each spec.

        Args:
            identities: The identities of specs.
            device: The name of a device. A run that was measured there is preferred to a longer one of another.

        Returns:
            The runs by identity; identities without a run are left out.
        """
        identities = list(identities)
        sql = f"SELECT * FROM runs WHERE state = ? AND identity IN ({marks(identities)}) AND deleted_at IS NULL"  # noqa: S608
        found = map(Run.from_row, self.db.read(sql, (FINISHED, *identities)))
        return {run.identity: run for run in sorted(found, key=lambda run: (run.device == device, run.epochs))}

    def epochs(self, run_ids: Iterable[int], up_to: int | None = None) -> dict[int, list[EpochFinished]]:
        """Read the epochs of runs, in order.

        Args:
            run_ids: The runs.
            up_to: The number of first epochs; all if None.

        Returns:
            By run; an empty list for a run that does not exist.
        """
        found: dict[int, list[EpochFinished]] = {run_id: [] for run_id in run_ids}
        sql = f"SELECT * FROM epochs WHERE run_id IN {LISTED} AND epoch <= ? ORDER BY run_id, epoch"  # noqa: S608
        for row in self.db.read(sql, (listed(found), 2**62 if up_to is None else up_to)):
            found[row["run_id"]].append(epoch_from_row(row))
        return found

    def best_epochs(self, run_ids: Iterable[int]) -> dict[int, EpochFinished]:
        """Read the best epoch of each run, which its figures are of; runs without epochs are left out."""
        sql = f"SELECT epochs.* FROM runs JOIN epochs ON run_id = id AND epoch = best_epoch WHERE id IN {LISTED}"  # noqa: S608
        return {row["run_id"]: epoch_from_row(row) for row in self.db.read(sql, [listed(run_ids)])}

    def resume_source(
        self,
        identity: str,
        epochs: int,
        device: str,
        versions: Minor = (),
        *,
        with_kept: bool = False,
        together: bool = False,
    ) -> Run | None:
        """Find the run that a training can continue.

        Args:
            identity: The identity of the spec.
            epochs: The number of epochs that is asked for.
            device: The name of the device that trains; a run of another is not continued.
            versions: Those that train. A run that is known to be of others is not continued: half of the curve would be
                theirs.
            with_kept: Continue only a run that has kept its weights after chosen epochs.
            together: Whether the training shares its device. If not, no run that did is continued: half of the seconds
                could not be compared.

        Returns:
            The longest finished run of fewer epochs whose files are undamaged, if there is one.
        """
        needed = RESUMABLE | {EPOCH_WEIGHTS} if with_kept else RESUMABLE
        sql = (
            "SELECT * FROM runs WHERE identity = ? AND state = ? AND epochs < ? AND device = ? AND together <= ? "
            "AND deleted_at IS NULL ORDER BY epochs DESC, id DESC"
        )
        runs = map(Run.from_row, self.db.read(sql, (identity, FINISHED, epochs, device, together)))
        return next(
            (
                run
                for run in runs
                if set(run.files) >= needed and are_alike(run.versions, versions) and not self.damaged_files(run)
            ),
            None,
        )

    def damaged_files(self, run: Run) -> list[str]:
        """List a finished run's files that are missing or have changed."""
        folder = self.files_dir(run.id)
        return [name for name, expected in run.files.items() if checksum(folder / name) != expected]

    def measured_seconds(
        self, device: str, limit: int = 2_000, *, together: bool = False
    ) -> list[tuple[str, float, float]]:
        """Read how long epochs took, for estimates.

        Args:
            device: The name of the device that measured them.
            limit: The largest number of latest finished runs.
            together: Read runs that shared the device with others, instead of those that were trained one at a time.

        Returns:
            (spec as JSON, mean seconds of a steady epoch with validation, extra seconds of a first epoch) of each run.
        """
        sql = """
            SELECT spec, AVG(CASE WHEN NOT is_first THEN train_seconds + validation_seconds END) AS steady,
                AVG(CASE WHEN is_first THEN train_seconds + validation_seconds END) AS first
            FROM runs JOIN epochs ON run_id = id
            WHERE state = ? AND device = ? AND together = ? AND deleted_at IS NULL
            GROUP BY id HAVING steady IS NOT NULL ORDER BY id DESC LIMIT ?
        """
        rows = self.db.read(sql, (FINISHED, device, together, limit))
        return [(row["spec"], row["steady"], max(0.0, (row["first"] or 0.0) - row["steady"])) for row in rows]

    def log_tail(self, run_id: int, num_lines: int = 30) -> str:
        """Read the end of a run's log.

        Args:
            run_id: The run.
            num_lines: The number of last lines.

        Returns:
            Empty if there is no log.
        """
        try:
            lines = self.log_file(run_id).read_text(errors="replace").splitlines()
            return readable("\n".join(lines[-num_lines:]))
        except FileNotFoundError:
            return ""
