"""What happens to one run from its claim to its end. Its runner follows many of them at once."""

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

from cache.core.logs import about_run
from cache.execution.executor import Executor, JobLost
from cache.execution.heartbeat import Pulse
from cache.execution.worker import Accepted, Failed, Job, Message
from cache.store.runner_store import RunnerStore
from cache.store.runs import Run
from cache.store.unfinished import SavedState
from models.atomic_files import temporary_folder
from models.experiments.spec import BACKEND_TITLES, UnreadableSpec
from models.machine.versions import minor_versions_here
from models.training.events import BatchProgress, Done, EpochFinished, Preparing, Started, StateSaved

RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""How long a finished training waits for free disk space."""
STALLED_SECONDS = 1_800.0
"""A worker that sends nothing for so long hangs: even a large dataset is encoded sooner."""

End = Callable[[], None]
"""Records in the store how a run ended."""

log = logging.getLogger("unroll.runner")


class RunInProgress:
    """A claimed run on the executor that trains it. No method waits, so one thread can follow many runs.

    After ``begin``, call ``receive`` when the executor has a message and ``look`` now and then, until the run
    ``has_ended``; then call ``record`` until it returns True. An error while ``is_stopping`` counts as the shutdown of
    the machine, which may end the worker, or unmount the disk, before this process knows.
    """

    def __init__(
        self, store: RunnerStore, run: Run, executor: Executor, pulse: Pulse, is_stopping: Callable[[], bool]
    ) -> None:
        self.run_id = run.id
        self.executor = executor
        self.backend: str | None = None
        self._store = store
        self.run = run
        self._pulse = pulse
        self._is_stopping = is_stopping
        self._staging = Path()
        self._folder = ExitStack()
        self._earlier: SavedState | Run | None = None
        self._environment: dict = {}
        self._num_batches = 0
        self._heard = time.monotonic()
        self._end: End | None = None
        self._give_up_at: float | None = None
        self._try_again_at = 0.0

    @property
    def has_ended(self) -> bool:
        return self._end is not None

    def begin(self, staging: Path, save_seconds: float) -> None:
        """Hand the job over to the executor; its files come into a new folder in ``staging``."""
        with about_run(self.run_id):
            self._guard(partial(self._start, staging, save_seconds))

    def receive(self) -> None:
        """Handle the executor's next message, if it has one."""
        self._heard = time.monotonic()
        with about_run(self.run_id):
            self._guard(lambda: self.handle(message) if (message := self.executor.receive(0.0)) else None)

    def look(self) -> None:
        """Notice what no message tells: that the run was cancelled, or that nothing comes any more."""
        with about_run(self.run_id):
            self._guard(self._look)

    def release(self) -> None:
        """End the training, so that the run waits again."""
        self.executor.cancel()
        self._end = partial(self._store.release_run, self.run_id)

    def handle(self, message: Message) -> End | None:
        """Record a message of the executor; return the run's end if it was the last."""
        store, run_id = self._store, self.run_id
        match message:
            case Accepted(environment):
                self._environment = environment
                if isinstance(self._earlier, SavedState):
                    store.mark_started(run_id, environment, None, self._earlier.epoch)
                else:
                    store.mark_started(run_id, environment, self._earlier)
                store.set_progress(run_id, message="Preparing")
            case Preparing(step):
                store.set_progress(run_id, message=step)
            case Started(from_epoch, num_batches, compiled):
                self._environment |= compiled
                self._num_batches = num_batches
                store.set_progress(run_id, epoch=from_epoch + 1, batch=0, num_batches=num_batches)
            case BatchProgress(epoch, batch, seconds, pace):
                progress = {"epoch": epoch, "batch": batch, "num_batches": self._num_batches, "seconds": seconds}
                store.set_progress(run_id, **progress, pace=asdict(pace), at=store.clock())
            case EpochFinished() as epoch:
                store.add_epoch(run_id, epoch)
            case StateSaved(epoch, folder):
                self._keep_state(epoch, folder)
            case Done():
                self._environment["load_at_end"] = self.executor.load()
                self._give_up_at = time.monotonic() + PATIENCE_SECONDS
                return partial(store.finish, run_id, self._staging, self._environment, self._contended())
            case Failed(reason):
                return partial(store.fail, run_id, reason)
        return None

    def record(self) -> bool:
        """Try to record how the run ended. Return whether that is done, or left to the next runner because this stops.

        Until then it counts as running; if this process ends, ``recover`` finds it. A full disk for a while does not
        discard a whole training.
        """
        is_stopping = self._is_stopping()
        if self._end is None or (time.monotonic() < self._try_again_at and not is_stopping):
            return False
        with about_run(self.run_id):
            try:
                self._end()
                log.info(self._store.run(self.run_id).state)
            except (OSError, sqlite3.OperationalError) as error:
                log.warning("the cache cannot be written yet: %s", error)
                self._try_again_at = time.monotonic() + RETRY_SECONDS
                if self._give_up_at is not None and (is_stopping or time.monotonic() > self._give_up_at):
                    self._give_up(error)
                elif is_stopping and self._give_up_at is None:
                    self._folder.close()
                    return True
                return False
            except Exception as error:
                if self._give_up_at is None:
                    raise
                self._give_up(error)
                return False
        self._folder.close()
        return True

    def _give_up(self, error: Exception) -> None:
        """A training whose files could not be stored ends in another way, which is recorded next."""
        self._give_up_at, self._try_again_at = None, 0.0
        self._end = self._end_after(error)

    def _guard(self, step: Callable[[], End | None]) -> None:
        try:
            self._end = step()
        except Exception as error:
            self._end = self._end_after(error)

    def _end_after(self, error: Exception) -> End:
        """Return how a run ends that met an error."""
        match error:
            case JobLost():
                log.warning("%s", error)
                return self._unless_stopping(partial(self._store.requeue, self.run_id, str(error)))
            case OSError() | sqlite3.OperationalError():
                log.error("the cache could not be written", exc_info=error)
                self.executor.cancel()
                reason = f"The cache could not be written ({error}): free some space, then train again."
                return self._unless_stopping(partial(self._store.fail, self.run_id, reason))
            case UnreadableSpec():
                return partial(self._store.fail, self.run_id, str(error))
        log.error("the runner met an error", exc_info=error)
        self.executor.cancel()
        reason = f"The runner met an error: {type(error).__name__}: {error}"
        return partial(self._store.fail, self.run_id, reason)

    def _unless_stopping(self, end: End) -> End:
        return partial(self._store.release_run, self.run_id) if self._is_stopping() else end

    def _start(self, staging: Path, save_seconds: float) -> None:
        run, store = self.run, self._store
        log.info("%s, seed %d, %d epochs", run.spec.architecture, run.spec.seed, run.epochs)
        self.backend = backend = run.spec.training.backend
        versions, device = minor_versions_here(backend), self.executor.device.name
        saved = store.saved_state(run, device, versions)
        resumed = store.resume_source(
            run.identity, run.epochs, device, versions, with_kept=run.keeps_weights, together=run.together
        )
        if saved and resumed and resumed.epochs > saved.epoch:
            saved = None
        self._earlier = saved or resumed
        self._staging = self._folder.enter_context(temporary_folder(staging))
        store.set_progress(run.id, message=f"Loading {BACKEND_TITLES[backend]}")
        job = Job(
            run_id=run.id,
            spec_json=run.spec_json,
            epochs=run.epochs,
            output=self._staging,
            resume_from=saved.folder if saved else store.files_dir(resumed.id) if resumed else None,
            data_dir=store.root,
            log=store.log_file(run.id),
            save_seconds=save_seconds,
            keep_weights=run.keeps_weights,
        )
        self.executor.start(job, backend)
        self._heard = time.monotonic()

    def _look(self) -> End | None:
        if self._pulse.asked_to_stop:
            self.executor.cancel()
            return partial(self._store.mark_cancelled, self.run_id)
        if time.monotonic() - self._heard > STALLED_SECONDS:
            self.executor.cancel()
            raise JobLost(f"The training process did nothing for {STALLED_SECONDS / 60:.0f} minutes.")
        return None

    def _contended(self) -> str | None:
        """What else used the device, now or during earlier epochs."""
        return self.executor.contention() or (self._earlier.contended if self._earlier else None)

    def _keep_state(self, epoch: int, folder: Path) -> None:
        """A state that cannot be saved, for example on a full disk, does not stop the training."""
        try:
            self._store.keep_state(self.run_id, epoch, folder, self._contended())
        except (OSError, sqlite3.OperationalError, KeyError) as error:
            log.warning("the state after epoch %d cannot be kept: %s", epoch, error)
            shutil.rmtree(folder, ignore_errors=True)
