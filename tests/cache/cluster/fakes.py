"""Trainings that yield events and compute nothing, for nodes to run."""

import os
import time
from contextlib import suppress
from dataclasses import replace

from cache.cluster.node import NodeEvent
from cache.cluster.shipping import parts_of
from cache.core.checksums import checksum
from cache.execution.worker import Accepted
from models.training.events import BatchProgress, Done, Started

MEGABYTES = 40


def accepted(job):
    environment = {"device": "a device", "pid": os.getpid(), "gpus": os.environ.get("CUDA_VISIBLE_DEVICES")}
    return [Accepted(environment), Started(0, 1)]


def endless(job, backend, on_gpu, data, resumed):
    for number, event in enumerate(accepted(job)):
        yield NodeEvent(number, event)
    while True:
        number += 1
        yield NodeEvent(number, BatchProgress(1, 1, 0.0), b"a line\n")
        time.sleep(0.02)


def stubborn(job, backend, on_gpu, data, resumed):
    """It does not end when it is asked to."""
    for number, event in enumerate([*accepted(job), BatchProgress(1, 1, 0.0)]):
        yield NodeEvent(number, event)
    while True:
        with suppress(KeyboardInterrupt):
            time.sleep(60)


def failing(job, backend, on_gpu, data, resumed):
    yield from (NodeEvent(number, event) for number, event in enumerate(accepted(job)))
    raise OSError(28, "No space left on device")


def raising(job, backend, on_gpu, data, resumed):
    """It meets the error of Ray that ``errors_of_ray`` has at ``job.epochs``."""
    yield from (NodeEvent(number, event) for number, event in enumerate(accepted(job)))
    raise list(errors_of_ray())[job.epochs]


def errors_of_ray():
    """Errors that a run may meet, with what is told of them."""
    from ray.exceptions import ObjectLostError, ObjectStoreFullError, OutOfDiskError, OutOfMemoryError, OwnerDiedError

    return {
        ObjectStoreFullError("It is full."): "Ray's memory for files is full: start the nodes with a larger",
        OutOfMemoryError("It was killed."): "The node ran out of memory, so the training was killed: choose a smaller",
        OutOfDiskError("It is full."): "The disk of a node is full: free some space there.",
        OwnerDiedError("00", b"", "here"): "The process that had sent the data ended.",
        ObjectLostError("00", b"", "here"): "A part of the run's files was lost on the way.",
    }


def with_files(job, backend, on_gpu, data, resumed):
    """It comes back with a file of several parts; in another order, twice, and damaged if ``job.epochs`` is 2."""
    folder = job.output.parent / f"node of {job.output.name}"
    folder.mkdir()
    (folder / "weights.npz").write_bytes(os.urandom(1 << 20) * MEGABYTES)
    (folder / "empty").touch()
    parts = [part for path in sorted(folder.iterdir()) for part in parts_of(folder, path)]
    if job.epochs == 2:
        parts[1] = replace(parts[1], contents=parts[1].contents[:-1] + b"?")
    digests = {path.name: checksum(path) for path in folder.iterdir()}
    events = [NodeEvent(n, each) for n, each in enumerate([*accepted(job), *parts])]
    # Of a generator and not of a list: Ray sends something into it.
    yield from (event for event in [events[0], events[2], events[1], events[0], *reversed(events[3:])])
    yield NodeEvent(len(events), Done(1), digests=digests)


def gapped(job, backend, on_gpu, data, resumed):
    first, second = accepted(job)
    yield NodeEvent(0, first)
    yield NodeEvent(2, second)
