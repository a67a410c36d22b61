"""Trains queued runs on a device: ``python -m cache.execution.runner``.

It holds the device's lock while it trains, so that the trainings of two caches never share a device, and trains one run
at a time, so that measured seconds are reliable. Only runs of which accuracies alone are wanted are trained together,
as many as fit. The operating system releases the lock when the process ends in any way.
"""

import argparse
import logging
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial

from filelock import FileLock, Timeout

from cache.core.changes import Changes
from cache.core.device_lock import DeviceBusy
from cache.core.logs import log_lines
from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.execution.executor import Executor
from cache.execution.heartbeat import Heartbeat
from cache.execution.local import LocalExecutor
from cache.execution.room import Room
from cache.execution.run_in_progress import RETRY_SECONDS, RunInProgress
from cache.execution.runner_options import IDLE_SECONDS, SAVE_SECONDS, options_of_runners
from cache.store.runner_store import RunnerStore
from cache.store.runs import Run
from cache.store.store_queries import require_own
from models.experiments.spec import BACKENDS
from models.machine.devices import Device, find_device

POLL_SECONDS = 0.1
LOOK_SECONDS = 2.0
"""Time between two looks for dead runners. An idle runner also looks for runs, and whenever something was written."""

log = logging.getLogger("unroll.runner")


class Runner:
    """Claims the runs of a queue and trains one on each of its executors, until it has been idle for ``idle_seconds``.

    One thread follows all trainings, and another one records that this process lives. ``queue`` is whose runs these
    are, if it is not that of the first executor's device.

    If all executors share one device, ``measure_room`` says what is free there. Then several runs are trained at once
    only if all of them are to be trained together. The order of the queue is kept: a run that needs the device alone
    waits for those before it, and those behind it wait for it.
    """

    def __init__(
        self,
        store: RunnerStore,
        executors: Iterable[Executor],
        idle_seconds: float = IDLE_SECONDS,
        save_seconds: float = SAVE_SECONDS,
        queue: Device | None = None,
        measure_room: Callable[[], Room] | None = None,
    ) -> None:
        self._store = store
        self._executors = list(executors)
        self._queue = queue or self._executors[0].device
        self._idle_seconds = idle_seconds
        self._save_seconds = save_seconds
        self._measure_room = measure_room
        self._staging = store.staging_dir / file_name(self._queue)
        self._me = ProcessIdentity.current()
        self._code = code_stamp()
        self._is_outdated = False
        self._backend = BACKENDS[0]
        self._stopping = False
        self._heartbeat = Heartbeat(store)
        self._runs: dict[Executor, RunInProgress] = {}
        self._ended: list[RunInProgress] = []
        self._paused: dict[Executor, float] = {}
        self._idle_since = time.monotonic()
        self._look_at = self._claim_at = self._code_at = self._notice_at = float("-inf")

    def stop(self) -> None:
        """End after releasing all runs."""
        self._stopping = True  # nothing else here: a signal may come during another one

    def work(self, backend: str) -> None:
        """Train runs until there are none. Raises filelock.Timeout if this cache has a runner for the queue."""
        self._store.db.require_writable()
        self._store.db.keeps_trying = lambda: not self._stopping
        with FileLock(self._store.locks_dir / f"{file_name(self._queue)}.lock", timeout=1):
            self._serve(backend)

    def _serve(self, backend: str) -> None:
        self._announce("")
        shutil.rmtree(self._staging, ignore_errors=True)  # files of a killed runner
        self._staging.mkdir()
        self._backend = backend
        for executor in self._executors:
            executor.warm(backend)
        log.info("ready for runs on %s", self._queue.name)
        try:
            with self._heartbeat:
                self._loop()
        finally:
            for executor in self._executors:
                executor.cancel()
            for executor in self._executors:
                executor.release()

    def _loop(self) -> None:
        changes = self._store.db.changes()
        self._idle_since = time.monotonic()
        while self._goes_on():
            try:
                self._look()
                self._claim()
            except sqlite3.OperationalError as error:  # a full or missing disk: wait
                log.warning("the cache cannot be used: %s", error)
                self._pause(self._free())
            self._follow() if self._runs else self._wait(changes)
        self._release_runs()

    def _goes_on(self) -> bool:
        if self._stopping or (self._is_outdated and not self._runs):
            return False
        return bool(self._runs) or time.monotonic() - self._idle_since < self._idle_seconds

    def _look(self) -> None:
        """Do every LOOK_SECONDS what need not be done more often."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._store.recover()

    def _free(self) -> list[Executor]:
        """The executors that may take a run now."""
        now = time.monotonic()
        self._paused = {executor: until for executor, until in self._paused.items() if until > now}
        return [each for each in self._executors if each not in self._runs and each not in self._paused]

    def _pause(self, executors: Iterable[Executor]) -> None:
        self._paused |= dict.fromkeys(executors, time.monotonic() + RETRY_SECONDS)

    def _claim(self) -> None:
        """Begin a run on each free device; release the devices if no run waits."""
        if self._is_full() or (self._runs and time.monotonic() < self._claim_at):
            return
        free = self._free()
        if not free or self._has_new_code():
            return
        for executor in free:
            if self._stopping:
                return
            first = self._store.first_waiting(self._queue.device_id)
            if first is None:
                for each in self._free():
                    each.release()
            if first is None or not self._admits(first):
                self._claim_at = time.monotonic() + POLL_SECONDS
                return
            if self._reserve(executor):
                self._begin(executor, first.id)

    def _is_full(self) -> bool:
        has_device_alone = self._measure_room is not None and any(not each.run.together for each in self._runs.values())
        return has_device_alone or len(self._runs) == len(self._executors)

    def _admits(self, first: Run) -> bool:
        """Whether the run that waits first may begin beside those that are trained now."""
        if self._measure_room is None:
            return True
        if not self._runs:
            self._room = self._measure_room()
            return True
        runs = [first, *(each.run for each in self._runs.values())]
        return all(run.together for run in runs) and self._room.holds(runs)

    def _has_new_code(self) -> bool:
        looked = self._runs and time.monotonic() < self._code_at
        if not self._is_outdated and not looked and code_stamp() != self._code:
            log.info("the code has changed; a fresh runner has to take over")
            self._is_outdated = True
        if not looked:
            self._code_at = time.monotonic() + LOOK_SECONDS
        return self._is_outdated

    def _reserve(self, executor: Executor) -> bool:
        try:
            executor.reserve()
        except DeviceBusy:
            status = "another cache's runner trains on this device"
            self._idle_since = time.monotonic()  # a queued run waits for the device, however long that takes
        except OSError as error:
            log.warning("the device cannot be locked: %s", error)
            status = str(error)
        else:
            return True
        self._pause([executor])
        if not self._runs:
            self._announce(status)
        return False

    def _begin(self, executor: Executor, expected: int | None = None) -> None:
        self._announce("")
        if run := self._store.claim(self._queue.device_id, self._me, expected):
            if self._measure_room is not None and not run.together:
                for each in self._executors:
                    if each is not executor:
                        each.release()
            in_progress = RunInProgress(self._store, run, executor, self._heartbeat.add(run.id), lambda: self._stopping)
            self._runs[executor] = in_progress
            in_progress.begin(self._staging, self._save_seconds)
            self._note(in_progress)

    def _follow(self) -> None:
        """Handle the next messages, and what no message tells, and record the ends of runs."""
        busy = [executor for executor, run in self._runs.items() if not run.has_ended]
        if not busy:
            time.sleep(POLL_SECONDS)
        for executor in busy[0].wait(busy, POLL_SECONDS) if busy else ():
            self._runs[executor].receive()
            self._note(self._runs[executor])
        if time.monotonic() >= self._notice_at:
            self._notice_at = time.monotonic() + POLL_SECONDS
            for run in [run for run in self._runs.values() if not run.has_ended]:
                run.look()
                self._note(run)
        self._record_ends()

    def _note(self, run: RunInProgress) -> None:
        if run.has_ended:
            self._ended.append(run)

    def _record_ends(self) -> None:
        ended, self._ended = self._ended, []
        for run in ended:
            if not run.record():
                self._ended.append(run)
                continue
            self._heartbeat.remove(run.run_id)
            del self._runs[run.executor]
            self._idle_since, self._claim_at = time.monotonic(), float("-inf")
            self._backend = run.backend or self._backend
            if not self._stopping:
                run.executor.warm(self._backend)

    def _release_runs(self) -> None:
        """Put back what has not ended: first all trainings are asked to end, then it is recorded."""
        for run in self._runs.values():
            if not run.has_ended:
                run.release()
                self._ended.append(run)
        while self._ended:
            self._record_ends()

    def _wait(self, changes: Changes) -> None:
        if self._paused:
            time.sleep(RETRY_SECONDS)
        else:
            changes.wait(LOOK_SECONDS)

    def _announce(self, status: str) -> None:
        self._store.announce_runner(self._queue.device_id, self._me, self._queue.name, status)


def file_name(device: Device) -> str:
    """Return the name of a device's lock, log and folder."""
    return device.device_id.replace(":", "-")


def code_stamp() -> tuple[tuple[str, int], ...]:
    """Return a value that changes with the training code: a runner that has imported old code must not go on."""
    # No deeper than the packages: the run cache may be below this folder, with many files.
    patterns = [f"{folder}/{each}" for folder in ("models", "cache") for each in ("*.py", "*/*.py")]
    files = sorted(path for pattern in patterns for path in PROJECT_ROOT.glob(pattern))
    return tuple((path.name, path.stat().st_mtime_ns) for path in files)


def run(make: Callable[[argparse.Namespace], Runner], arguments: argparse.Namespace, what: str) -> int:
    """Make a runner for ``what`` and let it work until it ends; return the exit status of its process."""
    log_lines()
    if not arguments.cache.is_dir():
        log.error("There is no run cache in %s: name its folder with --cache.", arguments.cache)
        return 1
    try:
        require_own(arguments.cache)
        runner = make(arguments)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        runner.work(arguments.backend)
    except Timeout:
        log.info("this cache already has a runner for %s; nothing to do", what)
    except OSError as error:
        log.error("%s: %s.", error.filename or "The run cache", error.strerror or error)
        return 1
    except (ValueError, RuntimeError) as error:
        log.error("%s", error)
        return 1
    return 0


def _make(arguments: argparse.Namespace) -> Runner:
    best = LocalExecutor.devices(arguments.backend)[0]
    device = find_device(arguments.device, arguments.backend) if arguments.device else best
    store = RunnerStore(arguments.cache)
    log_file = store.logs_dir / f"worker-{file_name(device)}.log"
    executors = LocalExecutor.several(device, log_file, Room.all_of(device).num_slots)
    measure_room = partial(Room.free_on, device)
    return Runner(store, executors, arguments.idle_seconds, arguments.save_seconds, measure_room=measure_room)


def main() -> int:
    parser = options_of_runners("python -m cache.execution.runner", __doc__)
    parser.add_argument("--device", default=None, help='"cpu", "gpu:0", … (default: the best one)')
    return run(_make, parser.parse_args(), "the device")


if __name__ == "__main__":
    sys.exit(main())
