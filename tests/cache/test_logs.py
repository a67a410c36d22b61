import io
import logging
import os
import re
import subprocess
import sys

import pytest

from cache.logs import MAX_LOG_BYTES, Lines, about_run, make_room
from cache.processes import PROJECT_ROOT

BEGINNING = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d (INFO|ERROR) run=(-|\d+) "


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
    assert re.fullmatch(BEGINNING + "ready", first) and "run=- " in first
    assert re.fullmatch(BEGINNING + "trained", second) and "run=12 " in second
    assert third.endswith("run=12 and done")


def test_a_traceback_can_be_found_by_its_run(log):
    with about_run(7):
        try:
            raise ValueError("no such thing")
        except ValueError:
            log.exception("it failed")
    lines = log.lines()
    assert len(lines) > 3 and all(re.match(BEGINNING, line) and "ERROR run=7 " in line for line in lines)
    assert lines[-1].endswith("ValueError: no such thing")


def test_what_would_move_a_terminals_cursor_is_shown_as_something_else():
    record = logging.LogRecord("unroll", logging.INFO, "", 1, "\x1b[2Jgone\r", None, None)
    assert "\x1b" not in Lines("%(message)s").format(record) and "�[2Jgone" in Lines("%(message)s").format(record)


@pytest.mark.parametrize(("level", "said"), [("", 1), ("warning", 0), ("nonsense", 1)])
def test_the_level_can_be_chosen(level, said):
    code = "import logging; from cache.logs import log_lines; log_lines(); logging.info('quiet')"
    ended = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"UNROLL_LOG_LEVEL": level}, cwd=PROJECT_ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stderr.count("INFO run=- quiet\n") == said


def test_a_long_log_makes_room_for_a_new_one(tmp_path):
    log = tmp_path / "runner.log"
    make_room(log)
    log.write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    make_room(log)
    assert not log.exists() and (tmp_path / "runner.log.old").stat().st_size > MAX_LOG_BYTES
    log.write_text("short")
    make_room(log)
    assert log.read_text() == "short"
