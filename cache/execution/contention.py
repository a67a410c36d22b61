"""What else used the device while a run was measured: its seconds would not be those of the model alone."""

import time

import psutil

from models.machine.devices import Device, busy_gpu_processes, busy_seconds, usable_cores

MIN_SECONDS = 1.0
"""The system counts processor time in hundredths: less than a second is too short to judge."""
TOLERATED_SHARE = 0.1
"""Of the processor. A page that follows the training takes a few hundredths, and is not worth a mark."""


class Watch:
    """Watches a device from its making on. ``worker_pid`` and this process are what is meant to use it."""

    def __init__(self, device: Device, worker_pid: int) -> None:
        self._device = device
        self._ours = [psutil.Process(), psutil.Process(worker_pid)]
        self._began = time.monotonic()
        self._others_began = self._others()
        self._most_gpu_processes = 0

    def sample(self) -> None:
        """To be called now and then: what uses a GPU can only be seen while it does."""
        if self._device.is_gpu:
            self._most_gpu_processes = max(self._most_gpu_processes, busy_gpu_processes(self._device))

    def verdict(self) -> str | None:
        """What else used the device, in words; None if nothing worth speaking of did."""
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
        """Seconds of processor time that others have used so far on the cores that we may use."""
        return busy_seconds() - sum(sum(process.cpu_times()[:2]) for process in self._ours)
