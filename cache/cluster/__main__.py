"""Starts the runner of the Ray cluster: ``python -m cache.cluster``. Only this process imports Ray."""

import argparse
import sys
from functools import partial

from cache.cluster.requirements import require_settings
from cache.cluster.runner import ClusterRunner
from cache.core.settings import RAY_ADDRESS
from cache.execution.runner import run
from cache.execution.runner_options import options_of_runners
from cache.store.runner_store import RunnerStore


def _make(arguments: argparse.Namespace) -> ClusterRunner:
    require_settings()
    from cache.cluster.connection import Cluster
    from cache.cluster.executor import RayExecutor

    return ClusterRunner(
        RunnerStore(arguments.cache), partial(Cluster, RAY_ADDRESS.text), RayExecutor,
        arguments.idle_seconds, arguments.save_seconds,
    )  # fmt: skip


def main() -> int:
    arguments = options_of_runners("python -m cache.cluster", __doc__).parse_args()
    return run(_make, arguments, "the cluster")


if __name__ == "__main__":
    sys.exit(main())
