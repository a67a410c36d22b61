"""Starts a runner if runs wait and no runner serves them."""

import threading
import time
from contextlib import suppress

import psutil

from cache.core.cluster_state import CLUSTER
from cache.core.logs import message
from cache.core.processes import ProcessIdentity, start_detached
from cache.store.runs import QUEUED, RUNNING
from cache.store.store import RunStore
from models.experiments.spec import BACKENDS

START_SECONDS = 20.0
"""A runner that ends with an error earlier than this could not start at all."""
STOP_SECONDS = 20.0


def ensure_runners(store: RunStore) -> list[str]:
    """Find orphaned runs, and start a runner for each device with queued runs but no runner.

    If two callers start one at the same time, the second runner finds the first and ends.

    Args:
        store: The cache. Nothing happens if it is read-only.

    Returns:
        The ids of the devices for which a runner was started.
    """
    if store.read_only:
        return []
    store.recover()
    waiting = {run.device_id: run for run in reversed(store.runs([QUEUED]))}
    missing = sorted(device_id for device_id in waiting if not store.live_runner(device_id))
    for device_id in missing:
        # That of its first run: a device that one backend can use may be unknown to another.
        asked = waiting[device_id].settings.get("training.engine")
        _start_runner(store, device_id, str(asked) if asked in BACKENDS else BACKENDS[0])
    return missing


def stop_runners(store: RunStore) -> int:
    """Ask the cache's runners on this host to release their runs and to end, and wait for them; return their number."""
    # If two were started at once, the announced one may be the one that ends.
    rows = store.db.read("SELECT owner FROM runners UNION SELECT owner FROM runs WHERE state = ?", (RUNNING,))
    runners = filter(None, (ProcessIdentity.from_json(row["owner"]) for row in rows))
    processes = list(filter(None, (runner.process() for runner in runners if runner.is_here)))
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    psutil.wait_procs(processes, timeout=STOP_SECONDS)
    return len(processes)


def _start_runner(store: RunStore, device_id: str, backend: str) -> None:
    log = store.logs_dir / "runner.log"
    arguments = ["--cache", str(store.root), "--backend", backend]
    if device_id == CLUSTER:
        process = start_detached("cache.cluster", *arguments, log=log)
    else:
        process = start_detached("cache.execution.runner", *arguments, "--device", device_id, log=log)
    with suppress(ProcessLookupError):
        store.announce_starting(device_id, ProcessIdentity.of(process.pid))
    began = time.monotonic()

    def wait() -> None:
        """So that no zombie stays; what the runner could not even begin is failed with its last words."""
        if process.wait() > 0 and time.monotonic() - began < START_SECONDS:
            words = log.read_text(errors="replace").strip().splitlines()
            reason = message(words[-1]) if words else "it wrote no message"
            store.reject(device_id, f"The runner could not start: {reason}")

    threading.Thread(target=wait, daemon=True).start()
