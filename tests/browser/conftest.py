"""A real server and a real browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect, sync_playwright

from cache.core.processes import ProcessIdentity
from cache.inference.generation_requests import process_file
from cache.store.store import RunStore
from cache.tasks.task_status import TaskStatus
from dashboard.shell.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium or Chrome, else Playwright's own. Without any: skipped, or failed where CI demands one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            if os.environ.get("REQUIRE_BROWSER"):
                pytest.fail(f"No browser could be started: {error}")
            pytest.skip("No browser found: install Chromium or Chrome, or run “playwright install chromium”.")
        expect.set_options(timeout=60_000)  # the machine may be busy
        # To draw what moves while a page is made takes half of a browser's processor time.
        browser.new_context = partial(browser.new_context, reduced_motion="reduce")
        yield browser
        browser.close()


def follow_menu(page: Page, title: str) -> None:
    """By keyboard, for a click may miss while the menu still moves."""
    (asked,) = (each for each in PAGES.values() if each.title == title)
    link = "stTopNavLink"
    if asked.group:
        page.get_by_test_id("stTopNavSection").filter(has_text=asked.group).press("Enter")
        link = "stTopNavDropdownLink"
    page.get_by_test_id(link).filter(has_text=title).press("Enter")


class Server:
    """``streamlit run dashboard/app.py`` on a cache of its own, with further ``options`` and environment variables."""

    def __init__(self, root: Path, *options: str, **environment: str) -> None:
        self.root = root
        self.options = options
        self.environment = environment
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.process = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
        options = ["--server.headless", "true", "--server.port", str(self.port), *self.options]
        with (self.root / ".server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                env=os.environ | {"UNROLL_CACHE": str(self.root)} | self.environment,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < until and self.process.poll() is None, "the server does not start"
                time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(60)
        status = TaskStatus.of(process_file(self.root))  # the page Inside may have started it
        owner = ProcessIdentity.from_json(status.owner) if status else None
        if owner and (process := owner.process()):
            process.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()
    runner = RunStore(server.root).live_runner("cpu")
    if runner and (process := runner.process()):
        process.terminate()
        process.wait(60)


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()
