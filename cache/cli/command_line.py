"""Shared by all commands: errors in one sentence, integers, and output that may end early."""

import argparse
import errno
import io
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C has ended, as a shell gives it."""
BROKEN_PIPE = 141
"""The exit status of a program whose reader has gone, as a shell gives it."""
ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "free some space on that disk, or name another folder"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "check its permissions, or name another folder"),
    **dict.fromkeys((errno.EROFS, errno.ENOTDIR, errno.EISDIR), "name another file or folder"),
}
"""What to do about errors of the system."""


def whole_number(text: str) -> int:
    """Convert an argument to an integer. Raises argparse.ArgumentTypeError."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not “{text}”") from None


def number(text: str) -> float:
    """Convert an argument to a number. Raises argparse.ArgumentTypeError."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number such as 0.001, not “{text}”") from None


def describe_error(error: Exception) -> str:
    """Describe an error in one sentence, without the system's error number."""
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"There is no file or folder {error.filename}."
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{_with_advice(error)}"
    if isinstance(error, sqlite3.Error):
        return _describe_database_error(error)
    return str(error.args[0]) if isinstance(error, KeyError) else str(error)


def _with_advice(error: OSError) -> str:
    advice = ADVICE.get(error.errno or 0)
    return f"{error.strerror}; {advice}." if advice else f"{error.strerror}."


def _describe_database_error(error: sqlite3.Error) -> str:
    from cache.store.database import is_busy  # imported here because it takes time, in which Ctrl-C may come
    from cache.store.repair import is_damage

    if is_busy(error):
        return "Another program is using the run cache's database: wait a moment, then try again."
    if is_damage(error):
        return f"The run cache's database is damaged ({error}): the next command recovers what can be read."
    return f"The run cache cannot be used at the moment ({error}): check whether its disk is full or read-only."


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Name the user's file in errors, not the temporary one beside it. Raises ValueError if it cannot be written."""
    try:
        yield
    except OSError as error:
        is_of_target = not error.filename or Path(error.filename).absolute().parent == target.absolute().parent
        if not error.strerror or not is_of_target:
            raise
        raise ValueError(f"{target} cannot be written: {_with_advice(error)}") from error


def run(command: Callable[[], int]) -> int:
    """Run a command and return its exit status.

    There is no message if its reader stops early, as ``head`` does, or after Ctrl-C.
    """
    _prepare_output()
    try:
        try:
            return command()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python flushes when it ends
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        return 1


def _prepare_output() -> None:
    """Open closed streams, and let characters that a stream cannot show become question marks."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Else the next file that is opened would get its number.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="replace")
