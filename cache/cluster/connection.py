"""The connection of a runner to its Ray cluster, and the devices that it finds there."""

import signal
import socket
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import ray
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cache.cluster.node import NodeDescription, describe_node, versions_here
from cache.cluster.requirements import MODE, TOKEN, TOKEN_PATH, ClusterProblem, require_token
from cache.cluster.slots import Slot, slots_of

TITLES = {"code": "Unroll's code"}
REACH_SECONDS = 5.0
DESCRIBE_SECONDS = 120.0
"""How long a new node may take until it counts as one that does not answer."""
FRESH_SECONDS = 1.0
"""Ray is not asked for its nodes more often than this."""


class Cluster:
    """A connected cluster. Raises ClusterProblem."""

    def __init__(self, address: str, backend: str) -> None:
        self._backend = backend
        self._nodes: dict[str, Mapping[str, Any]] = {}
        self._listed_at = float("-inf")
        self._asked: dict[str, tuple[Any, float]] = {}
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
        if time.monotonic() > self._listed_at + FRESH_SECONDS:
            self._list_nodes()
        return node_id in self._nodes

    def _list_nodes(self) -> None:
        self._nodes = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
        self._listed_at = time.monotonic()

    def slots(self, patience_seconds: float = 0.0) -> tuple[list[Slot], list[str]]:
        slots, problems = [], []
        self._list_nodes()
        self._describe(patience_seconds)
        for node_id, node in self._nodes.items():
            described = self._described.get(node_id)
            problem = described if isinstance(described, str) else described and self._mismatch(described)
            if problem:
                problems.append(problem)
            elif isinstance(described, NodeDescription):
                slots += slots_of(node_id, node["Resources"], described)
        return slots, problems

    def _describe(self, patience_seconds: float) -> None:
        """Ask all new nodes at once, the head included: it has to demand the token."""
        task = ray.remote(describe_node)
        for node_id in self._nodes.keys() - self._described.keys() - self._asked.keys():
            place = NodeAffinitySchedulingStrategy(node_id, soft=False)
            asked = task.options(num_cpus=0, max_retries=0, scheduling_strategy=place).remote(self._backend)
            self._asked[node_id] = asked, time.monotonic() + DESCRIBE_SECONDS
        answers = [answer for answer, _ in self._asked.values()]
        answered, _ = ray.wait(answers, num_returns=len(answers), timeout=patience_seconds) if answers else ([], [])
        for node_id, (answer, until) in list(self._asked.items()):
            if answer in answered or time.monotonic() > until:
                del self._asked[node_id]
                address = self._nodes.get(node_id, {}).get("NodeManagerAddress", node_id)
                self._described[node_id] = _description(address, answer if answer in answered else None)

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


def _description(address: str, answer: Any) -> NodeDescription | str:
    """Return what a node has answered, or why it has not."""
    if answer is None:
        return f"The node {address} did not answer."
    try:
        return ray.get(answer)
    except Exception as error:  # an Unroll of another version may raise anything
        return (
            f"The node {address} cannot run Unroll ({_first_line(error)}): start Ray there in the folder of the same "
            "Unroll, with its packages."
        )


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
