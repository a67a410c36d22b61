import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cache.browsing import annotations
from cache.core.access import CacheReadOnly
from cache.core.checksums import checksum
from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.store.manifest import RECORD, RunManifest
from cache.store.runner_store import RunnerStore
from cache.transfer.bundle_check import CONTENTS, SUMS, check_arrays
from cache.transfer.bundles import BadBundle, Imported, export_bundle, import_bundle
from models.architectures import ARCHITECTURES
from models.experiments.spec import RunSpec
from models.layers.stack import summarize
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from models.training.run_files import (
    BEST_WEIGHTS,
    PREDICTIONS,
    STATE,
    load_arrays,
    load_predictions,
    save_arrays,
    save_epoch_weights,
    save_predictions,
)

ENVIRONMENT = {"device": "Test CPU", "lane": "cpu", "versions": {"keras": "3"}}
ACCURACIES = (0.6, 0.5, 0.7)


@pytest.fixture
def here(tmp_path):
    return new_store(tmp_path / "here")


@pytest.fixture
def there(tmp_path):
    return new_store(tmp_path / "there", now=2_000.0)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return two_runs(new_store(tmp_path_factory.mktemp("bundle")))


def write_files(folder, spec, epochs, examples=7):
    """What training would leave of these epochs, with invented numbers."""
    numbers, best, predictions = np.random.default_rng(spec.seed), -1.0, {}
    for epoch in epochs:
        if epoch.validation_accuracy > best:
            best = epoch.validation_accuracy
            predictions[epoch.epoch] = numbers.random(examples, dtype=np.float32)
    layers = summarize(spec.layers(), (spec.encoding.length,))
    weights = [numbers.random(each.shape, dtype=np.float32) for layer in layers for each in layer.weights]
    save_predictions(folder, predictions)
    save_arrays(folder / BEST_WEIGHTS, weights)
    save_arrays(folder / STATE, weights, epoch=len(epochs), best_accuracy=best)


def finish(store, spec, epochs=None, write=write_files, contended=None):
    """Takes a spec through the life of a run, as the runner does; returns its id."""
    epochs = epochs or [
        EpochFinished(number, 0.5, 0.75, 0.6, accuracy, 0.6, 0.7, 1.5 + number / 7, 0.1, number == 1)
        for number, accuracy in enumerate(ACCURACIES, start=1)
    ]
    (run_id,) = store.submit([spec], len(epochs), "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(run_id, ENVIRONMENT, None)
    for epoch in epochs:
        store.add_epoch(run_id, epoch)
    staged = store.staging_dir / "job"
    staged.mkdir()
    write(staged, spec, epochs)
    store.finish(run_id, staged, ENVIRONMENT, contended)
    return run_id


def exported(store, run_ids, *, weights=False, **options):
    file = io.BytesIO()
    export_bundle(store, run_ids, file, weights=run_ids if weights else (), **options)
    return file.getvalue()


def imported(store, data):
    return import_bundle(store, io.BytesIO(data))


def measured(store, run_id):
    """All that has to arrive unchanged."""
    run = store.run(run_id)
    files = {name: digest for name, digest in run.files.items() if name in (PREDICTIONS, BEST_WEIGHTS)}
    changing = {"id": 0, "device_id": "", "imported_at": None, "attempts": 0, "pinned": False, "archived": False}
    return replace(run, **changing, files=files), store.epochs([run_id])[run_id]


def snapshot(store):
    """Every row of every table, and every file with its contents."""
    tables = [store.db.read(f"SELECT * FROM {name}") for name in ("runs", "epochs", "runners", "sqlite_sequence")]
    tree = {path: path.is_file() and path.read_bytes() for path in store.root.rglob("*")}
    return [[tuple(row) for row in rows] for rows in tables], tree


def refused(store, data, match="."):
    """The sentence with which a bundle is refused, nothing having changed."""
    before = snapshot(store)
    with pytest.raises(BadBundle, match=match) as caught:
        imported(store, data)
    assert snapshot(store) == before
    sentence = str(caught.value)
    assert sentence.isprintable() and len(sentence) < 400 and sentence.endswith(": nothing was imported.")
    return sentence


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members, *, sums=True, method=zipfile.ZIP_DEFLATED, change=lambda info: None):
    """A zip of ``members``, with the checksums that they have now."""
    if sums:
        digests = {name: hashlib.sha256(text).hexdigest() for name, text in members.items() if name != SUMS}
        members = members | {SUMS: "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            change(info)
            archive.writestr(info, text)
    return file.getvalue()


def new_store(root, now=1_000.0):
    return RunnerStore(root, clock=lambda: now)


def tiny_spec(seed=0):
    return RunSpec.create(
        dataset="imdb",
        fingerprint="0123456789abcdef",
        architecture="flatten",
        hyperparameters={"embedding_dim": 2, "dense_units": 1},
        encoding=TextEncoding(10, 5),
        seed=seed,
    )


def two_runs(store):
    """Trains two small runs with invented numbers; returns a bundle of them with their weights."""
    for seed in (0, 1):
        finish(store, tiny_spec(seed))
    return exported(store, [1, 2], weights=True)


# Out and in


@pytest.mark.parametrize("weights", [False, True])
def test_runs_arrive_as_they_left(here, there, small_spec, weights):
    ids = [finish(here, small_spec(seed=0)), finish(here, small_spec("lstm"), contended="Another program")]
    annotations.rename(here, ids[0], "The best")
    annotations.annotate(here, ids[0], "Two lines\nof “notes” with 🙂.")
    annotations.tag(here, ids, ["paper", "naïve"])
    finish(there, tiny_spec(9))
    result = imported(there, exported(here, ids, weights=weights))
    assert result == Imported(new=[2, 3], known=[])
    for old, new in zip(ids, result.new, strict=True):
        run, epochs = measured(here, old)
        assert measured(there, new) == (run if weights else replace(run, files=without_weights(run)), epochs)
        arrived = there.run(new)
        assert (arrived.imported_at, arrived.device_id, arrived.device) == (2_000.0, "elsewhere", "Test CPU")
        expected = {PREDICTIONS, RECORD} | ({BEST_WEIGHTS} if weights else set())
        assert set(arrived.files) == expected == {path.name for path in there.files_dir(new).iterdir()}
        assert there.damaged_files(arrived) == []
        assert RunManifest.from_json((there.files_dir(new) / RECORD).read_bytes()).device == "Test CPU"
    assert list(there.staging_dir.iterdir()) == []
    assert there.resume_source(there.run(2).identity, 9, "Test CPU") is None


def without_weights(run):
    return {name: digest for name, digest in run.files.items() if name != BEST_WEIGHTS}


@pytest.mark.parametrize("name", ["flatten", pytest.param("lstm_dropout", marks=pytest.mark.slow)])
def test_a_real_training_makes_the_round_trip(name, here, there, small_spec, small_data, tmp_path):
    """With dropout, too: its random state is none of the weights."""
    from models.training.training import train

    (tmp_path / "trained").mkdir()
    events = list(train(small_spec(name), small_data, 2, tmp_path / "trained"))
    epochs = [event for event in events if isinstance(event, EpochFinished)]

    def write(folder, spec, epochs):
        shutil.copytree(tmp_path / "trained", folder, dirs_exist_ok=True)

    run_id = finish(here, small_spec(name), epochs, write)
    (arrived,) = imported(there, exported(here, [run_id], weights=True)).new
    assert measured(there, arrived) == measured(here, run_id)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_expected_weights_are_those_of_keras(name, small_spec, tmp_path):
    from models.training.keras_model import build_model

    spec = small_spec(name)
    save_arrays(tmp_path / BEST_WEIGHTS, build_model(spec.layers(), spec.encoding.length).get_weights())
    record = RunManifest(spec, (), ENVIRONMENT, None, 0.0, None, None, {})
    assert check_arrays(tmp_path / BEST_WEIGHTS, "it", record) > 4 * spec.num_params()


def test_importing_again_adds_nothing(here, there):
    bundle = two_runs(here)
    assert imported(there, bundle).new == [1, 2]
    before = snapshot(there)
    assert imported(there, bundle) == Imported(new=[], known=[1, 2])
    assert snapshot(there) == before
    assert imported(here, bundle) == Imported(new=[], known=[1, 2])
    more = exported(here, [2, finish(here, tiny_spec(5))])
    assert imported(there, more) == Imported(new=[3], known=[2])


def test_another_measurement_of_the_same_spec_is_another_run(there, bundle):
    epochs = [EpochFinished(number, 0.5, 0.7, 0.6, 0.6, 0.6, 0.7, 9.0, 0.1, number == 1) for number in (1, 2, 3)]
    finish(there, tiny_spec(0), epochs)
    assert imported(there, bundle) == Imported(new=[2, 3], known=[])


def test_a_run_in_the_bin_does_not_count_as_known(there, bundle):
    imported(there, bundle)
    annotations.delete(there, [1])
    assert imported(there, bundle) == Imported(new=[3], known=[2])


def test_what_was_imported_can_be_exported_again(there, bundle):
    again = exported(there, imported(there, bundle).new, weights=True)
    first, second = unpacked(bundle), unpacked(again)
    assert {name: text for name, text in first.items() if name.startswith("runs")} == {
        name: text for name, text in second.items() if name.startswith("runs")
    }


def test_a_run_from_before_there_were_records_gets_one(here, there):
    run_id = finish(here, tiny_spec())
    (here.files_dir(run_id) / RECORD).unlink()
    with here.db.transaction() as db:
        files = {name: digest for name, digest in here.run(run_id).files.items() if name != RECORD}
        db.execute("UPDATE runs SET files = ?", (json.dumps(files),))
    (arrived,) = imported(there, exported(here, [run_id])).new
    assert measured(there, arrived)[1] == measured(here, run_id)[1]
    assert RECORD in there.run(arrived).files


def test_a_damaged_record_is_made_anew_from_the_row(here, there):
    run_id = finish(here, tiny_spec())
    (here.files_dir(run_id) / RECORD).write_text("{}")
    assert measured(there, *imported(there, exported(here, [run_id])).new)[1] == measured(here, run_id)[1]


def test_the_same_runs_make_the_same_file_and_count_once(here):
    bundle = two_runs(here)
    assert exported(here, [1, 2, 1], weights=True) == bundle
    assert unpacked(exported(here, [1])).keys() == {CONTENTS, SUMS, f"runs/1/{RECORD}", f"runs/1/{PREDICTIONS}"}


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
    assert {name.rpartition("/")[2] for name in unpacked(bundle)} == {CONTENTS, SUMS, RECORD, PREDICTIONS, BEST_WEIGHTS}
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
    said = subprocess.run(["sha256sum", "-c", SUMS], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.count(": OK\n") == 7


def test_progress_is_told(here):
    two_runs(here)
    said = []
    exported(here, [1, 2], weights=True, say=lambda *numbers: said.append(numbers))
    assert said == [(done, 8) for done in range(9)]


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
    (here.files_dir(5) / RECORD).unlink()
    with here.db.transaction() as db:
        db.execute("UPDATE runs SET spec = '{}' WHERE id = 5")
        db.execute("UPDATE runs SET note = ? WHERE id = 6", ("\x1b[2J",))
    target = tmp_path / "bundle.zip"
    target.write_text("what was there")
    with pytest.raises(error, match=match):
        export_bundle(here, ids, target)
    assert target.read_text() == "what was there"
    assert not list(tmp_path.glob("*.part"))


def test_a_path_gets_the_whole_bundle_or_none(here, there, tmp_path):
    bundle, target = two_runs(here), tmp_path / "bundle.zip"
    export_bundle(here, [1, 2], target, weights=[1, 2])
    assert target.read_bytes() == bundle
    target.unlink()

    def stop(done, total):
        if done == 3:
            raise OSError(28, "No space")

    with pytest.raises(OSError, match="No space"):
        export_bundle(here, [1, 2], target, say=stop)
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


# All or nothing


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
    monkeypatch.setattr("cache.transfer.bundles.sync_folder", lambda path: path == there.runs_dir and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imported(there, bundle)
    assert snapshot(there) == before


def test_files_of_a_killed_import_are_in_nobodys_way(there, bundle):
    (there.files_dir(1) / "old").mkdir(parents=True)
    assert imported(there, bundle).new == [1, 2]
    assert there.damaged_files(there.run(1)) == []
    assert not (there.files_dir(1) / "old").exists()


def test_a_cache_that_cannot_be_written_says_so_first(there, bundle):
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
        said = sorted(process.communicate(timeout=60)[0] for process in importing)
        assert reading.wait(60) == 0
    assert said == ["0 2\n", "0 2\n", "2 0\n"]


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
