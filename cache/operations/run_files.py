"""Checks whether the files of finished runs are what was stored."""

from collections.abc import Callable, Mapping, Sequence

from cache.core.formatting import count
from cache.store.runs import FINISHED, Run
from cache.store.store import RunStore

NAMED = 20
"""More damaged runs than this are counted instead of named."""


def kept_runs(store: RunStore) -> list[Run]:
    """The finished runs outside the bin: files of others are not missed."""
    return [run for run in store.runs([FINISHED]) if run.deleted_at is None]


def damaged_runs(
    store: RunStore, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[int, list[str]]:
    """Read all files of all finished runs outside the bin, which takes time.

    Args:
        store: The cache.
        on_progress: Receives (runs read, all these runs).

    Returns:
        The names of damaged and missing files by the run's id.
    """
    runs, damaged = kept_runs(store), {}
    for done, run in enumerate(runs, start=1):
        if names := store.damaged_files(run):
            damaged[run.id] = names
        on_progress(done, len(runs))
    return damaged


def describe_damage(damaged: Mapping[int, Sequence[str]]) -> str:
    """Return how many runs have damaged or missing files, and which: words for within a sentence."""
    ids = sorted(damaged)
    names = [f"run {run_id} ({', '.join(damaged[run_id])})" for run_id in ids[:NAMED]]
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return f"{count(len(ids), 'run')} with damaged or missing files: {', '.join(names)}{more}"
