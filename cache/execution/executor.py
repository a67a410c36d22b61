"""The interface through which a runner trains its runs, on this machine or elsewhere."""

from collections.abc import Sequence
from typing import Any, Protocol

from cache.execution.worker import Job, Message
from models.machine.devices import Device


class JobLost(RuntimeError):
    """The training process ended in the middle of a job, without an event that gives the reason."""


class Executor(Protocol):
    """Trains one job at a time on ``device``, whose name is stored with the seconds that are measured there."""

    @property
    def device(self) -> Device: ...

    @property
    def is_alive(self) -> bool:
        """Whether a process trains, or could start at once."""

    def reserve(self) -> None:
        """Keep the device for this executor until ``release``; may be called again.

        Raises DeviceBusy if it is not to be had yet, and OSError.
        """

    def release(self) -> None:
        """Give the device back, after the end of what was cancelled."""

    def warm(self, backend: str) -> None:
        """Load a Keras backend, so that a job can start without waiting for it."""

    def start(self, job: Job, backend: str) -> None:
        """Hand over a job, whose events ``receive`` then returns. Raises JobLost."""

    @staticmethod
    def wait(busy: Sequence[Any], timeout_seconds: float) -> Sequence[Any]:
        """Wait until any of these executors of this class has something to ``receive``, and return those that have."""

    def receive(self, timeout_seconds: float) -> Message | None:
        """Return the next event, or None if there is none in time. Raises JobLost.

        The first event of a job is Accepted, with the environment of the measurement, unless it waits for its device
        (Preparing) or cannot begin; the last is Done or Failed.
        """

    def cancel(self) -> None:
        """End the job; may be called again. On another machine that takes a moment, in which the device is busy."""

    def contention(self) -> str | None:
        """Return what else has used the device since the job began to train, in words; None if nothing relevant did."""

    def load(self) -> dict[str, float | str]:
        """Return the current load of the device."""
