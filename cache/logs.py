"""What processes say, as lines: time with zone, level, run, message. ``grep run=12`` finds what was said of a run."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

MAX_LOG_BYTES = 5_000_000
_run: ContextVar[int | None] = ContextVar("run", default=None)


class Lines(logging.Formatter):
    """Every line of a message has the same beginning, those of a traceback, too; what is no text is shown as "�"."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        run = _run.get()
        beginning = f"{at} {record.levelname} run={'-' if run is None else run}"
        said = super().format(record).expandtabs()
        return "\n".join(f"{beginning} {_plain(line)}" for line in said.splitlines() or [""])


def log_lines() -> None:
    """Has this process log to its standard error, from the level that UNROLL_LOG_LEVEL names (INFO)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines("%(message)s"))
    level = logging.getLevelNamesMapping().get(os.environ.get("UNROLL_LOG_LEVEL", "").upper(), logging.INFO)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


@contextmanager
def about_run(run_id: int) -> Iterator[None]:
    """What is logged in the block is said of this run."""
    token = _run.set(run_id)
    try:
        yield
    finally:
        _run.reset(token)


def make_room(log: Path) -> None:
    """A log that has grown long becomes ``NAME.old``, in place of the one before. To be called before it is opened."""
    try:
        if log.stat().st_size > MAX_LOG_BYTES:
            os.replace(log, log.with_name(f"{log.name}.old"))
    except FileNotFoundError:
        pass


def _plain(line: str) -> str:
    return "".join(each if each.isprintable() else "�" for each in line)
