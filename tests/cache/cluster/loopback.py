"""A real Ray cluster on this machine: a head without processors, and two nodes of one processor each."""

import os
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest

TOKEN = "5ecre7" * 10
STORE_BYTES = 100 * 2**20
SMALL = {"object_store_memory": STORE_BYTES, "include_dashboard": False, "include_log_monitor": False}


@contextmanager
def loopback_cluster(folder):
    """Yields ``address``, ``connect()`` of this process, ``add(**resources)`` and ``remove(node)``."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_enable_worker_prestart": "0",
            "RAY_worker_niceness": "0",
            "PYTHONPATH": os.getcwd(),
        }.items():
            patch.setenv(name, value)
        import ray
        from ray._raylet import Config
        from ray.cluster_utils import Cluster as RayCluster

        from cache.cluster.connection import Cluster

        Config.initialize("")  # another test may have imported it without the variables
        before = set(psutil.Process().children(recursive=True))
        cluster = RayCluster(initialize_head=True, head_node_args={"num_cpus": 0, **SMALL})

        def add(env=None, **resources):
            number = len(cluster.list_all_nodes())
            (folder / f"node {number}").mkdir()
            own = {
                "TMPDIR": str(folder / f"node {number}"),
                "UNROLL_LOCKS": str(folder / f"locks {number}"),
                **(env or {}),
            }
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)  # a node that sees no GPU can pretend none
                return cluster.add_node(**{"num_cpus": 1, "env_vars": own, **SMALL, **resources}, wait=False)

        made = SimpleNamespace(
            address=cluster.address, add=add, nodes=[add(num_gpus=1), add(num_gpus=1)],
            remove=lambda node: cluster.remove_node(node, allow_graceful=False),
        )  # fmt: skip
        cluster.wait_for_nodes()
        made.connect = lambda: Cluster(cluster.address, "tensorflow")
        try:
            yield made
        finally:
            ray.shutdown()
            cluster.shutdown()
            left = [each for each in psutil.Process().children(recursive=True) if each not in before]
            for process in left:
                process.kill()
            psutil.wait_procs(left)
