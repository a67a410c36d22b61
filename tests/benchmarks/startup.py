"""From the command to the first answer, and what the server weighs."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as cache:
        seconds = [_first_answer(cache) for _ in range(5)]
        yield "server start to first HTTP 200, median of 5", f"{median(seconds):.2f} s", "under 2 s"
        yield "memory of the page's process after one view", f"{_page_megabytes(cache):.0f} MB", "under 300 MB"


def _first_answer(cache: str) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        env=os.environ | {"UNROLL_CACHE": cache},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - started < 30:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/", timeout=1).close()
                return time.perf_counter() - started
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("The server did not start within 30 s.")
    finally:
        process.terminate()
        process.wait()


def _page_megabytes(cache: str) -> float:
    """Of a fresh process that has drawn the page once, as the server has after its first visitor."""
    script = (
        "import psutil; from tests.benchmarks.startup import draw; draw();"
        "print(psutil.Process().memory_info().rss / 1e6)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"UNROLL_CACHE": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(answer.stdout.splitlines()[-1])


def draw() -> None:
    """One view of the page in this process."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    if app.exception:
        raise RuntimeError(app.exception[0].message)
