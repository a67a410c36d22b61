from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test, local_script_runner

from cache.inference import generation_requests
from cache.tasks.task import Task
from dashboard.shell import session
from dashboard.widgets import run_progress
from tests.dashboard.pages import at_page


@pytest.fixture(scope="session", autouse=True)
def packages_are_searched_once() -> Iterator[None]:
    """AppTest searches all installed packages for components for every page, which takes most of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def pages_are_compiled_once_and_waited_for_asleep() -> Iterator[None]:
    """AppTest compiles a page at each run, and asks a thousand times a second whether the run has ended."""

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float) -> None:
        runner._script_thread.join(timeout)
        if runner._script_thread.is_alive():
            wait_and_stop(runner, 0)

    wait_and_stop, compiled = local_script_runner.require_widgets_deltas, ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        patch.setattr(app_test, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture
def runners(store, monkeypatch) -> Iterator[list[Path]]:
    """The app looks at the test's own cache. No runner is started; the caches that one was asked for are recorded."""
    asked: list[Path] = []
    monkeypatch.setenv("UNROLL_CACHE", str(store.root))
    monkeypatch.setattr(run_progress, "ensure_runners", lambda store: asked.append(store.root))
    yield asked
    session._store_at.clear()


@pytest.fixture
def open_page(runners) -> Callable[..., AppTest]:
    """Opens a page, which has to be drawn without an error."""

    def open_it(page: str, **query: object) -> AppTest:
        app = at_page(page, query).run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture(autouse=True)
def from_this_machine(monkeypatch):
    """Streamlit's AppTest gives the visitor's address as a mock; None is what a real server gives for this machine."""
    monkeypatch.setattr(ContextProxy, "ip_address", None)


@pytest.fixture(autouse=True)
def early_starts(monkeypatch):
    """The models for which pages start the process that answers before it is asked; none is started."""
    started = []
    monkeypatch.setattr(generation_requests, "start_early", lambda store, models: started.append(list(models)))
    return started


@pytest.fixture(autouse=True)
def started_tasks(monkeypatch):
    """Every task that a page starts, as (root, task); no process begins."""
    started = []
    monkeypatch.setattr(Task, "start", lambda task, store: started.append((store.root, task)))
    return started
