"""A bundle is imported whole or not at all, also if it is damaged or the cache changes."""

import os
import random
import subprocess
import sys

import pytest

from cache.core.access import CacheReadOnly
from cache.core.processes import PROJECT_ROOT
from cache.transfer.bundles import BadBundle, Imported, import_bundle
from tests.cache.transfer.made_bundles import imported, measured, new_store, snapshot


def test_a_failure_in_the_middle_leaves_nothing(there, bundle, monkeypatch):
    real, calls = os.replace, []

    def replace_once(*paths):
        calls.append(paths)
        if len(calls) == 2:
            raise OSError(28, "No space")
        real(*paths)

    before = snapshot(there)
    monkeypatch.setattr("cache.transfer.bundles.os.replace", replace_once)
    with pytest.raises(OSError, match="No space"):
        imported(there, bundle)
    assert len(calls) == 2
    assert snapshot(there) == before
    monkeypatch.undo()
    assert imported(there, bundle).new == [1, 2]


def test_rows_that_cannot_be_stored_take_the_files_along(there, bundle, monkeypatch):
    before = snapshot(there)
    monkeypatch.setattr("cache.transfer.add_runs.sync_folder", lambda path: path == there.runs_dir and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imported(there, bundle)
    assert snapshot(there) == before


def test_files_of_a_killed_import_are_in_no_ones_way(there, bundle):
    (there.files_dir(1) / "old").mkdir(parents=True)
    assert imported(there, bundle).new == [1, 2]
    assert there.damaged_files(there.run(1)) == []
    assert not (there.files_dir(1) / "old").exists()


def test_a_cache_that_cannot_be_written_reports_it_first(there, bundle):
    with pytest.raises(CacheReadOnly, match="Not here"):
        import_bundle(there.view("Not here."), None)


def test_others_read_and_import_at_the_same_time(there, bundle, tmp_path):
    """Readers see both runs or none; of many importers one adds them."""
    (tmp_path / "bundle.zip").write_bytes(bundle)
    reader = """
import sys
from pathlib import Path
from cache.store.store import RunStore
store = RunStore(Path(sys.argv[1]))
seen = {len(store.runs())}
print("ready", flush=True)
while seen != {0, 2}:
    runs = store.runs()
    seen.add(len(runs))
    assert all(store.damaged_files(run) == [] and len(store.epochs([run.id])[run.id]) == 3 for run in runs), runs
"""
    importer = """
import sys
from pathlib import Path
from cache.transfer.bundles import import_bundle
from cache.store.store import RunStore
result = import_bundle(RunStore(Path(sys.argv[1])), Path(sys.argv[2]))
print(len(result.new), len(result.known))
"""
    options = {"cwd": PROJECT_ROOT, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", reader, there.root], **options) as reading:
        assert reading.stdout.readline() == "ready\n"
        command = [sys.executable, "-c", importer, there.root, tmp_path / "bundle.zip"]
        importing = [subprocess.Popen(command, **options) for _ in range(3)]
        output = sorted(process.communicate(timeout=60)[0] for process in importing)
        assert reading.wait(60) == 0
    assert output == ["0 2\n", "0 2\n", "2 0\n"]


# Anything at all


def spoil(data, chance):
    """Bytes flipped, overwritten, cut out or doubled; half the time where the zip file speaks of itself."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        place = chance.randrange(chance.choice((0, max(0, len(data) - 700))), len(data))
        match chance.randrange(4):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                data[place] = chance.choice((0, 0xFF, chance.randrange(256)))
            case 2 if place:
                del data[place : place + chance.choice((1, 4, len(data)))]
            case 3:
                data[place:place] = data[place : place + chance.choice((1, 50))]
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_damage_of_any_kind_is_refused_or_does_no_harm(there, bundle, seed, tmp_path):
    """The right runs arrive, or nothing does."""
    chance, whole = random.Random(seed), new_store(tmp_path / "whole")
    imported(whole, bundle)
    before, num_arrived = snapshot(there), 0
    for number in range(50):
        try:
            result = imported(there, spoil(bundle, chance))
        except BadBundle as error:
            assert str(error).isprintable() and str(error).endswith(": nothing was imported.")  # noqa: PT017
            assert snapshot(there) == before
        else:
            num_arrived += 1
            assert result == Imported([1, 2], [])
            assert [measured(there, run_id) for run_id in (1, 2)] == [measured(whole, run_id) for run_id in (1, 2)]
            assert all(there.damaged_files(there.run(run_id)) == [] for run_id in (1, 2))
            there = new_store(tmp_path / f"after-{number}")
            before = snapshot(there)
    assert num_arrived < 10
