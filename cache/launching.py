"""Starting a runner when there is work and nobody does it."""

import threading

from cache.processes import start_detached
from cache.runs import QUEUED
from cache.store import RunStore


def ensure_runner(store: RunStore, lane: str, engine: str = "tensorflow") -> bool:
    """Starts a runner for the lane's queued runs unless one lives; returns whether it did.

    Two callers at once may both start one; the second finds the device's lock taken and ends.
    """
    store.recover()
    if store.live_runner(lane) or not store.runs([QUEUED], lane):
        return False
    arguments = ("--cache", str(store.root), "--device", lane, "--engine", engine)
    process = start_detached("cache.runner", *arguments, log=store.logs_dir / "runner.log")
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie stays when it ends
    return True
