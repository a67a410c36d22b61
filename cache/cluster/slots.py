"""The devices of a cluster, each of which trains one run at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

from cache.cluster.node import NodeDescription
from models.machine.devices import Device


@dataclass(frozen=True)
class Slot:
    """A device of a node, and what Ray has to keep for it."""

    node_id: str
    node: str
    device: Device
    num_cpus: float
    num_gpus: int = 0

    @property
    def name(self) -> str:
        return f"{self.node_id[:12]}-{self.device.device_id.replace(':', '-')}"


def slots_of(node_id: str, resources: Mapping[str, float], described: NodeDescription) -> list[Slot]:
    """Return a node's devices: its GPUs if it has any, else its processor, if Ray may use them."""
    cpus, num_gpus = resources.get("CPU", 0.0), int(resources.get("GPU", 0))
    gpus = [device for device in described.devices if device.is_gpu][:num_gpus]
    if gpus:
        each = cpus / len(gpus)
        share = float(int(each)) if each >= 1 else each
        return [Slot(node_id, described.host, gpu, share, 1) for gpu in gpus]
    processor = next(device for device in described.devices if not device.is_gpu)
    return [Slot(node_id, described.host, processor, cpus)] if cpus else []
