"""Starts the runner of the Ray cluster: ``python -m cache.cluster``. Only this process imports Ray."""

import logging
import signal
import sys

from filelock import Timeout

from cache.cluster.requirements import require_settings
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
        from cache.cluster.runner import ClusterRunner

        runner = ClusterRunner(RunnerStore(arguments.cache), arguments.idle_seconds, arguments.save_seconds)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        runner.work(RAY_ADDRESS.text, arguments.backend)
    except Timeout:
        log.info("this cache already has a runner for the cluster; nothing to do")
    except (ValueError, RuntimeError, OSError) as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
