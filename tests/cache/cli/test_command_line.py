"""The command line as a process: its streams, signals and exit status."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cache.cli.command_line import INTERRUPTED, describe_error, run, writing
from cache.core.processes import PROJECT_ROOT


@pytest.fixture
def shell(store):
    """Runs a command line in a shell, in which $UNROLL stands for ``python -m cache`` on the cache ``store``."""

    def call(line, **variables):
        unroll = f"{sys.executable} -m cache --cache {store.root}"
        environment = os.environ | {"UNROLL": unroll} | variables
        return subprocess.run(
            ["bash", "-c", line], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, errors="replace"
        )

    return call


def test_output_that_cannot_be_written_is_one_sentence(shell, finish, small_spec):
    finish(small_spec(), [0.8])
    done = shell("$UNROLL list >/dev/full")
    assert done.returncode == 1 and done.stderr == "The output cannot be written: No space left on device.\n"
    done = shell("$UNROLL list >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_characters_that_a_terminal_cannot_show_are_replaced(shell, finish, small_spec, encoding):
    run_id = finish(small_spec(), [0.8]).id
    done = shell(f"$UNROLL show {run_id} && $UNROLL show 99", PYTHONIOENCODING=encoding)
    assert done.returncode == 1 and "?" in done.stdout and done.stderr == "There is no run 99.\n"


def test_ctrl_c_is_quiet_while_modules_are_imported(tmp_path):
    (tmp_path / "pandas.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    (tmp_path / "numpy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = subprocess.run(
        [sys.executable, "-m", "cache", "list"],
        cwd=PROJECT_ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "")


def test_the_status_of_a_command_is_returned(capsys):
    assert run(lambda: 3) == 3


def test_errors_name_the_users_file_and_what_to_do(tmp_path):
    target = tmp_path / "x.zip"
    for error in (OSError(errno.ENOSPC, "No space left on device"), PermissionError(13, "No", str(tmp_path / ".part"))):
        with pytest.raises(ValueError, match=r"x\.zip cannot be written: No.*another folder\.$"), writing(target):
            raise error
    for error in (FileExistsError("x is there already"), OSError(errno.EIO, "Broken", "/elsewhere/runs.sqlite")):
        with pytest.raises(type(error)) as raised, writing(target):
            raise error
        assert raised.value is error
    assert describe_error(OSError(errno.ENOSPC, "No space left", "/a")) == (
        "/a: No space left; free some space on that disk, or name another folder."
    )
    assert describe_error(OSError(errno.EIO, "Broken", "/a")) == "/a: Broken."
    assert describe_error(NotADirectoryError(errno.ENOTDIR, "No", "/a/b")) == "/a/b: No; name another file or folder."


def test_a_relative_file_is_named_as_it_was_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (".part-1", str(tmp_path / ".part-1")):
        with pytest.raises(ValueError, match=r"^x\.zip cannot be written: No such"), writing(Path("x.zip")):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)


def test_errors_of_the_database_say_what_to_do(tmp_path):
    (tmp_path / "text").write_text("This is no database. " * 100)
    with closing(sqlite3.connect(tmp_path / "text")) as db, pytest.raises(sqlite3.DatabaseError) as damaged:
        db.execute("SELECT * FROM runs")
    assert describe_error(damaged.value).endswith(": the next command recovers what can be read.")
    with closing(sqlite3.connect(tmp_path / "a")) as one, closing(sqlite3.connect(tmp_path / "a", timeout=0)) as other:
        one.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as busy:
            other.execute("BEGIN IMMEDIATE")
    assert describe_error(busy.value).endswith(": wait a moment, then try again.")
    assert describe_error(sqlite3.OperationalError("disk I/O error")).startswith("The run cache cannot be used at the")
