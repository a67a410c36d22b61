import hashlib
import io
import json
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cache import bundle_check, shelf
from cache.bundle_check import CONTENTS, SUMS, check_arrays
from cache.bundles import BadBundle, Imported, export_bundle, import_bundle
from cache.database import CacheReadOnly
from cache.processes import PROJECT_ROOT, ProcessIdentity
from cache.record import RECORD, Record
from cache.runner_store import RunnerStore
from cache.store import RunStore
from models.architectures import ARCHITECTURES
from models.encoding import TextEncoding
from models.events import EpochFinished
from models.run_files import BEST_WEIGHTS, PREDICTIONS, STATE, save_arrays, save_predictions
from models.stack import summarize

ENVIRONMENT = {"device": "Test CPU", "lane": "cpu", "versions": {"keras": "3"}}
TINY = {"encoding": TextEncoding(10, 5), "hyperparameters": {"embedding_dim": 2, "dense_units": 1}}
ACCURACIES = (0.6, 0.5, 0.7)


@pytest.fixture
def here(tmp_path):
    return RunnerStore(tmp_path / "here", clock=lambda: 1_000.0)


@pytest.fixture
def there(tmp_path):
    return RunnerStore(tmp_path / "there", clock=lambda: 2_000.0)


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
    store.begin(run_id, ENVIRONMENT, None)
    for epoch in epochs:
        store.add_epoch(run_id, epoch)
    staged = store.staging_dir / "job"
    staged.mkdir()
    write(staged, spec, epochs)
    store.finish(run_id, staged, ENVIRONMENT, contended)
    return run_id


def exported(store, run_ids, **options):
    file = io.BytesIO()
    export_bundle(store, run_ids, file, **options)
    return file.getvalue()


def imported(store, data):
    return import_bundle(store, io.BytesIO(data))


def measured(store, run_id):
    """All that has to arrive unchanged."""
    run = store.run(run_id)
    files = {name: digest for name, digest in run.files.items() if name in (PREDICTIONS, BEST_WEIGHTS)}
    changing = {"id": 0, "lane": "", "imported_at": None, "attempts": 0, "pinned": False, "archived": False}
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


def patched(data, name, field, value, *, local=None):
    """The zip with a field of a member's entry in the directory (and of its own header) overwritten."""
    places = {"flags": (8, 6, "H"), "method": (10, 8, "H"), "crc": (16, 14, "L"), "packed": (20, 18, "L")}
    places |= {"size": (24, 22, "L"), "offset": (42, None, "L")}
    central, header, kind = places[field]
    data = bytearray(data)
    entry = data.rindex(name.encode()) - 46
    assert data[entry : entry + 4] == b"PK\1\2"
    struct.pack_into(f"<{kind}", data, entry + central, value)
    if header is not None and local is not False:
        (offset,) = struct.unpack_from("<L", data, entry + 42)
        struct.pack_into(f"<{kind}", data, offset + header, value)
    return bytes(data)


def edited(data, name, edit):
    """The bundle with one of its JSON files changed by ``edit``, and right checksums."""
    members = unpacked(data)
    values = json.loads(members[name])
    members[name] = json.dumps(edit(values) or values).encode()
    return packed(members)


@pytest.fixture
def bundle(here, small_spec):
    """Two runs with their weights."""
    return exported(here, [finish(here, small_spec(seed=seed, **TINY)) for seed in (0, 1)], weights=True)


# Out and in


@pytest.mark.parametrize("weights", [False, True])
def test_runs_arrive_as_they_left(here, there, small_spec, weights):
    ids = [finish(here, small_spec(seed=0)), finish(here, small_spec("lstm"), contended="Another program")]
    shelf.rename(here, ids[0], "The best")
    shelf.annotate(here, ids[0], "Two lines\nof “notes” with 🙂.")
    shelf.tag(here, ids, ["paper", "naïve"])
    finish(there, small_spec(seed=9))
    result = imported(there, exported(here, ids, weights=weights))
    assert result == Imported(new=[2, 3], known=[])
    for old, new in zip(ids, result.new, strict=True):
        run, epochs = measured(here, old)
        assert measured(there, new) == (run if weights else replace(run, files=without_weights(run)), epochs)
        arrived = there.run(new)
        assert (arrived.imported_at, arrived.lane, arrived.device) == (2_000.0, "elsewhere", "Test CPU")
        expected = {PREDICTIONS, RECORD} | ({BEST_WEIGHTS} if weights else set())
        assert set(arrived.files) == expected == {path.name for path in there.files_dir(new).iterdir()}
        assert there.damaged_files(arrived) == []
        assert Record.from_json((there.files_dir(new) / RECORD).read_bytes()).device == "Test CPU"
    assert list(there.staging_dir.iterdir()) == []
    assert there.resume_source(there.run(2).identity, 9, "Test CPU") is None


def without_weights(run):
    return {name: digest for name, digest in run.files.items() if name != BEST_WEIGHTS}


def test_a_real_training_makes_the_round_trip(here, there, small_spec, small_data, tmp_path):
    from models.training import train

    (tmp_path / "trained").mkdir()
    events = list(train(small_spec(), small_data, 2, tmp_path / "trained"))
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    copy = lambda folder, *_: shutil.copytree(tmp_path / "trained", folder, dirs_exist_ok=True)  # noqa: E731
    run_id = finish(here, small_spec(), epochs, copy)
    (arrived,) = imported(there, exported(here, [run_id], weights=True)).new
    assert measured(there, arrived) == measured(here, run_id)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_expected_weights_are_those_of_keras(name, small_spec, tmp_path):
    from models.keras_model import build_model

    spec = small_spec(name)
    save_arrays(tmp_path / BEST_WEIGHTS, build_model(spec.layers(), spec.encoding.length).get_weights())
    record = Record(spec, (), ENVIRONMENT, None, 0.0, None, None)
    assert check_arrays(tmp_path / BEST_WEIGHTS, "it", record) > 4 * spec.num_params()


def test_importing_again_adds_nothing(here, there, bundle, small_spec):
    assert imported(there, bundle).new == [1, 2]
    before = snapshot(there)
    assert imported(there, bundle) == Imported(new=[], known=[1, 2])
    assert snapshot(there) == before
    assert imported(here, bundle) == Imported(new=[], known=[1, 2])
    more = exported(here, [2, finish(here, small_spec(seed=5))])
    assert imported(there, more) == Imported(new=[3], known=[2])


def test_another_measurement_of_the_same_spec_is_another_run(here, there, bundle, small_spec):
    epochs = [EpochFinished(number, 0.5, 0.7, 0.6, 0.6, 0.6, 0.7, 9.0, 0.1, number == 1) for number in (1, 2, 3)]
    finish(there, small_spec(seed=0, **TINY), epochs)
    assert imported(there, bundle) == Imported(new=[2, 3], known=[])


def test_a_run_in_the_bin_does_not_count_as_known(there, bundle):
    imported(there, bundle)
    shelf.delete(there, [1])
    assert imported(there, bundle) == Imported(new=[3], known=[2])


def test_what_was_imported_can_be_exported_again(there, bundle):
    again = exported(there, imported(there, bundle).new, weights=True)
    first, second = unpacked(bundle), unpacked(again)
    assert {name: text for name, text in first.items() if name.startswith("runs")} == {
        name: text for name, text in second.items() if name.startswith("runs")
    }


def test_a_run_from_before_there_were_records_gets_one(here, there, small_spec):
    run_id = finish(here, small_spec(**TINY))
    (here.files_dir(run_id) / RECORD).unlink()
    with here.db.transaction() as db:
        files = {name: digest for name, digest in here.run(run_id).files.items() if name != RECORD}
        db.execute("UPDATE runs SET files = ?", (json.dumps(files),))
    (arrived,) = imported(there, exported(here, [run_id])).new
    assert measured(there, arrived)[1] == measured(here, run_id)[1]
    assert RECORD in there.run(arrived).files


def test_a_damaged_record_is_made_anew_from_the_row(here, there, small_spec):
    run_id = finish(here, small_spec(**TINY))
    (here.files_dir(run_id) / RECORD).write_text("{}")
    assert measured(there, *imported(there, exported(here, [run_id])).new)[1] == measured(here, run_id)[1]


def test_the_same_runs_make_the_same_file_and_count_once(here, bundle):
    assert exported(here, [1, 2, 1], weights=True) == bundle
    assert unpacked(exported(here, [1])).keys() == {CONTENTS, SUMS, f"runs/1/{RECORD}", f"runs/1/{PREDICTIONS}"}


def test_other_tools_find_the_checksums_right(bundle, tmp_path):
    for name, text in unpacked(bundle).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text)
    said = subprocess.run(["sha256sum", "-c", SUMS], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.count(": OK\n") == 7


def test_progress_is_told(here, bundle):
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
        ([6], ValueError, "Run 6 cannot be exported: A note holds characters that cannot be shown"),
    ],
)
def test_what_cannot_be_exported_is_named_and_nothing_is_written(here, small_spec, tmp_path, ids, error, match):
    finish(here, small_spec(**TINY))
    here.submit([small_spec(seed=100)], 1, "gpu:0")
    for seed in range(1, 5):
        finish(here, small_spec(seed=seed, **TINY))
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


def test_a_path_gets_the_whole_bundle_or_none(here, there, bundle, tmp_path):
    target = tmp_path / "bundle.zip"
    export_bundle(here, [1, 2], target, weights=True)
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


def test_a_bundle_that_could_not_be_imported_is_not_made(here, bundle, monkeypatch):
    monkeypatch.setattr("cache.bundles.MAX_BUNDLE_BYTES", 10_000)
    with pytest.raises(ValueError, match="too much for one bundle, 0 MB: choose fewer, or leave their weights out"):
        exported(here, [1, 2], weights=True)
    monkeypatch.setattr("cache.bundles.MAX_RUNS", 1)
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
    monkeypatch.setattr("cache.bundles.os.replace", replace_once)
    with pytest.raises(OSError, match="No space"):
        imported(there, bundle)
    assert len(calls) == 2
    assert snapshot(there) == before
    monkeypatch.undo()
    assert imported(there, bundle).new == [1, 2]


def test_rows_that_cannot_be_stored_take_the_files_along(there, bundle, monkeypatch):
    before = snapshot(there)
    monkeypatch.setattr("cache.bundles.sync_folder", lambda path: path == there.runs_dir and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imported(there, bundle)
    assert snapshot(there) == before


def test_files_of_a_killed_import_are_in_nobodys_way(there, bundle):
    (there.files_dir(1) / "old").mkdir(parents=True)
    assert imported(there, bundle).new == [1, 2]
    assert there.damaged_files(there.run(1)) == []
    assert not (there.files_dir(1) / "old").exists()


def test_a_cache_that_cannot_be_written_says_so_first(there, bundle):
    there.read_only = True
    with pytest.raises(CacheReadOnly, match="nothing can be imported"):
        import_bundle(there, None)


def test_others_read_and_import_at_the_same_time(there, bundle, tmp_path):
    """Readers see both runs or none; of many importers one adds them."""
    (tmp_path / "bundle.zip").write_bytes(bundle)
    reader = """
import sys
from pathlib import Path
from cache.store import RunStore
store, seen = RunStore(Path(sys.argv[1])), set()
print("ready", flush=True)
while seen != {0, 2}:
    runs = store.runs()
    seen.add(len(runs))
    assert all(store.damaged_files(run) == [] and len(store.epochs([run.id])[run.id]) == 3 for run in runs), runs
"""
    importer = """
import sys
from pathlib import Path
from cache.bundles import import_bundle
from cache.store import RunStore
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


# Refusals: the zip file


def replaced(members, old, new):
    return {new if name == old else name: text for name, text in members.items()}


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "/etc/passwd",
        "runs/1/../../../x",
        "..\\..\\x",
        "runs\\1\\run.json",
        "C:\\x",
        "C:x",
        "runs/1/model.py",
        "runs/1/model.pkl",
        "runs/1/model.keras",
        "runs/1/state.npz",
        "runs/١/run.json",
        "runs/1/RUN.JSON",
        "runs/1/run.json ",
        "runs//run.json",
        "runs/x/run.json",
        "runs/1/run.json\n",
        "runs/1/x/run.json",
        "./bundle.json",
        "Bundle.json",
        "x" * 1_000,
        "runs/9/",
        "/",
        "",
    ],
)
def test_a_name_that_is_no_file_of_a_bundle_is_refused(there, bundle, name):
    outside = set(there.root.parent.iterdir())
    said = refused(there, packed(unpacked(bundle) | {name: b"import os"}))
    assert "no file of a bundle" in said or "is a folder" in said
    assert set(there.root.parent.iterdir()) == outside


def parts(data):
    """A zip file's members, its directory, and its end."""
    end = data.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<L", data, end + 16)
    return data[:start], data[start:end], bytearray(data[end:])


def shorter(data):
    """The directory says more than there is."""
    data = packed(unpacked(data))
    return patched(data, SUMS, "size", len(unpacked(data)[SUMS]) + 1)


def overlapping(data):
    """Ten entries of the directory that share one body."""
    members, entry, end = parts(packed({"runs/1/run.json": os.urandom(5_000)}, sums=False))
    directory = b"".join(entry.replace(b"runs/1/", b"runs/%d/" % number) for number in range(10))
    struct.pack_into("<2HL", end, 8, 10, 10, len(directory))
    return members + directory + end


def with_slack(data):
    """Bytes before the directory that belong to no member."""
    members, directory, end = parts(data)
    struct.pack_into("<L", end, 16, len(members) + 5_000)
    return members + bytes(5_000) + directory + end


def with_another_directory(data):
    """A record for large files, which stands before the usual end and would be believed instead of it."""
    members, directory, end = parts(data)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 8, 8, len(directory), len(members))
    large += struct.pack("<4sLQL", b"PK\6\7", 0, len(members + directory), 1)
    struct.pack_into("<L", end, 16, len(members + large))
    return members + directory + large + end


def with_fewer_members(data):
    """A directory of more entries than the end says."""
    members, directory, end = parts(data)
    struct.pack_into("<2H", end, 8, 1, 1)
    return members + directory + end


def with_two_names(data):
    """A member whose own header says another name than the directory."""
    members, directory, end = parts(data)
    return members[::-1].replace(b"SMUS", b"ZMUS", 1)[::-1] + directory + end


def with_twins(data):
    return packed(unpacked(data) | {"bundle.jsoX": b"{}"}).replace(b"bundle.jsoX", b"bundle.json")


def with_an_end_in_its_name(data):
    members = {"bundle.jsonX" if name == CONTENTS else name: text for name, text in unpacked(data).items()}
    return packed(members).replace(b"bundle.jsonX", b"bundle.json\0")


def as_link(info):
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("match", "spoil"),
    [
        ("is no zip file", lambda data: b""),
        ("is no zip file", lambda data: b"hello"),
        ("is no zip file", lambda data: bytes(100_000)),
        ("or not a whole one", lambda data: data[:-1]),
        ("or not a whole one", lambda data: data[: len(data) // 2]),
        ("or not a whole one", lambda data: data + b"more"),
        ("or not a whole one", lambda data: b"#!/bin/sh\n" + data),
        ("no plain zip file", lambda data: data[1:]),
        ("no plain zip file", with_another_directory),
        ("no plain zip file", lambda data: with_fewer_members(packed({str(n): b"" for n in range(300)}))),
        ("has 16,001 members", lambda data: packed({f"runs/{n}/run.json": b"" for n in range(16_000)})),
        ("has no “bundle.json”", lambda data: packed({}, sums=False)),
        ("has no “bundle.json”", lambda data: packed({SUMS: b""}, sums=False)),
        ("has no “SHA256SUMS”", lambda data: packed({CONTENTS: b"{}"}, sums=False)),
        ("goes by two names", with_an_end_in_its_name),
        ("is there twice", with_twins),
        ("is no plain file", lambda data: packed(unpacked(data), change=as_link)),
        ("“SHA256SUMS” in the bundle is encrypted", lambda data: patched(data, SUMS, "flags", 0x1)),
        ("“SHA256SUMS” in the bundle is encrypted", lambda data: patched(data, SUMS, "flags", 0x41)),
        ("compressed patched data", lambda data: patched(data, SUMS, "flags", 0x20)),
        ("packed in a way that is not read", lambda data: packed(unpacked(data), method=zipfile.ZIP_BZIP2)),
        ("packed in a way that is not read", lambda data: packed(unpacked(data), method=zipfile.ZIP_LZMA)),
        ("packed in a way that is not read", lambda data: patched(data, SUMS, "method", 93)),
        ("“bundle.json” in the bundle has two sizes", lambda data: patched(data, CONTENTS, "size", 5)),
        ("SUMS” in the bundle is (damaged|shorter)", shorter),
        ("is damaged: Bad CRC-32", lambda data: patched(data, SUMS, "crc", 1)),
        ("is damaged: File name in directory", with_two_names),
        ("is damaged: Bad magic number", lambda data: patched(data, SUMS, "offset", 17)),
        ("is damaged: Truncated file header", lambda data: patched(data, SUMS, "offset", len(data) - 5)),
        ("is damaged: zip file version", lambda data: data.replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xff")),
        ("holds members that overlap", overlapping),
        ("holds more than its members", with_slack),
    ],
)
def test_a_zip_file_that_is_not_whole_and_plain_is_refused(there, bundle, match, spoil):
    refused(there, spoil(bundle), match)


@pytest.mark.parametrize(
    ("match", "members"),
    [
        ("“SHA256SUMS” of the bundle is larger than 2,000,000 bytes", {SUMS: bytes(2_000_001)}),
        ("“bundle.json” of the bundle is larger than 10,000,000 bytes", {CONTENTS: bytes(10_000_001)}),
        ("run.json” of the bundle is larger than 1,000,000 bytes", {f"runs/1/{RECORD}": bytes(1_000_001)}),
        ("predictions.npz” of the bundle is larger than", {f"runs/1/{PREDICTIONS}": bytes(100_000_001)}),
        ("unpacks to more than it can mean", {f"runs/1/{PREDICTIONS}": bytes(10_000_000)}),
    ],
)
def test_bombs_are_refused_before_they_go_off(there, match, members):
    data = packed(members, sums=False)
    tracemalloc.start()
    refused(there, data, match)
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_a_bomb_that_gives_itself_out_as_small_is_cut_off(there, bundle):
    """Its sizes and both checksums are those of its first thousand bytes, so that only the count of bytes is left."""
    name = f"runs/1/{RECORD}"
    lie = hashlib.sha256(bytes(1_000)).hexdigest()
    sums = unpacked(bundle)[SUMS].decode().splitlines()
    sums = "".join(f"{lie}  {name}\n" if line.endswith(name) else f"{line}\n" for line in sums)
    data = packed(unpacked(bundle) | {name: bytes(50_000_000), SUMS: sums.encode()}, sums=False)
    crc = zipfile.crc32(bytes(1_000))
    tracemalloc.start()
    refused(there, patched(patched(data, name, "size", 1_000), name, "crc", crc), "run.json” of the bundle is refused")
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_a_bundle_too_large_in_all_is_refused(there, bundle, monkeypatch):
    monkeypatch.setattr("cache.bundle_check.MAX_UNPACKED_BYTES", 3_000)
    refused(there, bundle, "The bundle unpacks to more than 3,000 bytes")
    monkeypatch.setattr("cache.bundle_check.MAX_BUNDLE_BYTES", 2_000)
    refused(there, bundle, "The bundle is larger than 2,000 bytes")


def test_arrays_that_unpack_to_too_much_in_all_are_refused(there, bundle, monkeypatch):
    monkeypatch.setattr("cache.bundles.MAX_UNPACKED_BYTES", sum(map(len, unpacked(bundle).values())) + 100)
    refused(there, bundle, "The bundle unpacks to more than")


def test_a_file_that_is_not_there_is_refused(there, tmp_path):
    before = snapshot(there)
    for path in (tmp_path / "none.zip", tmp_path):
        with pytest.raises(BadBundle, match="cannot be read: .*: nothing was imported"):
            import_bundle(there, path)
    assert snapshot(there) == before


# Refusals: what the bundle says


def with_sums(data, edit):
    members = unpacked(data)
    members[SUMS] = edit(members[SUMS].decode()).encode()
    return packed(members, sums=False)


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("“bundle.json” is not what its checksum says", lambda text: "0" * 64 + text[64:]),
        ("“bundle.json” of the bundle has no checksum", lambda text: text[text.index("\n") + 1 :]),
        ("“bundle.jsox” of the bundle is missing", lambda text: text + f"{'0' * 64}  bundle.jsox\n"),
        ("“../../x” of the bundle is missing", lambda text: text + f"{'0' * 64}  ../../x\n"),
        ("two for one file", lambda text: text + text),
        ("no checksums", lambda text: text.replace("  ", " *")),
        ("no checksums", lambda text: text + "\n"),
        ("no checksums", lambda text: text + "é\n"),
        ("no checksums", lambda text: text.upper()),
        ("has no checksum", lambda text: ""),
    ],
)
def test_wrong_checksums_are_refused(there, bundle, match, edit):
    refused(there, with_sums(bundle, edit), match)


def test_a_changed_file_is_refused(there, bundle):
    for name, text in unpacked(bundle).items():
        if name != SUMS:
            changed = unpacked(bundle) | {name: text[:-1] + bytes([text[-1] ^ 1])}
            refused(there, packed(changed, sums=False), f"“{name}” is not what its checksum says")


def say(**values):
    """Changes what ``bundle.json`` says of the first run."""
    return lambda contents: contents["runs"][0].update(values)


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("names no format", lambda values: [1]),
        ("names no format", lambda values: values.pop("format") and None),
        ("names no format", lambda values: values | {"format": True}),
        ("is of format 2; this Unroll reads format 1", lambda values: values | {"format": 2}),
        ("other fields", lambda values: values | {"code": "import os"}),
        ("other fields", lambda values: values.pop("created_at") and None),
        ("when the bundle was made", lambda values: values | {"created_at": "today"}),
        ("lists no runs", lambda values: values | {"runs": []}),
        ("lists no runs", lambda values: values | {"runs": {"runs/1": {}}}),
        ("a run with other fields", lambda values: values | {"runs": ["runs/1"]}),
        ("a run with other fields", say(pinned=True)),
        ("whose folder is no text", say(folder=["runs/1"])),
        ("lists “../../x”, which is not there", say(folder="../../x")),
        ("lists “runs/2” twice", say(folder="runs/2")),
        ("“runs/2”, which “bundle.json” does not list", lambda values: values | {"runs": values["runs"][:1]}),
        ("A name, a note and each of the tags is a text", say(name=None)),
        ("A name, a note and each of the tags is a text", say(note=5)),
        ("A name, a note and each of the tags is a text", say(tags="paper")),
        ("A name, a note and each of the tags is a text", say(tags=["paper", ["x"]])),
        ("A name is one line of at most 100", say(name="x" * 101)),
        ("A name is one line of at most 100", say(name="two\nlines")),
        ("A name is one line of at most 100", say(name="\ud800")),
        ("blanks around it", say(name=" x")),
        ("A note has at most 10,000", say(note="x" * 10_001)),
        ("A note holds characters that cannot be shown", say(note="\x1b[31m")),
        ("A note holds characters that cannot be shown", say(note="\ud800")),
        ("At most|at most 20 tags", say(tags=[str(number) for number in range(21)])),
        ("A tag is one line", say(tags=["x" * 51])),
        ("A tag is one line", say(tags=[""])),
        ("there twice", say(tags=["x", "x"])),
    ],
)
def test_a_list_of_runs_that_is_not_to_the_letter_is_refused(there, bundle, match, edit):
    refused(there, edited(bundle, CONTENTS, edit), match)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"format": NaN}', b"[" * 100_000, b'{"format": 1e999}'])
def test_a_list_of_runs_that_is_no_json_is_refused(there, bundle, text):
    refused(there, packed(unpacked(bundle) | {CONTENTS: text}, method=zipfile.ZIP_STORED))


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("not a run's record of format 1", lambda values: values | {"format": 2}),
        ("identity is not that of the spec", lambda values: values | {"identity": "0" * 64}),
        ("There is no architecture 'x'", lambda values: values["spec"].update(architecture="x")),
        ("'batch_size' is 'x'|not supported between", lambda values: values["spec"]["training"].update(batch_size="x")),
        ("names no device", lambda values: values | {"environment": {}}),
        ("There must be 1 to", lambda values: values | {"epochs": []}),
        ("train_loss of epoch 1", lambda values: values["epochs"][0].update(train_loss="x" * 1_000)),
        ("is refused", lambda values: values | {"created_at": 10**400}),
        ("is refused", lambda values: values["spec"]["training"].update(learning_rate=10**400)),
    ],
)
def test_a_record_that_cannot_be_believed_is_refused(there, bundle, match, edit):
    said = refused(there, edited(bundle, f"runs/2/{RECORD}", edit), match)
    assert "“runs/2/run.json” of the bundle is refused" in said


def test_folders_and_runs_have_to_match(there, bundle):
    members = unpacked(bundle)
    refused(there, packed(members | {f"runs/3/{RECORD}": members[f"runs/1/{RECORD}"]}), "“runs/3”, which “bundle.json”")
    without = {name: text for name, text in members.items() if name != f"runs/2/{RECORD}"}
    refused(there, packed(without), "“runs/2” has no run.json")
    none = {name: text for name, text in members.items() if not name.startswith("runs/2")}
    refused(there, packed(none), "lists “runs/2”, which is not there")
    copy = {name.replace("runs/1", "runs/2"): text for name, text in members.items() if name.startswith("runs/1")}
    refused(there, packed(members | copy), "“runs/2” is the same run as “runs/1”")


# Refusals: arrays


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/unroll-was-here",)


def with_arrays(data, name, edit, **options):
    """The bundle with the first run's arrays changed, and right checksums."""
    members = unpacked(data)
    arrays = unpacked(members[f"runs/1/{name}"])
    edit(arrays)
    members[f"runs/1/{name}"] = packed(arrays, sums=False, **options)
    return packed(members, method=zipfile.ZIP_STORED)


def put(member, text):
    return lambda arrays: arrays.update({member: text})


FIRST, EPOCH = "array_0000.npy", "epoch_1.npy"


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("lacks “array_0001.npy”", lambda arrays: arrays.pop("array_0001.npy")),
        ("holds “code.py”, which is none", put("code.py", b"import os")),
        ("holds “../x.npy”, which is none", put("../x.npy", npy(np.zeros(1, "f4")))),
        ("has not the size of an array \\(10, 2\\)", put(FIRST, npy(np.zeros((10, 3), "f4")))),
        ("has not the size", put(FIRST, npy(np.zeros((10, 2), "f8")))),
        ("has not the size", put(FIRST, npy(np.array([Evil()])))),
        ("has not the size", put(FIRST, b"")),
        ("has not the size", put(FIRST, npy(np.zeros((10, 2), "f4"))[:-1])),
        ("is no plain array \\(10, 2\\)", put(FIRST, npy(np.zeros((2, 10), "f4")))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), ">f4")))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), "V4")))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), "i4")))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), [("a", "f4")]))[:128] + bytes(80))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), "f4")).replace(b"<f4", b"|O "))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), "f4")).replace(b"(10, 2)", b"(-1, 2)"))),
        ("is no plain array", put(FIRST, npy(np.zeros((10, 2), "f4")).replace(b"NUMPY\1", b"NUMPY\2"))),
        ("is no plain array", put(FIRST, b"\x93NUMPY\1\0\x76\0" + b"(" * 117 + b"\n" + bytes(80))),
    ],
)
def test_weights_that_are_not_the_specs_are_refused(there, bundle, match, edit):
    said = refused(there, with_arrays(bundle, BEST_WEIGHTS, edit), match)
    assert "runs/1/best_weights.npz" in said


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("lacks “epoch_3.npy”", lambda arrays: arrays.pop("epoch_3.npy")),
        ("holds “epoch_2.npy”, which is none", put("epoch_2.npy", npy(np.zeros(7, "f4")))),
        ("has not the size of an array \\(7,\\)", put("epoch_3.npy", npy(np.zeros(8, "f4")))),
        ("has not the size", put(EPOCH, npy(np.zeros(0, "f4")))),
        ("is no plain array \\(7,\\)", put(EPOCH, npy(np.zeros((7, 1), "f4")))),
        ("are no probabilities", put(EPOCH, npy(np.full(7, np.nan, "f4")))),
        ("are no probabilities", put(EPOCH, npy(np.full(7, np.inf, "f4")))),
        ("are no probabilities", put(EPOCH, npy(np.full(7, 1.001, "f4")))),
        ("are no probabilities", put(EPOCH, npy(np.full(7, -0.001, "f4")))),
        ("has not the size", put(EPOCH, b"\x80\x04N.")),
    ],
)
def test_predictions_that_are_not_the_curves_are_refused(there, bundle, match, edit):
    said = refused(there, with_arrays(bundle, PREDICTIONS, edit), match)
    assert "runs/1/predictions.npz" in said


def test_predictions_for_more_than_two_classes_are_one_row_an_example(there, bundle, monkeypatch):
    three = with_arrays(
        bundle, PREDICTIONS, lambda arrays: arrays.update({name: npy(np.full((7, 3), 0.3, "f4")) for name in arrays})
    )
    refused(there, three, "is no plain array \\(21,\\)")
    record = Record.from_json(unpacked(bundle)[f"runs/1/{RECORD}"])
    path = there.root / PREDICTIONS
    path.write_bytes(unpacked(three)[f"runs/1/{PREDICTIONS}"])
    dataset = bundle_check.get_dataset(record.spec.dataset)
    monkeypatch.setattr("cache.bundle_check.get_dataset", lambda name: replace(dataset, labels=("a", "b", "c")))
    assert check_arrays(path, "it", record) == 2 * (128 + 7 * 3 * 4)


def test_weights_in_columns_are_weights(there, bundle):
    """Some backends hand out arrays in Fortran's order, and numpy keeps it."""
    members = unpacked(bundle)
    with np.load(io.BytesIO(members[f"runs/1/{BEST_WEIGHTS}"])) as stored:
        arrays = [np.asfortranarray(stored[name]) for name in sorted(stored.files)]
    save_arrays(there.root / "x.npz", arrays)
    members[f"runs/1/{BEST_WEIGHTS}"] = (there.root / "x.npz").read_bytes()
    assert imported(there, packed(members)).new == [1, 2]


def test_arrays_that_are_no_plain_zip_file_are_refused(there, bundle):
    def encrypted(info):
        info.flag_bits |= 1

    members = unpacked(bundle)
    for name in (PREDICTIONS, BEST_WEIGHTS):
        for text in (b"", npy(np.zeros(3, "f4")), members[f"runs/1/{name}"] + b"x", members[f"runs/1/{name}"][:-30]):
            refused(there, packed(members | {f"runs/1/{name}": text}), f"“runs/1/{name}” is no")
        as_links = with_arrays(bundle, name, lambda arrays: None, change=as_link)
        refused(there, as_links, f"in “runs/1/{name}” is no plain file")
        lzma = with_arrays(bundle, name, lambda arrays: None, method=zipfile.ZIP_LZMA)
        refused(there, lzma, f"in “runs/1/{name}” is packed in a way")


def test_a_bomb_among_the_arrays_is_refused(there, bundle):
    record = unpacked(bundle)[f"runs/1/{RECORD}"]
    path = there.root / PREDICTIONS
    path.write_bytes(packed({EPOCH: bytes(10**8), "epoch_3.npy": bytes(10**3)}, sums=False))
    with pytest.raises(BadBundle, match="unpacks to more than 100,000,000 bytes"):
        check_arrays(path, "it", Record.from_json(record))


# Anything at all


@pytest.mark.parametrize("seed", range(4))
def test_damage_of_any_kind_is_refused_or_does_no_harm(there, bundle, seed, tmp_path):
    """Bytes flipped, cut out, doubled and overwritten: the right runs arrive, or nothing does."""
    chance, right = random.Random(seed), None
    before, arrived = snapshot(there), 0
    for number in range(50):
        data = bytearray(bundle)
        for _ in range(chance.choice((1, 1, 1, 2, 8))):
            # Half of them where the zip file speaks of itself.
            low = chance.choice((0, data.rindex(b"SHA256SUMS") - 700 if b"SHA256SUMS" in data else 0))
            place = chance.randrange(max(0, low), len(data))
            match chance.randrange(5):
                case 0 | 1:
                    data[place] ^= 1 << chance.randrange(8)
                case 2:
                    data[place] = chance.choice((0, 0xFF, chance.randrange(256)))
                case 3:
                    del data[place : place + chance.choice((1, 4, len(data)))]
                case 4:
                    data[place:place] = data[place : place + chance.choice((1, 50))]
            if not data:
                break
        try:
            result = imported(there, bytes(data))
        except BadBundle as error:
            assert str(error).isprintable() and str(error).endswith(": nothing was imported.")
            assert snapshot(there) == before
        else:
            fresh = RunStore(tmp_path / f"fresh-{number}")
            right = right or imported(fresh, bundle)
            assert result == Imported([1, 2], [])
            arrived += 1
            there = RunStore(tmp_path / f"again-{number}", clock=lambda: 2_000.0)
            before = snapshot(there)
    assert arrived < 25
