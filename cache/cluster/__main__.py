"""Starts the runner of the Ray cluster: ``python -m cache.cluster``. Only this process imports Ray."""

import argparse
import logging
import signal
import sys
from pathlib import Path

from filelock import Timeout

from cache.cluster.requirements import require_settings
from cache.core.logs import log_lines
from cache.core.paths import cache_root
from cache.core.settings import RAY_ADDRESS
from cache.execution.runner import IDLE_SECONDS, SAVE_SECONDS
from cache.store.runner_store import RunnerStore
from models.experiments.spec import BACKENDS

log = logging.getLogger("unroll.runner")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.cluster", description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=cache_root(), help="folder of the run cache (default: %(default)s)"
    )
    parser.add_argument("--backend", choices=BACKENDS, default="tensorflow", help="Keras backend of the nodes")
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS, help="end after so long without a run")
    parser.add_argument(
        "--save-seconds", type=float, default=SAVE_SECONDS, help="save the state of a training so often"
    )
    arguments = parser.parse_args()
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
