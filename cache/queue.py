"""The queue as people see it and change it: what runs, what waits, in which order, and how long it takes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cache.estimates import EpochTimes, seconds_left
from cache.runs import CANCELLED, FAILED, QUEUED, RUNNING, Run
from cache.store import RunStore
from models.events import EpochFinished
from models.spec import RunSpec


@dataclass(frozen=True)
class Place:
    """A run in the queue. ``seconds`` is what it still takes itself, ``starts_in`` what comes before it on its device;
    both are None where something was never measured."""

    run: Run
    seconds: float | None
    starts_in: float | None


def queue(store: RunStore, times_of: Callable[[str], EpochTimes]) -> list[Place]:
    """Running runs, then waiting ones in their order, device by device. ``times_of`` gives the times of a lane."""
    runs = sorted(store.runs([RUNNING, QUEUED]), key=lambda run: (run.lane, run.state == QUEUED))
    epochs = store.epochs(run.id for run in runs if run.state == RUNNING)
    places, before, times = [], {}, {}
    for run in runs:
        if run.lane not in times:
            times[run.lane] = times_of(run.lane)
        try:
            seconds = _seconds(run, epochs.get(run.id), times[run.lane])
        except ValueError:  # a run of another version, which will fail when it is its turn
            seconds = None
        starts_in = before.get(run.lane, 0.0)
        places.append(Place(run, seconds, starts_in))
        before[run.lane] = None if None in (seconds, starts_in) else starts_in + seconds
    return places


def move_to_front(store: RunStore, run_ids: Iterable[int]) -> None:
    """Has waiting runs trained next, in the order given; others are left where they are."""
    run_ids = list(run_ids)
    with store.db.transaction() as db:
        first = db.execute("SELECT MIN(position) FROM runs WHERE state = ?", (QUEUED,)).fetchone()[0] or 0
        for place, run_id in enumerate(run_ids):
            db.execute(
                "UPDATE runs SET position = ? WHERE id = ? AND state = ?",
                (first - len(run_ids) + place, run_id, QUEUED),
            )


def retry(store: RunStore, run_ids: Iterable[int]) -> list[int]:
    """Queues failed and cancelled runs again; returns the ids of the runs that answer them.

    Raises KeyError for an unknown run, ValueError for one that did not fail or cannot be read, OverLimit for too many;
    then nothing is queued.
    """
    runs = [store.run(run_id) for run_id in run_ids]
    for run in runs:
        if run.state not in (FAILED, CANCELLED):
            raise ValueError(f"Run {run.id} is {run.state}: only failed and cancelled runs can be tried again.")
        _again(run)
    return store.submit_each((_again(run), run.epochs, run.lane, None) for run in runs)


def _again(run: Run) -> RunSpec:
    run.spec.layers()  # an architecture of another version cannot be trained by this one
    return run.spec


def _seconds(run: Run, epochs: list[EpochFinished] | None, times: EpochTimes) -> float | None:
    """Of the rest of a running run, or of a waiting one that may have begun before."""
    if epochs is not None:
        return seconds_left(run, epochs, times)
    per_epoch = times.seconds_per_epoch(run.spec)
    return None if per_epoch is None else per_epoch * (run.epochs - run.num_epochs)
