"""From the command to the first answer, and what the server weighs."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[3]


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as cache:
        starts = []
        for _ in range(5):
            with serving(cache) as (_, _, seconds):
                starts.append(seconds)
        yield "server start to first HTTP 200, median of 5", f"{median(starts):.2f} s", "under 2 s"
        with serving(cache) as (url, process, _):
            _view(url)
            megabytes = psutil.Process(process.pid).memory_info().rss / 1e6
        yield "memory of the server after a browser's first view", f"{megabytes:.0f} MB", "under 300 MB"


@contextmanager
def serving(cache: str, app: str = "dashboard/app.py") -> Iterator[tuple[str, subprocess.Popen, float]]:
    """(address, process, seconds to the first answer) of a server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://localhost:{port}/"
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.headless", "true"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        env=os.environ | {"UNROLL_CACHE": cache},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(url):
            if time.perf_counter() - started > 30:
                raise RuntimeError("The server did not start within 30 s.")
            time.sleep(0.01)
        yield url, process, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
        return True
    except OSError:
        return False


def browser_path() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


def _view(url: str) -> None:
    """Opens the page in a browser and waits for its chart."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{url}compare")
        page.locator("[data-testid=stVegaLiteChart] svg").first.wait_for(timeout=30_000)
        browser.close()
