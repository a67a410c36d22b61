"""The process that trains. It imports Keras, takes one job after another, and can be killed at any moment."""

import errno
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cache.core.logs import about_run, log_lines
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.machine.environment import configure, describe, imported_at_once, sees_gpu
from models.training.events import EpochFinished, Event, Preparing

if TYPE_CHECKING:  # the runner imports this module, too, and needs no arrays
    from models.encoded.encoded import EncodedDataset


@dataclass(frozen=True)
class Job:
    """One training: ``output`` is an empty folder for its files, ``data_dir`` contains datasets and arrays.

    Its state is saved every ``save_seconds``; ``keep_weights`` is as for ``train``.
    """

    run_id: int
    spec_json: str
    epochs: int
    output: Path
    resume_from: Path | None
    data_dir: Path
    log: Path
    save_seconds: float = math.inf
    keep_weights: bool = False


@dataclass(frozen=True)
class Accepted:
    """The worker has taken the job; ``environment`` describes where it is measured."""

    environment: dict[str, Any]


@dataclass(frozen=True)
class Failed:
    """The job ended with an error that another attempt would meet again."""

    reason: str


Message = Accepted | Failed | Event

log = logging.getLogger("unroll.worker")


def serve(pipe: connection.Connection, backend: str, device: Device, log_file: Path) -> None:
    """Take jobs from ``pipe`` and send back messages until the other end is closed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # when all processes are asked to end, the runner ends this one
    _redirect_output(log_file)
    log_lines()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        _import_backend(backend, device)
    except Exception as error:
        log.exception("the training process could not start")
        pipe.send(Failed(f"The training process could not start: {error}"))
        return
    with suppress(BrokenPipeError, EOFError):
        while True:
            job: Job = pipe.recv()
            _redirect_output(job.log)
            with about_run(job.run_id):
                if not _serve(job, pipe, backend, device):
                    return


def encode_texts(job: Job) -> None:
    """Encode a job's texts in a process of its own, while the worker loads its backend.

    An error is left to the worker, which meets the same one and reports it.
    """
    _redirect_output(job.log)
    log_lines()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with about_run(job.run_id), suppress(Exception):
        _encoded(_spec_of(job), job.data_dir, partial(log.info, "%s"))


def _serve(job: Job, pipe: connection.Connection, backend: str, device: Device) -> bool:
    """Do a job, and return whether this process can take another."""
    log.info("%d epochs on %s with %s", job.epochs, device.name, backend)
    pipe.send(Accepted(describe(backend, device)))
    try:
        _train(job, pipe)
    except (BrokenPipeError, EOFError):
        raise
    except Exception as error:
        log.exception("the training failed")
        pipe.send(Failed(reason_for(error, job)))
        return not _is_out_of_memory(error)  # only the end of the process frees all its memory
    return True


def reason_for(error: Exception, job: Job) -> str:
    """Return one sentence on what went wrong and what to do about it."""
    name, spec = type(error).__name__, RunSpec.from_json(job.spec_json)
    if _is_out_of_memory(error):
        return (
            "The model or the batch is too large for the device's memory: choose a smaller batch size "
            f"(now {spec.training.batch_size}), fewer units, or shorter texts."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space, then train again."
    if isinstance(error, ValueError | RuntimeError) and type(error).__module__.startswith(("models.", "builtins")):
        return str(error).splitlines()[0] if str(error) else name
    return f"{name}: {str(error).splitlines()[0] if str(error) else 'no message'}"


def _is_out_of_memory(error: Exception) -> bool:
    """Each framework has its own error for this."""
    text = f"{type(error).__name__} {error}".lower().replace("_", "")
    return isinstance(error, MemoryError) or any(
        words in text for words in ("resourceexhausted", "outofmemory", "out of memory")
    )


def _train(job: Job, pipe: connection.Connection) -> None:
    from models.training.initial_vectors import initial_vectors
    from models.training.training import train

    def on_progress(message: str) -> None:
        log.info("%s", message)
        pipe.send(Preparing(message))

    spec = _spec_of(job)
    data = _encoded(spec, job.data_dir, on_progress)
    vectors = None if job.resume_from else initial_vectors(spec, job.data_dir, on_progress)
    events = train(
        spec, data, job.epochs, job.output, job.resume_from, vectors, job.save_seconds, job.keep_weights
    )  # fmt: skip
    for event in events:
        if isinstance(event, EpochFinished):
            log.info("epoch %d: validation accuracy %.4f", event.epoch, event.validation_accuracy)
        pipe.send(event)


def _spec_of(job: Job) -> RunSpec:
    """Read a job's spec, which may name datasets and word vectors of users."""
    from models.data.datasets import load_user_datasets
    from models.vectors.word_vectors import load_vectors

    load_user_datasets(job.data_dir)
    load_vectors(job.data_dir)
    return RunSpec.from_json(job.spec_json)


def _encoded(spec: RunSpec, data_dir: Path, on_progress: Callable[[str], None]) -> "EncodedDataset":
    from models.data.datasets import get_dataset
    from models.encoded.encoded import load_encoded

    dataset = get_dataset(spec.dataset)
    return load_encoded(dataset, spec.train_examples, spec.encoding, data_dir, on_progress, task=spec.task)


def _import_backend(backend: str, device: Device) -> None:
    configure(backend, device)
    with imported_at_once():
        import models.training.training  # noqa: F401

    if device.is_gpu and not sees_gpu():
        raise RuntimeError(f"{backend} cannot use {device.name}: install its GPU build, as the README says.")


def _redirect_output(log: Path) -> None:
    """Send everything that this process prints, also from C++, to ``log``."""
    sys.stdout.flush()
    sys.stderr.flush()
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _die_with_parent() -> None:
    """A worker must not go on using the device after its runner was killed."""
    if parent := parent_process():
        connection.wait([parent.sentinel])
    os._exit(1)
