from types import SimpleNamespace

import psutil
import pynvml
import pytest

from models.machine import devices
from models.machine.devices import (
    Device,
    busy_gpu_processes,
    busy_seconds,
    cpu,
    device_notice,
    find_device,
    gpus,
    load,
    usable_devices,
)

H200 = Device("gpu:0", "NVIDIA H200", 150_000_000_000, "580.1")


@pytest.fixture
def two_gpus(monkeypatch):
    """A driver that answers as NVIDIA's does for two GPUs; this machine may have none."""

    class Memory:
        total = 150_000_000_000

    class Utilisation:
        gpu = 37

    answers = {
        "nvmlInit": None,
        "nvmlShutdown": None,
        "nvmlSystemGetDriverVersion": "580.1",
        "nvmlDeviceGetCount": 2,
        "nvmlDeviceGetName": b"NVIDIA H200",
        "nvmlDeviceGetMemoryInfo": Memory,
        "nvmlDeviceGetUtilizationRates": Utilisation,
        "nvmlDeviceGetComputeRunningProcesses": ["one"],
        "nvmlDeviceGetClockInfo": 1_980,
        "nvmlDeviceGetCurrentClocksEventReasons": (
            pynvml.nvmlClocksEventReasonSwPowerCap | pynvml.nvmlClocksEventReasonGpuIdle
        ),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, lambda *_, answer=answer: answer)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUUID", lambda index: f"GPU-{index}a2b-3c4d")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_the_processor_has_a_name_cores_and_memory():
    assert cpu().name.endswith("cores)") and cpu().memory_bytes > 10**8
    assert not cpu().is_gpu
    assert set(load(cpu())) - {"cpu_mhz"} == {"load_average"}  # not every system tells the frequency


def test_gpus_come_first_where_the_engine_can_use_them(two_gpus, monkeypatch):
    monkeypatch.setattr(devices, "has_gpu_build", lambda backend: True)
    assert usable_devices() == [H200, Device("gpu:1", *list(vars(H200).values())[1:]), cpu()]
    assert device_notice(H200) == "Training runs on the GPU: NVIDIA H200."
    assert device_notice(cpu()) == f"Training runs on the CPU: {cpu().name}."
    assert (load(H200)["gpu_percent"], load(H200)["gpu_processes"]) == (37, 1)


def test_a_gpu_without_its_libraries_is_named_with_what_to_do(two_gpus, monkeypatch):
    monkeypatch.setattr(devices, "has_gpu_build", lambda backend: False)
    assert usable_devices() == [cpu()]
    assert "There is a GPU (NVIDIA H200), but tensorflow was installed without its GPU" in device_notice(cpu())


@pytest.mark.parametrize(
    ("visible", "device_ids"),
    [
        ("1", ["gpu:1"]),
        ("-1", []),
        ("", []),
        (" 0 , 1 ", ["gpu:0", "gpu:1"]),
        ("0,-1,1", ["gpu:0"]),
        ("7", []),
        ("GPU-1a2b", ["gpu:1"]),
        ("GPU-0a2b-3c4d,GPU-1a2b-3c4d", ["gpu:0", "gpu:1"]),
        ("GPU-", []),
        ("MIG-0a2b-3c4d", []),
    ],
)
def test_gpus_of_other_users_are_left_alone(two_gpus, monkeypatch, visible, device_ids):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [device.device_id for device in gpus()] == device_ids


def test_a_driver_that_fails_counts_as_no_gpu(two_gpus, monkeypatch):
    def fail(*_):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", fail)
    assert gpus() == []


def test_no_gpu_is_reported(monkeypatch):
    monkeypatch.setattr(devices, "gpus", list)
    assert "No NVIDIA GPU was found" in device_notice(cpu())
    with pytest.raises(ValueError, match="no usable device 'gpu:0' here; there are: cpu"):
        find_device("gpu:0")


@pytest.mark.parametrize(("use", "busy"), [([90], 1), ([90, 0], 1), ([90, 40], 2), ([0, 0, 0], 0)])
def test_processes_that_use_a_gpu_are_counted_and_idle_ones_are_not(two_gpus, monkeypatch, use, busy):
    samples = [type("Sample", (), {"smUtil": percent}) for percent in use]
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", lambda handle: samples)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetProcessUtilization", lambda handle, since: samples)
    assert busy_gpu_processes(H200) == busy


@pytest.mark.parametrize("kind", ["user", "nice", "system", "irq", "softirq", "steal", "idle", "iowait"])
def test_a_core_is_busy_whatever_it_works_on(monkeypatch, kind):
    times = dict.fromkeys(("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest"), 0.0)
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu: [SimpleNamespace(**times | {kind: 2.5})])
    monkeypatch.setattr(devices, "_core_numbers", lambda: [0])
    assert busy_seconds() == (0.0 if kind in ("idle", "iowait") else 2.5)


def test_without_a_driver_there_is_no_load_of_the_gpu(monkeypatch):
    def fail():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    assert set(load(H200)) - {"cpu_mhz"} == {"load_average"}


def test_a_gpus_clocks_are_reported_and_what_slows_it_down(two_gpus, monkeypatch):
    found = load(H200)
    assert (found["gpu_mhz"], found["gpu_memory_mhz"], found["gpu_slowed_by"]) == (1_980, 1_980, "SwPowerCap")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons", lambda _: pynvml.nvmlClocksEventReasonGpuIdle)
    assert load(H200)["gpu_slowed_by"] == "nothing"


def test_without_a_driver_nothing_uses_the_gpu():
    assert gpus() or busy_gpu_processes(H200) == 0
