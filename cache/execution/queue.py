"""The queue as people see and change it: running and waiting runs, their order, and how long they take."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heapreplace
from math import inf

from cache.core.cluster_state import CLUSTER, ClusterState
from cache.core.formatting import listed, megabytes
from cache.execution.estimates import EpochTimes, seconds_left
from cache.store.runs import CANCELLED, FAILED, QUEUED, RUNNING, Run, RunRequest
from cache.store.store import RunStore
from models.experiments.spec import RunSpec
from models.training.run_files import BYTES_PER_WEIGHT, kept_epochs


@dataclass(frozen=True)
class QueueEntry:
    """A run in the queue. ``seconds`` is the time it still takes, ``starts_in`` the time of the runs before it on its
    device; both are None if something was never measured.
    """

    run: Run
    seconds: float | None
    starts_in: float | None


@dataclass(frozen=True)
class Queued:
    """What one call of ``enqueue`` added: ids of new runs, and (id, epochs before, epochs now) of extended waiting
    runs.
    """

    new: tuple[int, ...] = ()
    longer: tuple[tuple[int, int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.new) + len(self.longer)


def kept_sentence(specs: Iterable[RunSpec], epochs: int) -> str:
    """Describe the weights that runs keep after chosen epochs, and how much disk space they take."""
    chosen = kept_epochs(epochs)
    size = megabytes(sum(spec.num_params() for spec in specs) * BYTES_PER_WEIGHT * len(chosen))
    word = "epoch" if len(chosen) == 1 else "epochs"
    return f"Weights are kept after {word} {listed(list(map(str, chosen)))}: about {size} on the disk."


def enqueue(store: RunStore, requests: Iterable[RunRequest]) -> Queued:
    """Queue runs that are neither cached nor waiting.

    Args:
        store: The cache.
        requests: The runs.

    Returns:
        What was added, so that ``take_back`` can undo it.

    Raises:
        OverLimit: A run or the queue would be too large; then nothing is queued.
        CacheReadOnly: The cache cannot be changed.
    """
    with store.db.transaction() as db:
        last = db.execute("SELECT COALESCE(MAX(id), 0) FROM runs").fetchone()[0]
        epochs = _epochs_waiting(db)
        ids = dict.fromkeys(store.submit_within(db, requests))
        now = _epochs_waiting(db)
    longer = ((each, epochs[each], now[each]) for each in ids if each in epochs and now[each] > epochs[each])
    return Queued(tuple(each for each in ids if each > last), tuple(longer))


def take_back(store: RunStore, queued: Queued) -> None:
    """Undo ``enqueue``: cancel new runs, stop running ones, and shorten those that were extended.

    Args:
        store: The cache.
        queued: The result of ``enqueue``.

    Raises:
        CacheReadOnly: The cache cannot be changed.
    """
    store.cancel(queued.new)
    with store.db.transaction() as db:
        db.executemany(
            "UPDATE runs SET epochs = ? WHERE id = ? AND state = ? AND epochs = ?",
            [(before, run_id, QUEUED, now) for run_id, before, now in queued.longer],
        )


def _epochs_waiting(db: sqlite3.Connection) -> dict[int, int]:
    return {row["id"]: row["epochs"] for row in db.execute("SELECT id, epochs FROM runs WHERE state = ?", (QUEUED,))}


def queue(store: RunStore, times_of: Callable[[str], EpochTimes]) -> list[QueueEntry]:
    """List running runs, then waiting ones in their order, device by device.

    Args:
        store: The cache.
        times_of: Returns the epoch times of a device, by its id.

    Returns:
        Each with its seconds and the seconds until it starts; None if they are unknown. Runs that are trained together
        start as soon as one of the device's slots is free, and others once all are; on the cluster, each starts as soon
        as one of its devices is free.
    """
    runs = sorted(store.runs([RUNNING, QUEUED]), key=lambda run: (run.device_id, run.state == QUEUED))
    places: list[QueueEntry] = []
    free_in: dict[str, list[float]] = {}
    times: dict[str, EpochTimes] = {}
    cluster = ClusterState.read(store.root)
    for run in runs:
        if run.device_id not in times:
            times[run.device_id] = times_of(run.device_id)
            num_slots = len(cluster.slots) if cluster and run.device_id == CLUSTER else times[run.device_id].num_slots
            free_in[run.device_id] = [0.0] * max(1, num_slots)
        try:
            seconds = _seconds(run, times[run.device_id], store.clock())
        except ValueError:  # a run of another version, which will fail when it starts
            seconds = None
        slots = free_in[run.device_id]
        is_alone = not run.together and run.device_id != CLUSTER
        starts_in = max(slots) if is_alone else slots[0]
        ends_in = inf if seconds is None else starts_in + seconds
        places.append(QueueEntry(run, seconds, None if starts_in == inf else starts_in))
        if is_alone:
            slots[:] = [ends_in] * len(slots)
        else:
            heapreplace(slots, ends_in)
    return places


def move_to_front(store: RunStore, run_ids: Iterable[int]) -> None:
    """Train waiting runs next; the order of the others stays.

    Args:
        store: The cache.
        run_ids: The runs in the order of training.

    Raises:
        CacheReadOnly: The cache cannot be changed.
    """
    run_ids = list(run_ids)
    with store.db.transaction() as db:
        first = db.execute("SELECT MIN(position) FROM runs WHERE state = ?", (QUEUED,)).fetchone()[0] or 0
        for place, run_id in enumerate(run_ids):
            db.execute(
                "UPDATE runs SET position = ? WHERE id = ? AND state = ?",
                (first - len(run_ids) + place, run_id, QUEUED),
            )


def retry(store: RunStore, run_ids: Iterable[int]) -> list[int]:
    """Queue failed and cancelled runs again.

    Args:
        store: The cache.
        run_ids: The runs.

    Returns:
        The ids of the runs that answer them now.

    Raises:
        KeyError: There is no such run.
        ValueError: A run did not fail, or cannot be read.
        OverLimit: The queue would be too long. In each case nothing is queued.
    """
    return store.submit_each(retry_requests(store.run(run_id) for run_id in run_ids))


def retry_requests(runs: Iterable[Run]) -> list[RunRequest]:
    """Requests for failed and cancelled runs. Raises ValueError for a run that did not fail or cannot be read."""
    runs = list(runs)
    for run in runs:
        if run.state not in (FAILED, CANCELLED):
            raise ValueError(f"Run {run.id} is {run.state}: only failed and cancelled runs can be tried again.")
    return [
        RunRequest(_again(run), run.epochs, run.device_id, keep_weights=run.keeps_weights, together=run.together)
        for run in runs
    ]


def _again(run: Run) -> RunSpec:
    run.spec.layers()  # an architecture of another version cannot be trained by this one
    return run.spec


def _seconds(run: Run, times: EpochTimes, now: float) -> float | None:
    """The rest of a running run, or of a waiting one that may have begun before."""
    left = seconds_left(run, now) if run.state == RUNNING else None
    if left is not None:
        return left
    estimate = times.shared_seconds if run.together else times.seconds
    return estimate(run.spec, run.epochs - run.num_epochs)
