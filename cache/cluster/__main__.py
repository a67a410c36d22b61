"""Starts the runner of the Ray cluster: ``python -m cache.cluster``. Only this process imports Ray."""

import logging
import signal
import sys
from functools import partial

from filelock import Timeout

from cache.cluster.requirements import require_settings
from cache.cluster.runner import ClusterRunner
from cache.core.logs import log_lines
from cache.core.settings import RAY_ADDRESS
from cache.execution.runner import options_of_runners
from cache.store.runner_store import RunnerStore

log = logging.getLogger("unroll.runner")


def main() -> int:
    arguments = options_of_runners("python -m cache.cluster", __doc__).parse_args()
    log_lines()
    try:
        require_settings()
        from cache.cluster.connection import Cluster
        from cache.cluster.executor import RayExecutor

        runner = ClusterRunner(
            RunnerStore(arguments.cache), partial(Cluster, RAY_ADDRESS.text), RayExecutor,
            arguments.idle_seconds, arguments.save_seconds,
        )  # fmt: skip
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        runner.work(arguments.backend)
    except Timeout:
        log.info("this cache already has a runner for the cluster; nothing to do")
    except (ValueError, RuntimeError, OSError) as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
