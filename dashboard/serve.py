"""The dashboard as a service: ``python -m dashboard.serve [options of streamlit run]``.

``streamlit run`` leaves the runner at work when it ends, so that closing the dashboard stops no training. Where the
machine or the container goes down with it, the runner has to end, too, and to put back what it trains: that is what
SIGTERM and SIGINT to this process do.
"""

import signal
import subprocess
import sys

from cache.launching import stop_runners
from cache.location import cache_root
from cache.processes import PROJECT_ROOT
from cache.store import RunStore


def main(arguments: list[str]) -> int:
    """The server's exit status; 0 if it was asked to end."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: asked.append(number))
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true", *arguments],
        cwd=PROJECT_ROOT,
        start_new_session=True,  # Ctrl+C is for this process, which tells the server
    )
    while not asked and server.poll() is None:
        try:
            server.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
    server.terminate()
    status = server.wait()
    if cache_root().exists():
        stop_runners(RunStore(cache_root()))
    return 0 if asked else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
