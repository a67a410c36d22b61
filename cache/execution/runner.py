"""Trains queued runs, one at a time, on one device: ``python -m cache.execution.runner``.

It holds the device's lock while it trains, so that two trainings never share a device, even of two caches, and measured
seconds are reliable. The operating system releases the lock when the process ends in any way.
"""

import argparse
import logging
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from cache.core.device_lock import DeviceBusy
from cache.core.logs import about_run, log_lines
from cache.core.paths import cache_root
from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.execution.executor import Executor, JobLost
from cache.execution.heartbeat import Heartbeat
from cache.execution.local import LocalExecutor
from cache.execution.worker import Accepted, Failed, Job
from cache.store.runner_store import RunnerStore
from cache.store.runs import Run
from cache.store.unfinished import SavedState
from models.atomic_files import temporary_folder
from models.experiments.spec import BACKEND_TITLES, BACKENDS, UnreadableSpec
from models.machine.devices import Device, find_device
from models.machine.versions import minor_versions_here
from models.training.events import BatchProgress, Done, EpochFinished, Preparing, Started, StateSaved

POLL_SECONDS = 0.1
LOOK_SECONDS = 2.0
"""Time between two looks of an idle runner for runs and changed code; it also looks whenever something was written."""
RETRY_SECONDS = 1.0
IDLE_SECONDS = 600.0
SAVE_SECONDS = 60.0
"""Time between two saved states of a training, from which it continues after an interruption."""
PATIENCE_SECONDS = 60.0
"""How long a finished training waits for free disk space."""
STALLED_SECONDS = 1_800.0
"""A worker that sends nothing for so long hangs: even a large dataset is encoded sooner."""

log = logging.getLogger("unroll.runner")


class Runner:
    """Claims the runs of one device and trains them, until it has been idle for ``idle_seconds``.

    ``queue`` is whose runs these are, if several devices share one queue.
    """

    def __init__(
        self,
        store: RunnerStore,
        executor: Executor,
        idle_seconds: float = IDLE_SECONDS,
        save_seconds: float = SAVE_SECONDS,
        queue: Device | None = None,
    ) -> None:
        self._store = store
        self._executor = executor
        self._device = executor.device
        self._queue = queue or executor.device
        self._idle_seconds = idle_seconds
        self._save_seconds = save_seconds
        self._file_name = file_name(self._device)
        self._staging = store.staging_dir / self._file_name
        self._me = ProcessIdentity.current()
        self._code = code_stamp()
        self._backend = BACKENDS[0]
        self._stopping = False
        self._idle_since = time.monotonic()

    def stop(self) -> None:
        """End after releasing the current run."""
        self._stopping = True  # nothing else here: a signal may come during another one

    def work(self, backend: str) -> None:
        """Train runs until there are none. Raises filelock.Timeout if this cache has a runner for the device."""
        self._store.db.require_writable()
        self._store.db.keeps_trying = lambda: not self._stopping
        with FileLock(self._store.locks_dir / f"{self._file_name}.lock", timeout=1):
            self._announce("")
            self._serve(backend)

    def _serve(self, backend: str) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)  # files of a killed runner
        self._staging.mkdir()
        self._backend = backend
        self._executor.warm(backend)
        log.info("ready for runs on %s", self._device.name)
        try:
            self._loop()
        finally:
            self._executor.cancel()
            self._executor.release()

    def _loop(self) -> None:
        changes = self._store.db.changes()
        self._idle_since = time.monotonic()
        while not self._stopping and time.monotonic() - self._idle_since < self._idle_seconds:
            if code_stamp() != self._code:
                log.info("the code has changed; a fresh runner has to take over")
                return
            run = self._next()
            if run is None:
                changes.wait(LOOK_SECONDS)
                continue
            with about_run(run.id):
                self._run(run)
                log.info(self._store.run(run.id).state)
            self._idle_since = time.monotonic()

    def _next(self) -> Run | None:
        """Claim a run once the device is free for it; release the device if there is none."""
        try:
            self._store.recover()
            if not self._store.has_waiting(self._queue.device_id):
                self._executor.release()
                return None
            self._executor.reserve()
            self._announce("")
            return self._store.claim(self._queue.device_id, self._me)
        except DeviceBusy:
            self._announce("another cache's runner trains on this device")
            self._idle_since = time.monotonic()  # a queued run waits for the device, however long that takes
        except OSError as error:
            log.warning("the device cannot be locked: %s", error)
            self._announce(str(error))
        except sqlite3.OperationalError as error:  # a full or missing disk: wait
            log.warning("the cache cannot be used: %s", error)
        time.sleep(RETRY_SECONDS)
        return None

    def _run(self, run: Run) -> None:
        try:
            end = self._train(run)
        except JobLost as error:
            log.warning("%s", error)
            end = self._unless_stopping(run, partial(self._store.requeue, run.id, str(error)))
        except (OSError, sqlite3.OperationalError) as error:
            log.exception("the cache could not be written")
            self._executor.cancel()
            reason = f"The cache could not be written ({error}): free some space, then train again."
            end = self._unless_stopping(run, partial(self._store.fail, run.id, reason))
        except UnreadableSpec as error:
            end = partial(self._store.fail, run.id, str(error))
        except Exception as error:
            log.exception("the runner met an error")
            self._executor.cancel()
            end = partial(self._store.fail, run.id, f"The runner met an error: {type(error).__name__}: {error}")
        self._insist(end)
        if not self._stopping:
            self._executor.warm(self._backend)

    def _unless_stopping(self, run: Run, end: Callable[[], None]) -> Callable[[], None]:
        """Release the run instead if the runner stops: a shutdown may end the worker, or unmount the disk, before this
        process knows.
        """
        return partial(self._store.release_run, run.id) if self._stopping else end

    def _insist(self, end: Callable[[], None]) -> None:
        """Record how a run ended as soon as the store can be written.

        Until then it counts as running; if this process ends, ``recover`` finds it.
        """
        while True:
            try:
                return end()
            except sqlite3.OperationalError as error:
                log.warning("the cache cannot be written yet: %s", error)
                if self._stopping:
                    return None
                time.sleep(RETRY_SECONDS)

    def _train(self, run: Run) -> Callable[[], None]:
        """Train a run; return the function that records how it ended."""
        log.info("%s, seed %d, %d epochs", run.spec.architecture, run.spec.seed, run.epochs)
        self._backend = run.spec.training.backend
        versions = minor_versions_here(self._backend)
        saved = self._store.saved_state(run, self._device.name, versions)
        resumed = self._store.resume_source(
            run.identity, run.epochs, self._device.name, versions, with_kept=run.keeps_weights
        )
        if saved and resumed and resumed.epochs > saved.epoch:
            saved = None
        elif saved:
            resumed = None
        with temporary_folder(self._staging) as staging:
            self._store.set_progress(run.id, message=f"Loading {BACKEND_TITLES[self._backend]}")
            job = Job(
                run_id=run.id,
                spec_json=run.spec_json,
                epochs=run.epochs,
                output=staging,
                resume_from=saved.folder if saved else self._store.files_dir(resumed.id) if resumed else None,
                data_dir=self._store.root,
                log=self._store.log_file(run.id),
                save_seconds=self._save_seconds,
                keep_weights=run.keeps_weights,
            )
            self._executor.start(job, self._backend)
            with Heartbeat(self._store, run.id) as heartbeat:
                return self._follow(run, staging, saved or resumed, heartbeat)

    def _follow(
        self, run: Run, staging: Path, earlier: SavedState | Run | None, heartbeat: Heartbeat
    ) -> Callable[[], None]:
        """Record the executor's events until the run has ended."""
        environment: dict = {}
        num_batches, heard = 0, time.monotonic()
        while True:
            if self._stopping:
                self._executor.cancel()
                return partial(self._store.release_run, run.id)
            if heartbeat.asked_to_stop:
                self._executor.cancel()
                return partial(self._store.mark_cancelled, run.id)
            message = self._executor.receive(POLL_SECONDS)
            if message is not None:
                heard = time.monotonic()
            elif time.monotonic() - heard > STALLED_SECONDS:
                self._executor.cancel()
                raise JobLost(f"The training process did nothing for {STALLED_SECONDS / 60:.0f} minutes.")
            match message:
                case Accepted(environment):
                    if isinstance(earlier, SavedState):
                        self._store.mark_started(run.id, environment, None, earlier.epoch)
                    else:
                        self._store.mark_started(run.id, environment, earlier)
                    self._store.set_progress(run.id, message="Preparing")
                case Preparing(step):
                    self._store.set_progress(run.id, message=step)
                case Started(from_epoch, num_batches, compiled):
                    environment |= compiled
                    self._store.set_progress(run.id, epoch=from_epoch + 1, batch=0, num_batches=num_batches)
                case BatchProgress(epoch, batch, seconds, pace):
                    progress = {"epoch": epoch, "batch": batch, "num_batches": num_batches, "seconds": seconds}
                    self._store.set_progress(run.id, **progress, pace=asdict(pace), at=self._store.clock())
                case EpochFinished() as epoch:
                    self._store.add_epoch(run.id, epoch)
                case StateSaved(epoch, folder):
                    self._keep_state(run, epoch, folder, self._contended(earlier))
                case Done():
                    environment["load_at_end"] = self._executor.load()
                    self._finish(run, staging, environment, self._contended(earlier))
                    return lambda: None
                case Failed(reason):
                    return partial(self._store.fail, run.id, reason)

    def _contended(self, earlier: SavedState | Run | None) -> str | None:
        """What else used the device, now or during earlier epochs."""
        return self._executor.contention() or (earlier.contended if earlier else None)

    def _keep_state(self, run: Run, epoch: int, folder: Path, contended: str | None) -> None:
        """A state that cannot be saved, for example on a full disk, does not stop the training."""
        try:
            self._store.keep_state(run.id, epoch, folder, contended)
        except (OSError, sqlite3.OperationalError, KeyError) as error:
            log.warning("the state after epoch %d cannot be kept: %s", epoch, error)
            shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, run: Run, staging: Path, environment: dict, contended: str | None) -> None:
        """A full disk for a while does not discard a whole training."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._store.finish(run.id, staging, environment, contended)
            except (OSError, sqlite3.OperationalError) as error:
                log.warning("it cannot be stored yet: %s", error)
                if time.monotonic() > give_up or self._stopping:
                    raise
                time.sleep(RETRY_SECONDS)

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


def options_of_runners(prog: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what every runner is told."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument(
        "--cache", type=Path, default=cache_root(), help="folder of the run cache (default: %(default)s)"
    )
    parser.add_argument(
        "--backend", choices=BACKENDS, default="tensorflow", help="Keras backend (default: %(default)s)"
    )
    parser.add_argument(
        "--idle-seconds",
        type=float,
        default=IDLE_SECONDS,
        help="end after so long without a run (default: %(default)s)",
    )
    parser.add_argument(
        "--save-seconds",
        type=float,
        default=SAVE_SECONDS,
        help="save the state of a training so often (default: %(default)s)",
    )
    return parser


def main() -> int:
    parser = options_of_runners("python -m cache.execution.runner", __doc__)
    parser.add_argument("--device", default=None, help='"cpu", "gpu:0", … (default: the best one)')
    arguments = parser.parse_args()
    log_lines()
    try:
        best = LocalExecutor.devices(arguments.backend)[0]
        device = find_device(arguments.device, arguments.backend) if arguments.device else best
        store = RunnerStore(arguments.cache)
        executor = LocalExecutor(device, store.logs_dir / f"worker-{file_name(device)}.log")
        runner = Runner(store, executor, arguments.idle_seconds, arguments.save_seconds)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        runner.work(arguments.backend)
    except Timeout:
        log.info("this cache already has a runner for the device; nothing to do")
    except (ValueError, RuntimeError, OSError) as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
