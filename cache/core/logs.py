"""Log lines of all processes: time with zone, level, run, message. ``grep run=12`` finds those of a run."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from cache.core.settings import LOG_LEVEL

MAX_LOG_BYTES = 5_000_000
AGAIN_SECONDS = 60.0
"""How long repetitions of a message are dropped, so that a permanent fault does not fill the disk."""
FOLLOW_SECONDS = 0.5
BEGINNING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d [A-Z]+ run=(-|\d+) ")
_runs: dict[int, int] = {}
"""The run that each thread works on."""


class Lines(logging.Formatter):
    """Every line of a message, including those of a traceback, has the same beginning; bytes that are no text become
    "�".
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        beginning = f"{at} {record.levelname} run={_run()}"
        return "\n".join(f"{beginning} {line}" for line in readable(super().format(record)).splitlines() or [""])


class DuplicateFilter(logging.Filter):
    """Drops a message that repeats the one before."""

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[tuple, float] | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, record.levelno, _run(), record.getMessage())
        if self._last and self._last[0] == key and record.created - self._last[1] < AGAIN_SECONDS:
            return False
        self._last = key, record.created
        return True


def log_lines() -> None:
    """Make this process log to its standard error, from the level in UNROLL_LOG_LEVEL (INFO). The log includes Python's
    warnings and the error that ends the process.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines("%(message)s"))
    handler.addFilter(DuplicateFilter())
    level = logging.getLevelNamesMapping().get(LOG_LEVEL.text.upper(), logging.INFO)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("unroll").critical("The process ended with an error:", exc_info=(kind, error, trace))


@contextmanager
def about_run(run_id: int) -> Iterator[None]:
    """Mark what this thread logs within the block with this run, and what others log that work on none, if it is the
    only one.
    """
    thread = threading.get_ident()
    before = _runs.get(thread)
    _runs[thread] = run_id
    try:
        yield
    finally:
        if before is None:
            del _runs[thread]
        else:
            _runs[thread] = before


def _run() -> int | str:
    runs = dict(_runs)
    return runs.get(threading.get_ident(), next(iter(runs.values())) if len(runs) == 1 else "-")


def message(line: str) -> str:
    """Return a line without its beginning."""
    return line.removeprefix(found[0]) if (found := BEGINNING.match(line)) else line


def readable(text: str) -> str:
    """Remove what would move a terminal's cursor, colour or hide text; lines stay lines."""
    lines = text.expandtabs().splitlines()
    return "\n".join("".join(each if each.isprintable() else "�" for each in line) for line in lines)


def make_room(log: Path) -> None:
    """Rename a long log to ``NAME.old``, which replaces the earlier one. Call it before the log is opened."""
    try:
        if log.stat().st_size > MAX_LOG_BYTES:
            os.replace(log, log.with_name(f"{log.name}.old"))
    except FileNotFoundError:
        pass


def follow(log: Path, on_line: Callable[[str], None], is_over: Callable[[], bool]) -> None:
    """Pass on each new line of a file.

    Args:
        log: The file. It may not exist at first, and may be replaced.
        on_line: Receives each line.
        is_over: Whether no further lines come.
    """
    number, at = _place(log)
    while True:
        was_over = is_over()
        now, size = _place(log)
        if now != number or size < at:
            number, at = now, 0
        if size > at:
            with log.open("rb") as file:
                file.seek(at)
                whole, newline, _ = file.read(MAX_LOG_BYTES).rpartition(b"\n")
            for line in readable(whole.decode(errors="replace")).splitlines():
                on_line(line)
            at += len(whole + newline)
        if was_over:
            return
        time.sleep(FOLLOW_SECONDS)


def _place(log: Path) -> tuple[int, int]:
    """(the file's number on its disk, its size); zeros if it does not exist."""
    try:
        status = log.stat()
        return status.st_ino, status.st_size
    except FileNotFoundError:
        return 0, 0
