"""The dashboard as a service: ``python -m dashboard.serve [options of streamlit run]``.

After ``streamlit run`` ends, the runner goes on, so that closing the dashboard stops no training. When the machine or
the container stops, the runner must end as well and release its run: SIGTERM and SIGINT to this process do that.

While the server runs, this process also starts the runner for waiting runs when no page is open. It copies the output
of the server and the runner to its own.
"""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from cache.core.access import CacheReadOnly
from cache.core.logs import BEGINNING, follow, log_lines
from cache.core.paths import cache_root
from cache.core.processes import PROJECT_ROOT
from cache.execution.launching import ensure_runners, stop_runners
from cache.store.schema import CacheTooNew, CacheTooOld
from cache.store.store import RunStore
from models.experiments.spec import BACKENDS

SECONDS_BETWEEN_LOOKS = 5.0
SERVER_SECONDS = 10.0
"""How long the server may take to end by itself. A longer time would leave too little for the runner."""

log = logging.getLogger("unroll.serve")


def main(arguments: list[str]) -> int:
    """Run the server and return its exit status; 0 if it was asked to end."""
    log_lines()
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: asked.append(number))
    store = _store()
    options = ["--server.headless", "true", "--logger.messageFormat", "%(message)s", *arguments]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", *options],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl+C is for this process, which tells the server
    )
    over = threading.Event()
    runner_log = cache_root() / "logs" / "runner.log"
    voices = _start(lambda: _relay(server)), _start(lambda: follow(runner_log, _say, over.is_set))
    looked_at = 0.0
    while not asked and server.poll() is None:
        if store and time.monotonic() - looked_at > SECONDS_BETWEEN_LOOKS:
            _look(store)
            looked_at = time.monotonic()
        time.sleep(0.1)
    if asked:
        log.info("asked to end")
    _end(server)
    if store and not store.read_only:
        stop_runners(store)
    over.set()
    for voice in voices:
        voice.join(timeout=2)
    return 0 if asked else server.returncode


def _store() -> RunStore | None:
    """None if there is no cache to train into; the pages say what to do about it."""
    try:
        return RunStore(cache_root())
    except (CacheReadOnly, CacheTooNew, CacheTooOld, OSError, sqlite3.Error) as error:
        log.error("%s", error)
        return None


def _look(store: RunStore) -> None:
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    try:
        if backend in BACKENDS:
            ensure_runners(store, backend)
    except (OSError, sqlite3.Error) as error:  # for example a full disk, which may be solved later
        log.warning("what waits cannot be trained now: %s", error)


def _end(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(timeout=SERVER_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("the server does not end by itself")
        server.kill()
        server.wait()


def _start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _relay(server: subprocess.Popen) -> None:
    for line in server.stdout or ():
        if line.strip():
            log.info("%s", line.strip())


def _say(line: str) -> None:
    if BEGINNING.match(line):
        print(line, file=sys.stderr, flush=True)
    else:  # a line of a library
        log.info("%s", line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
