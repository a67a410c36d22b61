"""The devices of this machine, found without any training framework."""

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pynvml

from models.machine.processor import megahertz
from models.machine.versions import installed

GPU_PACKAGES = {
    "tensorflow": ("nvidia-cuda-nvcc-cu12", "nvidia-cuda-nvcc"),  # cuDNN is no sign: torch contains it, too
    "jax": ("jax-cuda12-plugin", "jax-cuda13-plugin"),
    "torch": ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"),
}
"""Packages of which at least one is installed if the backend has its GPU libraries."""
BUSY_PERCENT = 5
"""A process that uses less of a GPU than this only keeps memory there."""
BUSY_KINDS = ("user", "nice", "system", "irq", "softirq", "steal")
"""The kinds of time of a busy core; the time of guests is included in that of users."""


SLOWED_BY = {
    name: getattr(pynvml, f"nvmlClocksEventReason{name}")
    for name in (
        "ApplicationsClocksSetting", "HwPowerBrakeSlowdown", "HwSlowdown", "HwThermalSlowdown", "SwPowerCap",
        "SwThermalSlowdown", "SyncBoost",
    )
}  # fmt: skip
"""Why a GPU does not run at its highest clock, by NVML's names; being idle does not count."""


@dataclass(frozen=True)
class Device:
    """A device. ``device_id`` is its name on this machine ("cpu", "gpu:0"), ``name`` describes it on any machine."""

    device_id: str
    name: str
    memory_bytes: int
    driver: str = ""

    @property
    def is_gpu(self) -> bool:
        return self.device_id.startswith("gpu")


def cpu() -> Device:
    """Return the processor with the number of cores that this process may use."""
    return Device("cpu", f"{_cpu_model()} ({usable_cores()} cores)", psutil.virtual_memory().total)


def gpus() -> list[Device]:
    """List the NVIDIA GPUs that the driver reports and CUDA_VISIBLE_DEVICES allows, whether or not a backend can use
    them.
    """
    with suppress(pynvml.NVMLError), _asking_the_driver():
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        allowed = _allowed([_text(pynvml.nvmlDeviceGetUUID(handle)) for handle in handles])
        return [
            Device(
                f"gpu:{i}",
                _text(pynvml.nvmlDeviceGetName(handle)),
                pynvml.nvmlDeviceGetMemoryInfo(handle).total,
                driver,
            )
            for i, handle in enumerate(handles)
            if i in allowed
        ]
    return []


def load(device: Device) -> dict[str, float | str]:
    """Return the current load of the device.

    Returns:
        The machine's load average and its cores' frequency in MHz; for a GPU its utilisation, processes, clocks in MHz,
        and what slows it down, by NVML's names.
    """
    found: dict[str, float | str] = {"load_average": os.getloadavg()[0]}
    if mhz := megahertz():
        found["cpu_mhz"] = mhz
    if device.is_gpu:
        with suppress(pynvml.NVMLError), _asking_the_driver():
            handle = _handle(device)
            found["gpu_percent"] = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
            found["gpu_processes"] = len(pynvml.nvmlDeviceGetComputeRunningProcesses(handle))
            found["gpu_mhz"] = pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)
            found["gpu_memory_mhz"] = pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM)
            reasons = pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)
            found["gpu_slowed_by"] = ", ".join(name for name, bit in SLOWED_BY.items() if reasons & bit) or "nothing"
    return found


def usable_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(_core_numbers())


def busy_seconds() -> float:
    """Return the busy seconds of the cores that this process may use since the machine started, for all processes.

    Time that a hypervisor took away, and the kernel's work for devices, count as work of other processes.
    """
    cores = psutil.cpu_times(percpu=True)
    used = [cores[number] for number in _core_numbers() if number < len(cores)]
    return sum(getattr(core, kind, 0.0) for core in used for kind in BUSY_KINDS)


def busy_gpu_processes(device: Device) -> int:
    """Count the processes that compute on the GPU now; 1 if the driver only reports that there are some."""
    found = 0
    with suppress(pynvml.NVMLError), _asking_the_driver():
        found, handle = 1, _handle(device)
        if len(pynvml.nvmlDeviceGetComputeRunningProcesses(handle)) < 2:
            return 1
        # Counted by use, not by number: in a container the driver's process numbers differ from ours.
        samples = pynvml.nvmlDeviceGetProcessUtilization(handle, 0)
        return sum(sample.smUtil > BUSY_PERCENT for sample in samples)
    return found


def free_gpu_bytes(device: Device) -> int:
    """Return the GPU's free memory; 0 if the driver does not report it."""
    with suppress(pynvml.NVMLError), _asking_the_driver():
        return int(pynvml.nvmlDeviceGetMemoryInfo(_handle(device)).free)
    return 0


def _core_numbers() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def _asking_the_driver() -> Iterator[None]:
    """Within the block the driver of GPUs can be queried. Raises NVMLError if there is none."""
    pynvml.nvmlInit()
    try:
        yield
    finally:
        pynvml.nvmlShutdown()


def _handle(device: Device) -> Any:
    return pynvml.nvmlDeviceGetHandleByIndex(int(device.device_id.removeprefix("gpu:")))


def _allowed(uuids: Sequence[str]) -> list[int]:
    """Indices of the GPUs that CUDA_VISIBLE_DEVICES allows; other users may use the rest.

    They are read as CUDA does: without the variable, all; if it is empty, none; numbers and prefixes of UUIDs up to the
    first that matches no GPU. Numbers are nvidia-smi's, which the worker uses, too; CUDA's own order may differ on a
    machine with different GPUs.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return list(range(len(uuids)))
    allowed = []
    for name in map(str.strip, visible.split(",")):
        found = [
            i for i, uuid in enumerate(uuids) if name == str(i) or (name.startswith("GPU-") and uuid.startswith(name))
        ]
        if len(found) != 1:
            break
        allowed += found
    return allowed


def has_gpu_build(backend: str) -> bool:
    """Return whether the backend's GPU libraries are installed."""
    return any(map(installed, GPU_PACKAGES[backend]))


def usable_devices(backend: str = "tensorflow") -> list[Device]:
    """List the devices to train on, the best first: GPUs if the backend can use them, then the processor."""
    return [*(gpus() if has_gpu_build(backend) else []), cpu()]


def device_notice(device: Device, backend: str = "tensorflow") -> str:
    """Describe for a page what training runs on, and what to do for a GPU.

    Args:
        device: The device that is used.
        backend: The Keras backend.
    """
    if device.is_gpu:
        return f"Training runs on the GPU: {device.name}."
    sentence = f"Training runs on the CPU: {device.name}."
    if not (found := gpus()):
        return f"{sentence} No NVIDIA GPU was found."
    if has_gpu_build(backend):
        return sentence
    return (
        f"{sentence} There is a GPU ({found[0].name}), but {backend} was installed without its GPU libraries; the "
        "README says how to add them."
    )


def find_device(device_id: str, backend: str = "tensorflow") -> Device:
    """Return a device of this machine.

    Args:
        device_id: "cpu", "gpu:0", "gpu:1", …
        backend: The Keras backend that must be able to use it.

    Raises:
        ValueError: This machine has no such usable device.
    """
    devices = {device.device_id: device for device in usable_devices(backend)}
    if device_id not in devices:
        raise ValueError(f"There is no usable device {device_id!r} here; there are: {', '.join(devices)}.")
    return devices[device_id]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _cpu_model() -> str:
    if platform.system() == "Darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
