"""The framework's settings, made before it is imported, and a description of the environment of a run."""

import gc
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from models.machine.devices import Device, load, usable_cores
from models.machine.processor import governor, quota_cores
from models.machine.versions import installed

ON_THE_CPU = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "TF_DETERMINISTIC_OPS": "1"}
"""No GPU is visible, and operations are deterministic: the same spec and seed give the same curve to the last bit."""


CHANGES_SPEED = ("XLA_", "TF_", "OMP_", "KMP_", "MKL_", "JAX_", "CUDA_", "NVIDIA_", "KERAS_")
"""Prefixes of environment variables that a framework or its libraries read."""


OF_OTHERS = re.compile(
    "TF_(CLI|VAR|TOKEN|LOG|INPUT|WORKSPACE|IN_AUTOMATION|REGISTRY|PLUGIN|IGNORE|CLOUD|STATE|REATTACH|APPEND)(_|$)"
    "|TF_DATA_DIR$|.*(KEY|TOKEN|SECRET|PASS|AUTH|CREDENTIAL)"
)
"""Variables that begin alike and are not recorded: those of Terraform, and what may be secret."""


def configure(backend: str, device: Device) -> None:
    """Set this process's environment variables. Call it before Keras is imported.

    Args:
        backend: The Keras backend.
        device: The only device that is visible to it.
    """
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if device.is_gpu:
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        os.environ["CUDA_VISIBLE_DEVICES"] = device.device_id.removeprefix("gpu:")
    else:
        os.environ |= ON_THE_CPU


@contextmanager
def imported_at_once() -> Iterator[None]:
    """Pause Python's garbage collector while Keras and its backend are imported.

    It would go through all that is imported so far again and again, and nothing of it is garbage. Later it leaves that
    alone, too. Measured: tests/benchmarks/README.md.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def describe(backend: str, device: Device) -> dict[str, Any]:
    """Describe the environment of a run: machine, versions, settings and load.

    Args:
        backend: The Keras backend.
        device: The device that trains.

    Returns:
        Values for JSON by name, memory in bytes; the device's identifier is called "lane" and the backend "engine".
    """
    return {
        "device": device.name,
        "lane": device.device_id,
        "num_devices": 1,
        "memory_bytes": device.memory_bytes,
        "driver": device.driver,
        "cudnn": cudnn_version(backend) if device.is_gpu else None,
        "engine": backend,
        "versions": {
            name: installed(name) for name in (backend, "keras", "numpy", "tokenizers", "tensorflow-datasets")
        },
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": usable_cores(),
        "quota_cores": quota_cores(),
        "governor": governor(),
        "variables": {
            name: value[:200]
            for name, value in sorted(os.environ.items())
            if name.startswith(CHANGES_SPEED) and not OF_OTHERS.match(name)
        },
        "commit": commit(),
        "load_at_start": load(device),
    }


def sees_gpu() -> bool:
    """Return whether the imported backend really has a GPU."""
    if os.environ["KERAS_BACKEND"] == "torch":  # for which Keras lists no devices
        import torch

        return torch.cuda.is_available()
    if os.environ["KERAS_BACKEND"] == "jax":  # where Keras's list of devices raises if there is no GPU
        import jax

        return jax.default_backend() == "gpu"
    import keras

    return bool(keras.distribution.list_devices("gpu"))


def cudnn_version(backend: str) -> str | None:
    """Return the version of the imported backend's cuDNN, which runs recurrent layers with default activations."""
    if backend == "tensorflow":
        import tensorflow

        return tensorflow.sysconfig.get_build_info().get("cudnn_version")
    if backend == "torch":
        import torch

        number = torch.backends.cudnn.version()
        return None if number is None else str(number)
    return next(filter(None, map(installed, ("nvidia-cudnn-cu13", "nvidia-cudnn-cu12"))), None)


@cache
def commit() -> str | None:
    """Return the commit of Unroll's code, with "-dirty" if files have changed since; None without a repository."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
