"""What else used the device while a run was measured, which makes its seconds too high."""

import re
import time
from collections.abc import Iterable

import psutil

from models.machine.devices import Device, busy_gpu_processes, busy_seconds, usable_cores

MIN_SECONDS = 1.0
"""The system counts processor time in hundredths of a second, so shorter times cannot be judged."""
TOLERATED_SHARE = 0.1
"""Of the processor. A page that follows the training takes a few hundredths, which does not count."""


class Watch:
    """Watches a device from its creation on. ``worker_pid`` and this process are the ones that are meant to use it."""

    def __init__(self, device: Device, worker_pid: int) -> None:
        self._device = device
        self._ours = [psutil.Process(), psutil.Process(worker_pid)]
        self._began = time.monotonic()
        self._others_began = self._others()
        self._most_gpu_processes = 0

    def sample(self) -> None:
        """Call it regularly: processes on a GPU can only be seen while they use it."""
        if self._device.is_gpu:
            self._most_gpu_processes = max(self._most_gpu_processes, busy_gpu_processes(self._device))

    def verdict(self) -> str | None:
        """Return what else used the device, in words; None if nothing relevant did."""
        if self._device.is_gpu:
            self.sample()
            others = self._most_gpu_processes - 1
            return f"{others} other processes computed on the GPU" if others > 0 else None
        elapsed = time.monotonic() - self._began
        cores = (self._others() - self._others_began) / elapsed
        if elapsed < MIN_SECONDS or cores <= TOLERATED_SHARE * usable_cores():
            return None
        return f"other programs used {cores:.1f} of {usable_cores()} cores"

    def _others(self) -> float:
        """Seconds of processor time that other processes have used so far on our cores."""
        return busy_seconds() - sum(sum(process.cpu_times()[:2]) for process in self._ours)


def reasons_in_words(reasons: Iterable[str]) -> str:
    """Combine the reasons of several runs, with the range of their first number.

    Example: "other programs used 0.3 to 1.7 of 2 cores".
    """
    found: dict[tuple[str, str], list[str]] = {}
    for reason in reasons:
        before, number, after = [*re.split(r"(\d+(?:\.\d+)?)", reason, maxsplit=1), "", ""][:3]
        found.setdefault((before, after), []).append(number)
    return "; ".join(
        f"{before}{' to '.join(sorted({min(numbers, key=_number), max(numbers, key=_number)}, key=_number))}{after}"
        for (before, after), numbers in found.items()
    )


def _number(text: str) -> float:
    return float(text or 0)
