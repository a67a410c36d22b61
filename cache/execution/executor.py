"""The interface by which a runner has its runs trained, on this machine or elsewhere."""

from typing import Protocol

from cache.execution.worker import Job, Message
from models.machine.devices import Device


class JobLost(RuntimeError):
    """The training process ended in the middle of a job, without an event that says why."""


class Executor(Protocol):
    """Trains one job at a time on ``device``, whose name stands beside the seconds that are measured there."""

    device: Device

    @staticmethod
    def devices(backend: str) -> list[Device]:
        """What can be trained on with a Keras backend, the best first."""

    @property
    def is_alive(self) -> bool:
        """Whether there is something that trains, or could at once."""

    def reserve(self) -> None:
        """Keeps the device for this executor until ``release``; may be called again. Raises DeviceBusy, OSError."""

    def release(self) -> None: ...

    def warm(self, backend: str) -> None:
        """Loads a Keras backend, so that a job can start without waiting for it."""

    def start(self, job: Job, backend: str) -> None:
        """Hands over a job, whose events ``receive`` then gives. Raises JobLost."""

    def receive(self, timeout_seconds: float) -> Message | None:
        """The next event, or None if there is none in time. The first of a job is Accepted, with the environment that
        it is measured in; the last is Done or Failed. Raises JobLost.
        """

    def cancel(self) -> None:
        """Ends the job at once; may be called again."""

    def contention(self) -> str | None:
        """What else has used the device since the job began to train, in words; None if nothing worth speaking of."""

    def load(self) -> dict[str, float | str]:
        """What goes on on the device now."""
