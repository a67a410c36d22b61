"""Shared by all commands: errors in one sentence, integers, and output that may end early."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

BROKEN_PIPE = 141
"""The exit status of a program whose reader has gone, as a shell gives it."""


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, without the list of all options."""

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ").rstrip(".")
        self.exit(2, f"{message[:1].upper()}{message[1:]}; “{self.prog} --help” says what can be written.\n")


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
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return str(error.args[0]) if isinstance(error, KeyError) else str(error)


def run(command: Callable[[], int]) -> int:
    """Run a command and return its exit status. If its reader stops early, as ``head`` does, there is no message."""
    try:
        try:
            return command()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python flushes when it ends
        return BROKEN_PIPE
