"""A thread that records every half second that the runner of its runs lives, and learns which of them are to stop."""

import sqlite3
import threading
from types import TracebackType
from typing import Self

from cache.store.runner_store import RunnerStore

BEAT_SECONDS = 0.5


class Pulse:
    """What is known of one run since it was claimed: the same run may be claimed again."""

    asked_to_stop = False


class Heartbeat:
    """Records heartbeats of all added runs within the ``with`` block, also while the runner itself is busy."""

    def __init__(self, store: RunnerStore) -> None:
        self._store = store
        self._pulses: dict[int, Pulse] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._record_heartbeats, daemon=True)

    def add(self, run_id: int) -> Pulse:
        """Begin to record a run's heartbeats."""
        self._pulses[run_id] = pulse = Pulse()
        return pulse

    def remove(self, run_id: int) -> None:
        self._pulses.pop(run_id, None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _record_heartbeats(self) -> None:
        while True:
            pulses = dict(self._pulses)
            try:
                for run_id in self._store.record_heartbeats(pulses):
                    pulses[run_id].asked_to_stop = True
            except sqlite3.OperationalError:
                pass  # the runner reports a full disk; the next heartbeat may be written
            if self._over.wait(BEAT_SECONDS):
                return
