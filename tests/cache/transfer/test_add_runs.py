"""Importing runs again adds the files that they lack here, and no other files."""

import json
import sqlite3
from contextlib import closing

import pytest

from cache.__main__ import main
from cache.core.checksums import checksum
from cache.transfer.add_runs import Imported
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, load_arrays, save_arrays
from tests.cache.transfer.made_bundles import (
    exported,
    finish,
    imported,
    measured,
    new_store,
    snapshot,
    tiny_spec,
    two_runs,
    write_files,
)


@pytest.fixture
def bundles(here):
    """(without weights, with weights) of the same two runs."""
    with_weights = two_runs(here)
    return exported(here, [1, 2]), with_weights


def test_weights_of_runs_that_are_here_without_them_are_added(here, there, bundles):
    without, with_weights = bundles
    imported(there, without)
    result = imported(there, with_weights)
    assert result == Imported([], [1, 2], completed=[1, 2])
    assert result.summary == "2 runs were here already, and 2 of them got missing files."
    assert [measured(there, run_id) for run_id in (1, 2)] == [measured(here, run_id) for run_id in (1, 2)]
    assert all(there.damaged_files(there.run(run_id)) == [] for run_id in (1, 2))
    assert exported(there, [1, 2], weights=True, created_at=0) == exported(here, [1, 2], weights=True, created_at=0)
    before = snapshot(there)
    assert imported(there, with_weights) == Imported([], [1, 2]) and snapshot(there) == before


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_damaged_and_missing_files_are_replaced(there, bundles, damage):
    imported(there, bundles[1])
    path = there.files_dir(1) / PREDICTIONS
    path.unlink() if damage == "missing" else path.write_bytes(b"damaged")
    assert imported(there, bundles[0]).completed == [1]
    assert there.damaged_files(there.run(1)) == []


def test_weights_that_are_not_those_of_the_run_are_not_added(there, bundles, tmp_path, monkeypatch):
    """The curve is the same, but the record here names other weights."""

    def write(folder, spec, epochs):
        write_files(folder, spec, epochs)
        arrays, _ = load_arrays(folder / BEST_WEIGHTS)
        save_arrays(folder / BEST_WEIGHTS, [array + 1 for array in arrays])

    imported(there, bundles[0])
    elsewhere = new_store(tmp_path / "elsewhere")
    run_id = finish(elsewhere, tiny_spec(), write=write)
    before = snapshot(there)
    result = imported(there, exported(elsewhere, [run_id], weights=True))
    assert result == Imported([], [1], incomplete=[1])
    assert result.summary == (
        "Nothing new: 1 run was here already. 1 known run still without some files: the bundle has other files."
    )
    assert snapshot(there) == before
    monkeypatch.setattr("cache.transfer.add_runs.sync_folder", lambda path: path == there.runs_dir or 1 / 0)
    assert imported(there, exported(elsewhere, [run_id], weights=True)) == result, "nothing was written there"


def test_a_failure_leaves_known_runs_as_they_were(there, bundles, monkeypatch):
    without, with_weights = bundles
    imported(there, without)
    before = snapshot(there)
    monkeypatch.setattr("cache.transfer.add_runs.sync_folder", lambda path: path == there.runs_dir and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imported(there, with_weights)
    assert snapshot(there) == before


def test_files_of_known_runs_are_read_before_others_have_to_wait(there, bundles, monkeypatch):
    imported(there, bundles[1])
    seen = []

    def look(path):
        if path.is_relative_to(there.runs_dir):
            with closing(sqlite3.connect(there.database_file, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
            seen.append(path)
        return checksum(path)

    monkeypatch.setattr("cache.transfer.add_runs.checksum", look)
    assert imported(there, bundles[1]) == Imported([], [1, 2]) and len(seen) > 4


def test_a_file_that_another_import_adds_meanwhile_is_not_added_again(there, bundles, monkeypatch):
    imported(there, bundles[0])
    transaction = there.db.transaction

    def import_first():
        monkeypatch.undo()
        assert imported(there, bundles[1]).completed == [1, 2]
        return transaction()

    monkeypatch.setattr(there.db, "transaction", import_first)
    assert imported(there, bundles[1]) == Imported([], [1, 2])


def test_the_command_reports_what_each_run_got(there, bundles, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("UNROLL_REFERENCE", "")
    for name, contents in zip(("without.zip", "with.zip"), bundles, strict=True):
        (tmp_path / name).write_bytes(contents)
    seen = []
    for name in ("without.zip", "without.zip", "with.zip"):
        assert main(["--cache", str(there.root), "import", str(tmp_path / name), "--json"]) == 0
        printed = capsys.readouterr()
        seen.append(({row["import"] for row in json.loads(printed.out)}, printed.err.partition(": ")[2].strip()))
    assert seen == [
        ({"new"}, "2 runs imported."),
        ({"known"}, "Nothing new: 2 runs were here already."),
        ({"completed"}, "2 runs were here already, and 2 of them got missing files."),
    ]


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        (Imported([1], []), "1 run imported."),
        (Imported([1, 2], [3]), "2 runs imported; 1 run was here already."),
        (Imported([], [3, 4], [3]), "2 runs were here already, and 1 of them got missing files."),
        (Imported([], [3], [3]), "1 run was here already, and got missing files."),
    ],
)
def test_the_summary_counts_the_runs(result, summary):
    assert result.summary == summary
