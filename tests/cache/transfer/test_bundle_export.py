"""Which runs and files a bundle holds, and what cannot be exported."""

import io
import subprocess

import numpy as np
import pytest

from cache.browsing import annotations
from cache.core.checksums import checksum
from cache.store.manifest import MANIFEST
from cache.transfer.bundle_check import CONTENTS, SUMS
from cache.transfer.bundles import Imported, export_bundle, import_bundle
from models.atomic_files import HOST
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, load_arrays, load_predictions, save_epoch_weights
from tests.cache.transfer.made_bundles import exported, finish, imported, tiny_spec, two_runs, unpacked, write_files


def test_the_same_runs_make_the_same_file_and_count_once(here):
    bundle = two_runs(here)
    assert exported(here, [1, 2, 1], weights=True) == bundle
    assert unpacked(exported(here, [1])).keys() == {CONTENTS, SUMS, f"runs/1/{MANIFEST}", f"runs/1/{PREDICTIONS}"}


def test_weights_go_along_for_the_runs_that_are_named(here):
    two_runs(here)
    file = io.BytesIO()
    export_bundle(here, [1, 2], file, weights=[2])
    members = unpacked(file.getvalue())
    assert f"runs/2/{BEST_WEIGHTS}" in members and f"runs/1/{BEST_WEIGHTS}" not in members


def test_weights_after_chosen_epochs_stay_here(here, there, small_spec):
    """They are many times the best weights; earlier versions read the bundle, too."""

    def write(folder, spec, epochs):
        write_files(folder, spec, epochs)
        save_epoch_weights(folder, {1: load_arrays(folder / BEST_WEIGHTS)[0]})

    run_id = finish(here, small_spec(), write=write)
    assert here.run(run_id).kept_epochs
    bundle = exported(here, [run_id], weights=True)
    assert {name.rpartition("/")[2] for name in unpacked(bundle)} == {
        CONTENTS,
        SUMS,
        MANIFEST,
        PREDICTIONS,
        BEST_WEIGHTS,
    }
    (new,) = imported(there, bundle).new
    assert there.run(new).kept_epochs == [] and there.damaged_files(there.run(new)) == []


def test_of_large_answers_those_of_the_best_epoch_go_along(here, there, small_spec):
    run_id = finish(here, small_spec())
    path = here.files_dir(run_id) / PREDICTIONS
    size_bytes = path.stat().st_size
    (whole,) = imported(there, exported(here, [run_id], most_answer_bytes=size_bytes)).new
    assert (there.files_dir(whole) / PREDICTIONS).read_bytes() == path.read_bytes()
    annotations.delete(there, [whole])
    annotations.purge(there, [whole])
    (slim,) = imported(there, exported(here, [run_id], most_answer_bytes=size_bytes - 1)).new
    kept = load_predictions(there.files_dir(slim))
    assert list(kept) == [3] and np.array_equal(kept[3], load_predictions(here.files_dir(run_id))[3])
    assert there.run(slim).files[PREDICTIONS] == checksum(there.files_dir(slim) / PREDICTIONS) != checksum(path)
    assert exported(there, [slim]) == exported(there, [slim])  # and can be exported again
    assert imported(here, exported(there, [slim])) == Imported([], [run_id])


def test_other_tools_find_the_checksums_right(bundle, tmp_path):
    for name, text in unpacked(bundle).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text)
    output = subprocess.run(["sha256sum", "-c", SUMS], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert output.count(": OK\n") == 7


def test_progress_is_reported(here):
    two_runs(here)
    output = []
    exported(here, [1, 2], weights=True, on_progress=lambda *numbers: output.append(numbers))
    assert output == [(done, 8) for done in range(9)]


@pytest.mark.parametrize(
    ("ids", "error", "match"),
    [
        ([], ValueError, "No runs are chosen"),
        ([1, 7], KeyError, "There is no run 7"),
        ([1, 2], ValueError, "Run 2 is queued: only finished runs"),
        ([3], ValueError, "Run 3 cannot be exported: its file predictions.npz is damaged or missing"),
        ([4], ValueError, "Run 4 cannot be exported: its file predictions.npz is damaged or missing"),
        ([5], ValueError, "Run 5 cannot be exported: The spec cannot be read by this version"),
        ([6], ValueError, "Run 6 cannot be exported: A note is text; this one holds"),
    ],
)
def test_what_cannot_be_exported_is_named_and_nothing_is_written(here, tmp_path, ids, error, match):
    finish(here, tiny_spec())
    here.submit([tiny_spec(100)], 1, "gpu:0")
    for seed in range(1, 5):
        finish(here, tiny_spec(seed))
    (here.files_dir(3) / PREDICTIONS).write_bytes(b"")
    (here.files_dir(4) / PREDICTIONS).unlink()
    (here.files_dir(5) / MANIFEST).unlink()
    with here.db.transaction() as db:
        db.execute("UPDATE runs SET spec = '{}' WHERE id = 5")
        db.execute("UPDATE runs SET note = ? WHERE id = 6", ("\x1b[2J",))
    target = tmp_path / "bundle.zip"
    target.write_text("what was there")
    with pytest.raises(error, match=match):
        export_bundle(here, ids, target)
    assert target.read_text() == "what was there"
    assert not list(tmp_path.glob("*.part"))


def test_the_written_runs_are_counted_and_leftovers_removed(here, tmp_path):
    two_runs(here)
    left = tmp_path / f".part-{HOST}-99999999-00000000-1.tmp"
    left.write_text("of a killed process")
    assert export_bundle(here, [1, 2, 1], tmp_path / "x.zip") == 2
    assert not left.exists()


def test_a_path_gets_the_whole_bundle_or_none(here, there, tmp_path):
    bundle, target = two_runs(here), tmp_path / "bundle.zip"
    export_bundle(here, [1, 2], target, weights=[1, 2])
    assert target.read_bytes() == bundle
    target.unlink()

    def stop(done, total):
        if done == 3:
            raise OSError(28, "No space")

    with pytest.raises(OSError, match="No space"):
        export_bundle(here, [1, 2], target, on_progress=stop)
    assert not list(tmp_path.glob("bundle.zip*"))
    export_bundle(here, [1], target)
    assert import_bundle(there, target).new == [1]


def test_a_bundle_that_could_not_be_imported_is_not_made(here, monkeypatch):
    two_runs(here)
    monkeypatch.setattr("cache.transfer.bundles.MAX_BUNDLE_BYTES", 10_000)
    with pytest.raises(ValueError, match="too much for one bundle, 0 MB: choose fewer, or leave their weights out"):
        exported(here, [1, 2], weights=True)
    monkeypatch.setattr("cache.transfer.bundles.MAX_RUNS", 1)
    with pytest.raises(ValueError, match="at most 1 runs: choose fewer"):
        exported(here, [1, 2])
