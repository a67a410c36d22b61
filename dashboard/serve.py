"""The dashboard as a service: ``python -m dashboard.serve [--servers N] [options of streamlit run]``.

After ``streamlit run`` ends, the runner goes on, so that closing the dashboard stops no training. When the machine or
the container stops, the runner must end as well and release its run: SIGTERM and SIGINT to this process do that.

While the server runs, this process also starts the runner for waiting runs when no page is open. It copies the output
of the server and the runner to its own.

Several servers, on consecutive ports, share the cache and its runner. If one of them ends, all do.
"""

import argparse
import logging
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from cache.core.access import CacheReadOnly
from cache.core.logs import BEGINNING, follow, log_lines
from cache.core.paths import cache_root
from cache.core.processes import PROJECT_ROOT
from cache.execution.launching import ensure_runners, stop_runners
from cache.store.schema import CacheTooNew, CacheTooOld
from cache.store.store import RunStore
from cache.store.store_queries import ForeignFolder, require_own

SECONDS_BETWEEN_LOOKS = 5.0
MAX_SERVERS = 64
SERVER_SECONDS = 10.0
"""How long the servers may take to end by themselves. A longer time would leave too little for the runner."""

log = logging.getLogger("unroll.serve")


def main(arguments: list[str]) -> int:
    """Run the servers and return the exit status of the first that ends; 0 if they were asked to end."""
    options_of_servers = _options_of_servers(arguments)
    log_lines()
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: asked.append(number))
    store = _store()
    servers = [_start_server(options) for options in options_of_servers]
    over = threading.Event()
    runner_log = cache_root() / "logs" / "runner.log"
    voices = [_start(partial(_relay, server)) for server in servers]
    voices.append(_start(lambda: follow(runner_log, _say, over.is_set)))
    looked_at = 0.0
    while not asked and all(server.poll() is None for server in servers):
        if store and time.monotonic() - looked_at > SECONDS_BETWEEN_LOOKS:
            _look(store)
            looked_at = time.monotonic()
        time.sleep(0.1)
    if asked:
        log.info("asked to end")
    status = 0 if asked else next(server.returncode for server in servers if server.returncode is not None)
    for server in servers:
        server.terminate()
    until = time.monotonic() + SERVER_SECONDS
    for server in servers:
        _wait_for(server, until)
    if store and not store.read_only:
        stop_runners(store)
    over.set()
    for voice in voices:
        voice.join(timeout=2)
    return status


def _options_of_servers(arguments: list[str]) -> list[list[str]]:
    """The options of ``streamlit run`` for each server. One alone may take another port if its own is taken."""
    parser = argparse.ArgumentParser("python -m dashboard.serve", allow_abbrev=False, add_help=False)
    parser.add_argument("--servers", type=int, choices=range(1, MAX_SERVERS + 1), default=1)
    asked, options = parser.parse_known_args(arguments)
    if asked.servers == 1:
        return [options]
    parser.add_argument("--server.port", dest="port", type=int, default=8501)
    asked, options = parser.parse_known_args(arguments)
    return [["--server.port", str(asked.port + number), *options] for number in range(asked.servers)]


def _start_server(options: list[str]) -> subprocess.Popen:
    given = ["--server.headless", "true", "--logger.messageFormat", "%(message)s", *options]
    return subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", *given],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl+C is for this process, which tells the servers
    )


def _store() -> RunStore | None:
    """None if there is no cache to train into; the pages say what to do about it."""
    try:
        require_own(cache_root())
        return RunStore(cache_root())
    except (CacheReadOnly, CacheTooNew, CacheTooOld, ForeignFolder, OSError, sqlite3.Error) as error:
        log.error("%s", error)
        return None


def _look(store: RunStore) -> None:
    try:
        ensure_runners(store)
    except (OSError, sqlite3.Error) as error:  # for example a full disk, which may be solved later
        log.warning("what waits cannot be trained now: %s", error)


def _wait_for(server: subprocess.Popen, until: float) -> None:
    try:
        server.wait(timeout=max(0, until - time.monotonic()))
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
