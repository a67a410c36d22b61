import io
import logging
import os
import re
import subprocess
import sys
import threading
import time

import pytest

from cache.core.logs import BEGINNING, MAX_LOG_BYTES, DuplicateFilter, Lines, about_run, follow, make_room, message
from cache.core.processes import PROJECT_ROOT
from tests.waiting import wait_for


@pytest.fixture
def log():
    """A logger as a runner has it; ``log.lines()`` gives what was written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Lines("%(message)s"))
    logger = logging.Logger("unroll.test", logging.INFO)
    logger.addHandler(handler)
    logger.lines = lambda: written.getvalue().splitlines()
    return logger


def test_every_line_says_when_how_bad_and_of_which_run(log):
    log.info("ready")
    with about_run(12):
        log.info("trained\nand done")
    first, second, third = log.lines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d INFO run=- ready$", first)
    assert all(map(BEGINNING.match, (first, second, third)))
    assert second.endswith("INFO run=12 trained") and third.endswith("INFO run=12 and done")
    assert [message(line) for line in (first, second, "no line of ours")] == ["ready", "trained", "no line of ours"]


def test_a_traceback_can_be_found_by_its_run(log):
    with about_run(7):
        try:
            raise ValueError("no such thing")
        except ValueError:
            log.exception("it failed")
    lines = log.lines()
    assert len(lines) > 3 and all(BEGINNING.match(line) and "ERROR run=7 " in line for line in lines)
    assert lines[-1].endswith("ValueError: no such thing")


def test_what_would_move_a_terminals_cursor_is_shown_as_something_else():
    record = logging.LogRecord("unroll", logging.INFO, "", 1, "\x1b[2Jgone\r", None, None)
    assert "\x1b" not in Lines("%(message)s").format(record) and "�[2Jgone" in Lines("%(message)s").format(record)


@pytest.mark.parametrize(("level", "logged"), [("", 1), ("warning", 0), ("nonsense", 1)])
def test_the_level_can_be_chosen(level, logged):
    code = "import logging; from cache.core.logs import log_lines; log_lines(); logging.info('quiet')"
    ended = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"UNROLL_LOG_LEVEL": level}, cwd=PROJECT_ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stderr.count("INFO run=- quiet\n") == logged


def test_a_long_log_makes_room_for_a_new_one(tmp_path):
    log = tmp_path / "runner.log"
    make_room(log)
    log.write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    make_room(log)
    assert not log.exists() and (tmp_path / "runner.log.old").stat().st_size > MAX_LOG_BYTES
    log.write_text("short")
    make_room(log)
    assert log.read_text() == "short"


def test_a_fault_that_lasts_does_not_fill_the_disk(log):
    log.addFilter(DuplicateFilter())
    for _ in range(1_000):
        log.warning("the disk is full")
    log.info("it works again")
    with about_run(3):
        log.warning("the disk is full")
    log.warning("the disk is full")
    assert [message(line) for line in log.lines()] == ["the disk is full", "it works again", *["the disk is full"] * 2]


def test_a_thread_of_a_run_speaks_of_it(log):
    with about_run(12):
        thread = threading.Thread(target=log.info, args=("from beside",))
        thread.start()
        thread.join()
    assert log.lines()[0].endswith("run=12 from beside")


def test_what_comes_to_a_log_is_followed_also_when_it_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("cache.core.logs.FOLLOW_SECONDS", 0.01)
    log, logged, over = tmp_path / "runner.log", [], threading.Event()
    log.write_text("before\n")
    follower = threading.Thread(target=follow, args=(log, logged.append, over.is_set))

    def heard(*lines):
        wait_for(lambda: logged == list(lines), lambda: str(logged))

    follower.start()
    time.sleep(0.1)
    with log.open("a") as file:
        print("one\ntw", end="", file=file, flush=True)
        heard("one")
        print("o\x1b[2J", file=file, flush=True)
        heard("one", "two�[2J")
    os.replace(log, tmp_path / "runner.log.old")
    (tmp_path / "new").write_text("three\n")
    os.replace(tmp_path / "new", log)
    heard("one", "two�[2J", "three")
    over.set()
    follower.join(timeout=60)
    assert not follower.is_alive()


def test_an_error_that_ends_a_process_is_reported_in_lines():
    code = "from cache.core.logs import log_lines; log_lines(); import warnings; warnings.warn('odd'); {}['x']"
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True)
    lines = ended.stderr.splitlines()
    assert ended.returncode == 1 and all(map(BEGINNING.match, lines)), ended.stderr
    assert "UserWarning: odd" in lines[0] and message(lines[-1]) == "KeyError: 'x'"
