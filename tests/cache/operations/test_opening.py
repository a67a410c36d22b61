"""Opening a cache: the whole is checked once by a process, and again when the database file has changed."""

import os
import subprocess
import sys

import pytest

from cache.core.processes import PROJECT_ROOT
from cache.inference import generation_requests, inference_server
from cache.inference.generation_requests import Answer, Request
from cache.store.store import RunStore
from cache.tasks.task_status import DONE
from models.atomic_files import temporary_path
from models.text.encoding import TextEncoding


@pytest.fixture
def checks(monkeypatch):
    """Counts how often a database is looked through."""
    from cache.store import store

    found, repair = [], store.repair

    def counted(*arguments):
        found.append(arguments)
        repair(*arguments)

    monkeypatch.setattr(store, "repair", counted)
    return found


def test_a_process_checks_a_cache_once(tmp_path, checks):
    for _ in range(3):
        assert RunStore(tmp_path).runs() == []
    assert len(checks) == 1
    RunStore(tmp_path / "another")
    assert len(checks) == 2


@pytest.mark.parametrize("change", ["replaced", "shorter", "touched"])
def test_a_file_that_has_changed_is_checked_again(tmp_path, checks, change):
    file = RunStore(tmp_path).database_file
    contents, times = file.read_bytes(), file.stat()
    if change == "replaced":
        file.unlink()
    file.write_bytes(contents[:-100] if change == "shorter" else contents)
    if change == "replaced":
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    RunStore(tmp_path)
    assert len(checks) == 2


def test_temporary_files_of_processes_that_have_ended_are_removed(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import models.atomic_files as a; print(a.temporary_path(a.Path('x')).name)"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    folders = [tmp_path, tmp_path / "encoded" / "tokenizers", tmp_path / "generating", tmp_path / "staging"]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ended).write_text("half")
        temporary_path(folder).write_text("of this process")
    (tmp_path / "encoded" / f"{ended}1").mkdir()
    RunStore(tmp_path)
    for folder in folders:
        (left,) = folder.glob(".part-*")
        assert left.read_text() == "of this process"


def test_states_of_runs_that_have_ended_are_removed(store):
    (store.unfinished_dir / "7" / "3").mkdir(parents=True)
    assert store.submit([], 1, "cpu") == []
    RunStore(store.root, read_only=True)
    assert (store.unfinished_dir / "7").exists()
    os.utime(store.database_file)
    RunStore(store.root)
    assert not list(store.unfinished_dir.iterdir())


def test_the_inference_process_opens_the_cache_once(store, finish, small_spec, monkeypatch):
    """However many models it is asked for."""
    runs = [finish(small_spec(seed=seed, encoding=TextEncoding(500, 8)), [0.6]) for seed in range(3)]
    opened = []

    class Counted(RunStore):
        def __init__(self, *arguments):
            opened.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(inference_server, "RunStore", Counted)
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    request = Request(tuple(run.id for run in runs), "a film", 1, 1.0, 1, 0)
    generation_requests.ask(store, request)
    inference_server.serve(store.root, idle_seconds=0.2)
    answer = Answer.of(store, request)
    assert (answer.state, answer.problems) == (DONE, {}) and len(opened) == 1
