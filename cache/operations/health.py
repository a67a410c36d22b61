"""Checks whether a cache can do its work, for people, containers and monitors."""

import shutil
import sqlite3
import time
from dataclasses import dataclass

from cache.cluster.requirements import ClusterProblem, require_settings
from cache.core.cluster_state import ClusterState
from cache.core.formatting import count, duration
from cache.core.settings import RAY_ADDRESS
from cache.operations.run_files import damaged_runs, describe_damage, kept_runs
from cache.store.runs import QUEUED, RUNNING
from cache.store.store import RunStore

MIN_FREE_BYTES = 200_000_000
SILENT_SECONDS = 60.0
"""A runner records every half second that it lives."""
PATIENCE_SECONDS = 60.0
"""How long a run may wait before a runner has to serve it."""


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    says: str


def checks(store: RunStore, *, files: bool = False) -> list[Check]:
    """Return all checks; with ``files`` also one that reads every run's files, which takes time."""
    found = [_database(store), _disk(store), _queue(store), _training(store)]
    found += [_files(store)] if files else []
    return [*found, _cluster(store)] if RAY_ADDRESS.text else found


def _database(store: RunStore) -> Check:
    try:
        found = store.db.read("PRAGMA quick_check")[0][0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    num_runs = f"whole, {count(store.db.read('SELECT COUNT(*) FROM runs')[0][0], 'run')}" if found == "ok" else ""  # noqa: S608
    return Check("database", found == "ok", num_runs or f"damaged: {found}. Opening the cache anew repairs it.")


def _disk(store: RunStore) -> Check:
    free = shutil.disk_usage(store.root).free
    return Check("disk", free >= MIN_FREE_BYTES, f"{free / 1e9:.1f} GB free, {MIN_FREE_BYTES / 1e9:.1f} GB are needed")


def _queue(store: RunStore) -> Check:
    """Whether a runner serves the waiting runs, or they were queued only just now."""
    waiting = store.runs([QUEUED])
    unserved = {
        run.device_id
        for run in waiting
        if not store.live_runner(run.device_id) and time.time() - run.created_at > PATIENCE_SECONDS
    }
    says = f"{count(len(waiting), 'run')} waiting"
    if unserved:
        says += (
            f", and no runner for {', '.join(sorted(unserved))}: open the dashboard, or start cache.execution.runner"
        )
    return Check("queue", not unserved, says)


def _training(store: RunStore) -> Check:
    running = store.db.read("SELECT id, heartbeat_at FROM runs WHERE state = ?", (RUNNING,))
    heard = {row["id"]: time.time() - (row["heartbeat_at"] or 0) for row in running}
    silent = {run_id: seconds for run_id, seconds in heard.items() if seconds > SILENT_SECONDS}
    if not silent:
        oldest = f", each heard of within {max(1, round(max(heard.values())))} s" if heard else ""
        return Check("training", True, f"{count(len(running), 'run')} in training{oldest}")
    silent_runs = ", ".join(f"run {run_id} for {duration(min(seconds, 1e7))}" for run_id, seconds in silent.items())
    return Check("training", False, f"silent: {silent_runs}. Open the dashboard, which queues it again.")


def _files(store: RunStore) -> Check:
    if damaged := damaged_runs(store):
        advice = "Import a bundle of these runs to replace the files, or delete the runs."
        return Check("files", False, f"{describe_damage(damaged)}. {advice}")
    return Check("files", True, f"those of {count(len(kept_runs(store)), 'run')} are intact")


def _cluster(store: RunStore) -> Check:
    """What its runner has last seen; nothing else speaks to the cluster."""
    try:
        require_settings()
    except ClusterProblem as problem:
        return Check("cluster", False, str(problem))
    state = ClusterState.read(store.root)
    if state is None:
        return Check("cluster", True, "not asked yet: its runner connects as soon as a run waits")
    busy = sum(slot.run_id is not None for slot in state.slots)
    nodes = count(len({slot.node_id for slot in state.slots}), "node")
    says = f"{count(len(state.slots), 'device')} on {nodes}, {busy} in use, "
    says += f"as of {duration(max(1.0, store.clock() - state.at))} ago"
    return Check("cluster", not state.problems, " ".join([f"{says}.", *state.problems]) if state.problems else says)
