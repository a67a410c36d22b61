"""A thread that records every half second that a run's runner lives, and learns whether the run is to stop."""

import sqlite3
import threading
from types import TracebackType
from typing import Self

from cache.store.runner_store import RunnerStore

BEAT_SECONDS = 0.5


class Heartbeat:
    """Records heartbeats within the ``with`` block, also while the runner itself is busy."""

    def __init__(self, store: RunnerStore, run_id: int) -> None:
        self._store = store
        self._run_id = run_id
        self._asked_to_stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._record_heartbeats, daemon=True)

    @property
    def asked_to_stop(self) -> bool:
        return self._asked_to_stop.is_set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _record_heartbeats(self) -> None:
        while True:
            try:
                if self._store.record_heartbeat(self._run_id):
                    self._asked_to_stop.set()
            except sqlite3.OperationalError:
                pass  # the runner reports a full disk; the next heartbeat may be written
            if self._over.wait(BEAT_SECONDS):
                return
