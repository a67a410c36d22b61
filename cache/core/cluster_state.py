"""What is known of the Ray cluster without asking it: only its runner speaks to it, and it leaves a file for others."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from cache.core.settings import RAY_ADDRESS
from models.atomic_files import atomic_write
from models.machine.devices import Device, device_notice, usable_devices

CLUSTER = "cluster"
"""The queue of the cluster, beside "cpu" and "gpu:0" of this machine."""
FILE = "cluster.json"
UNKNOWN_BYTES = 1 << 60
"""Refuses no run before a node has told how much memory its device has."""


@dataclass(frozen=True)
class SlotState:
    """A device of a node, and the run that it trains now. ``node`` is the node's name, which two may share."""

    node_id: str
    node: str
    device_id: str
    device: str
    memory_bytes: int
    run_id: int | None = None


@dataclass(frozen=True)
class ClusterState:
    """The cluster at the time ``at``. ``problems`` are sentences on nodes that are left out."""

    at: float
    slots: tuple[SlotState, ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, root: Path) -> Self | None:
        """Read what the runner of the cache in ``root`` has left; None if there is nothing."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            values = json.loads((root / FILE).read_text())
            return cls(values["at"], tuple(SlotState(**each) for each in values["slots"]), tuple(values["problems"]))
        return None

    def write(self, root: Path) -> None:
        atomic_write(root / FILE, json.dumps(asdict(self)))


def cluster_device(root: Path) -> Device:
    """Return the cluster as one device, called like most of its devices: their seconds are what runs are to have."""
    state = ClusterState.read(root)
    if state is None or not state.slots:
        return Device(CLUSTER, "Ray cluster", UNKNOWN_BYTES)
    name = Counter(slot.device for slot in state.slots).most_common(1)[0][0]
    return Device(CLUSTER, name, min(slot.memory_bytes for slot in state.slots))


def training_devices(backend: str, root: Path) -> list[Device]:
    """List the devices that runs can be queued for, the best first: the cluster if one is set, else this machine's.

    Args:
        backend: The Keras backend.
        root: The folder of the cache.
    """
    return [cluster_device(root)] if RAY_ADDRESS.text else usable_devices(backend)


def training_notice(device: Device, backend: str) -> str:
    """Describe what training runs on."""
    if device.device_id == CLUSTER:
        return f"Training runs on the Ray cluster: {device.name}."
    return device_notice(device, backend)
