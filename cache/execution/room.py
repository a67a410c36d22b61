"""How many runs can be trained on a device at once, for those of which only accuracies are wanted."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Self

from cache.core.cluster_state import CLUSTER
from cache.execution.estimates import EpochTimes
from cache.store.runs import Run
from cache.store.store import RunStore
from models.layers.stack import summarize
from models.machine.devices import Device, free_gpu_bytes, usable_cores
from models.machine.memory import free_bytes, total_bytes
from models.machine.processor import quota_cores
from models.training.memory_estimate import training_bytes

WORKER_BYTES = 1_200_000_000
"""Main memory of a process that trains small models: 0.9 GB with TensorFlow after a few of them, and some to spare."""
GPU_WORKER_BYTES = 1_500_000_000
"""GPU memory that such a process needs besides its model, for CUDA and its libraries. Not measured: an assumption."""
SAFETY = 2
"""An estimate of a model's memory is a lower bound, and frameworks ask for memory in large pieces."""


@dataclass(frozen=True)
class Room:
    """What a device offers to runs that share it. Memory is in bytes; ``gpu_bytes`` is None for a processor."""

    num_cores: int
    main_bytes: int
    gpu_bytes: int | None = None

    @classmethod
    def all_of(cls, device: Device) -> Self:
        """Return what a device has while nothing else runs."""
        return cls(_cores(device), total_bytes(), device.memory_bytes if device.is_gpu else None)

    @classmethod
    def free_on(cls, device: Device) -> Self:
        """Return what is free now."""
        return cls(_cores(device), free_bytes(), free_gpu_bytes(device) if device.is_gpu else None)

    @property
    def num_slots(self) -> int:
        """How many runs of small models fit."""
        fitting = [self.num_cores, self.main_bytes // WORKER_BYTES]
        if self.gpu_bytes is not None:
            fitting.append(self.gpu_bytes // GPU_WORKER_BYTES)
        return max(1, min(fitting))

    def holds(self, runs: Sequence[Run]) -> bool:
        """Return whether all of these runs fit at once; one alone always does."""
        if not 1 < len(runs) <= self.num_slots:
            return len(runs) <= 1
        models = SAFETY * sum(map(_model_bytes, runs))
        if self.gpu_bytes is None:
            return len(runs) * WORKER_BYTES + models <= self.main_bytes
        return len(runs) * GPU_WORKER_BYTES + models <= self.gpu_bytes


def times_on(store: RunStore, device: Device) -> EpochTimes:
    """Read the measured times of a device: of runs that it trained one at a time, and of those that shared it."""
    shared = store.measured_seconds(device.name, together=True)
    return EpochTimes(store.measured_seconds(device.name), shared, Room.all_of(device).num_slots)


def _cores(device: Device) -> int:
    """The number of cores for runs. Each needs one, also on a GPU, whose work a core prepares."""
    if device.device_id == CLUSTER:  # it trains one run on each of its devices
        return 1
    return max(1, int(min(usable_cores(), quota_cores() or inf)))


def _model_bytes(run: Run) -> int:
    with suppress(ValueError):  # a run of another version, which fails as soon as it begins
        spec = run.spec
        return training_bytes(summarize(spec.layers(), (spec.encoding.length,)), spec.training.batch_size)
    return 0
