"""Commands and processes look at a cache that may not be changed, and change not a byte of it."""

import os
import subprocess
import sys

import pytest

from cache.__main__ import main
from cache.cli.parser import parser
from cache.core.access import read_only_reason
from cache.core.processes import PROJECT_ROOT
from cache.core.settings import READ_ONLY
from tests.cache.core.trees import tree


@pytest.mark.parametrize(
    "words",
    [("cache.execution.runner", "--device", "cpu"), ("cache.tasks", "read_test_texts", '{"dataset": "imdb"}')],
    ids=lambda words: words[0],
)
def test_a_process_reports_in_one_line_why_it_does_not_begin(filled, words):
    before = tree(filled.root)
    command = [sys.executable, "-m", *words, "--cache", str(filled.root)]
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=os.environ | {READ_ONLY.variable: "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "This Unroll is read-only" in done.stderr
    assert tree(filled.root) == before


LOOKING = {
    "list": [],
    "show": ["1"],
    "export": ["1", "--to", "TARGET"],
    "backup": ["TARGET"],
    "health": [],
    "datasets": [],
    "vectors": [],
    "gc": [],
}
CHANGING = {
    "download": ["imdb_reviews"],
    "restore-backup": ["BUNDLE", "--to", "NEW"],
    "study": ["--device", "cpu", "--no-wait"],
    "train": ["flatten", "--dataset", "rotten_tomatoes", "--examples", "200", "--device", "cpu", "--no-wait"],
    "cancel": ["2"],
    "retry": ["4"],
    "restore": ["3"],
    "rm": ["1"],
    "import": ["BUNDLE"],
    "add-dataset": ["CSV"],
    "rm-dataset": ["DATASET"],
    "add-vectors": ["VECTORS_FILE"],
    "rm-vectors": ["VECTORS"],
}
"""The words of each command. One that is new has to be put into one of the two."""


def test_every_command_is_held_here():
    (commands,) = (each for each in parser()._actions if each.dest == "command")
    assert set(LOOKING) | set(CHANGING) == set(commands.choices)


@pytest.mark.parametrize("command", [*LOOKING, *CHANGING])
def test_commands_look_and_do_not_change(filled, monkeypatch, tmp_path, capsys, command):
    (tmp_path / "runs.zip").write_bytes(filled.bundle.getvalue())
    rows = "".join(f"text {number} is here,{number % 2}\n" for number in range(200))
    (tmp_path / "new.csv").write_text(f"text,label\n{rows}")
    places = {
        "TARGET": tmp_path / "out.zip",
        "NEW": tmp_path / "new",
        "BUNDLE": tmp_path / "runs.zip",
        "CSV": tmp_path / "new.csv",
    }
    places |= {"DATASET": filled.dataset, "VECTORS": filled.vectors, "VECTORS_FILE": filled.vectors_file}
    monkeypatch.setenv(READ_ONLY.variable, "1")
    before = tree(filled.root)
    words = [str(places.get(word, word)) for word in (LOOKING | CHANGING)[command]]
    status = main(["--cache", str(filled.root), command, *words, "--json"])
    captured = capsys.readouterr()
    assert tree(filled.root) == before
    assert not (tmp_path / "new").exists()
    if command in LOOKING:
        assert (status, captured.err) == (0, "")
    else:
        assert (status, captured.out) == (1, "") or command in ("train", "study")
        assert captured.err == f"{read_only_reason(filled.root)}\n"
