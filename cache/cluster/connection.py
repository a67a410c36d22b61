"""The connection of a runner to its Ray cluster, and the devices that it finds there."""

import signal
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ray
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError, GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cache.cluster.node import NodeDescription, describe_node, versions_here
from cache.cluster.requirements import MODE, TOKEN, TOKEN_PATH, ClusterProblem, require_token
from models.machine.devices import Device

TITLES = {"code": "Unroll's code"}
REACH_SECONDS = 5.0
DESCRIBE_SECONDS = 120.0
"""A node's first process imports Ray and Unroll, on a busy machine slowly."""


@dataclass(frozen=True)
class Slot:
    """A device of a node, which trains one run at a time, and what Ray has to keep for it."""

    node_id: str
    node: str
    device: Device
    num_cpus: float
    num_gpus: int = 0

    @property
    def name(self) -> str:
        """A name for files."""
        return f"{self.node_id[:12]}-{self.device.device_id.replace(':', '-')}"


class Cluster:
    """A connected cluster. Raises ClusterProblem."""

    def __init__(self, address: str, backend: str) -> None:
        self._backend = backend
        self._described: dict[str, NodeDescription | str] = {}
        require_token()
        _require_reachable(address)
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            GcsClient(address=address)  # tells a wrong token at once, for which ray.init tries 20 seconds
            ray.init(address=address, log_to_driver=False, configure_logging=False, logging_level="ERROR")
        except AuthenticationError:
            raise ClusterProblem(
                f"The Ray cluster at {address} has another token: give {TOKEN} or {TOKEN_PATH} that of the cluster."
            ) from None
        except (RayError, RuntimeError, OSError) as error:
            raise ClusterProblem(_why_not(address, error)) from None
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own would end the process before its runs are released

    def close(self) -> None:
        ray.shutdown()

    @cached_property
    def _versions(self) -> Mapping[str, str | None]:
        return versions_here()

    def is_alive(self, node_id: str) -> bool:
        return any(node["NodeID"] == node_id and node["Alive"] for node in ray.nodes())

    def slots(self) -> tuple[list[Slot], list[str]]:
        """Return the devices to train on now, and a sentence for each node that cannot be used."""
        slots, problems = [], []
        nodes = [node for node in ray.nodes() if node["Alive"]]
        self._describe(nodes)
        for node in nodes:
            described = self._described[node["NodeID"]]
            problem = described if isinstance(described, str) else self._mismatch(described)
            if problem:
                problems.append(problem)
            elif isinstance(described, NodeDescription):
                slots += slots_of(node["NodeID"], node["Resources"], described)
        return slots, problems

    def _describe(self, nodes: Iterable[Mapping[str, Any]]) -> None:
        """Ask all new nodes at once, the head included: it has to demand the token."""
        task = ray.remote(describe_node)
        asked = {}
        for node_id in {node["NodeID"] for node in nodes} - self._described.keys():
            place = NodeAffinitySchedulingStrategy(node_id, soft=False)
            asked[node_id] = task.options(num_cpus=0, max_retries=0, scheduling_strategy=place).remote(self._backend)
        addresses = {node["NodeID"]: node["NodeManagerAddress"] for node in nodes}
        for node_id, answer in asked.items():
            try:
                self._described[node_id] = ray.get(answer, timeout=DESCRIBE_SECONDS)
            except GetTimeoutError:
                self._described[node_id] = f"The node {addresses[node_id]} did not answer."
            except Exception as error:  # an Unroll of another version may raise anything
                self._described[node_id] = (
                    f"The node {addresses[node_id]} cannot run Unroll ({_first_line(error)}): start Ray there in the "
                    "folder of the same Unroll, with its packages."
                )

    def _mismatch(self, node: NodeDescription) -> str | None:
        if not node.demands_token:
            return (
                f"The node {node.host} was started without {MODE}=token, so anybody may run code on it: set it there."
            )
        for name, here in self._versions.items():
            there = node.versions.get(name)
            if there != here:
                return (
                    f"The node {node.host} has {TITLES.get(name, name)} {there or 'not installed'}, and this machine "
                    f"has {here or 'not installed'}: install the same on both."
                )
        return None


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


def _require_reachable(address: str) -> None:
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdecimal():
        raise ClusterProblem(
            f"UNROLL_RAY_ADDRESS is {address[:80]!r}: set it to HOST:PORT of the head, e.g. 10.0.0.5:6379."
        )
    try:
        socket.create_connection((host, int(port)), REACH_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterProblem(
            f"There is no Ray cluster at {address} ({_first_line(error)}): start it, or correct UNROLL_RAY_ADDRESS."
        ) from None


def _why_not(address: str, error: Exception) -> str:
    text = " ".join(str(error).split())
    if "ersion mismatch" in text:
        here = versions_here()
        return (
            f"The Ray cluster at {address} has another version of Ray or Python than this machine (Ray {here['ray']}, "
            f"Python {here['python']}): install the same on both."
        )
    return (
        f"The Ray cluster at {address} cannot be used ({text[:200]}): this machine has to be one of its nodes; run "
        f"“ray start --address={address} --num-cpus=0” here."
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
