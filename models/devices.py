"""The devices of this machine, found without any training framework."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import psutil
import pynvml

GPU_PACKAGES = {
    "tensorflow": ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"),
    "jax": ("jax-cuda12-plugin", "jax-cuda13-plugin"),
    "torch": ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"),
}
"""Packages of which one is installed where the engine was installed with its GPU libraries."""


@dataclass(frozen=True)
class Device:
    """``lane`` names it on this machine ("cpu", "gpu:0"), ``name`` says what it is anywhere."""

    lane: str
    name: str
    memory_bytes: int
    driver: str = ""

    @property
    def is_gpu(self) -> bool:
        return self.lane.startswith("gpu")


def cpu() -> Device:
    """The processor with the number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Device("cpu", f"{_cpu_model()} ({cores} cores)", psutil.virtual_memory().total)


def gpus() -> list[Device]:
    """NVIDIA GPUs that the driver reports, whether or not an engine here can use them."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return [
            Device(
                f"gpu:{i}",
                _text(pynvml.nvmlDeviceGetName(handle)),
                pynvml.nvmlDeviceGetMemoryInfo(handle).total,
                driver,
            )
            for i, handle in enumerate(handles)
        ]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def has_gpu_build(engine: str) -> bool:
    """Whether the engine's GPU libraries are installed beside it."""
    return any(_is_installed(package) for package in GPU_PACKAGES[engine])


def usable_devices(engine: str = "tensorflow") -> list[Device]:
    """Devices to train on, the best first: GPUs if the engine can use them, then the processor."""
    return [*(gpus() if has_gpu_build(engine) else []), cpu()]


def device_notice(engine: str = "tensorflow") -> str:
    """One sentence for the page: what training runs on, and what to do for a GPU."""
    best = usable_devices(engine)[0]
    if best.is_gpu:
        return f"Training runs on the GPU: {best.name}."
    if found := gpus():
        return (
            f"Training runs on the CPU: {best.name}. There is a GPU ({found[0].name}), but {engine} was installed "
            "without its GPU libraries; the README says how to add them."
        )
    return f"Training runs on the CPU: {best.name}. No NVIDIA GPU was found."


def find_device(lane: str, engine: str = "tensorflow") -> Device:
    """Raises ValueError if this machine has no usable device of that name."""
    devices = {device.lane: device for device in usable_devices(engine)}
    if lane not in devices:
        raise ValueError(f"There is no usable device {lane!r} here; there are: {', '.join(devices)}.")
    return devices[lane]


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
