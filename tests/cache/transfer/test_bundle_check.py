import io
import json
import os
import stat
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from cache.store.manifest import MANIFEST, RunManifest
from cache.transfer import bundle_check
from cache.transfer.bundle_check import CONTENTS, SUMS, check_arrays
from cache.transfer.bundles import BadBundle
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, save_arrays, save_predictions
from tests.cache.transfer.made_bundles import imported, packed, refused, unpacked

VECTORS = {"name": "vectors_" + "a" * 16, "title": "Small", "file": "small.txt", "digest": "a" * 64}
VECTORS |= {"count": 10, "dimension": 3}


def edited(data, name, edit):
    """The bundle with one of its JSON files changed by ``edit``, and right checksums."""
    members = unpacked(data)
    values = json.loads(members[name])
    members[name] = json.dumps(edit(values) or values).encode()
    return packed(members)


# What the bundle says


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


def with_values(**values):
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
        *(
            ("names datasets in a way", lambda values, titles=titles: values | {"datasets": titles})
            for titles in ([], {"imdb": "x"}, {"own-x-1": 5}, {"own-x-1": "<b>"}, {"own-x-1": "x" * 61})
        ),
        *(
            ("describes word vectors", lambda values, change=change: values | {"vectors": [VECTORS | change]})
            for change in (
                {"name": "../../x"},
                {"name": "vectors_" + "b" * 16},
                {"title": "\x1b[31m"},
                {"title": ["x"]},
                {"file": "x" * 300},
                {"digest": "z" * 64},
                {"count": True},
                {"dimension": 10**400},
                {"more": 1},
            )
        ),
        ("describes word vectors", lambda values: values | {"vectors": {"x": VECTORS}}),
        ("other fields", lambda values: values.pop("created_at") and None),
        ("when the bundle was made", lambda values: values | {"created_at": "today"}),
        ("when the bundle was made", lambda values: values | {"created_at": 10**400}),
        ("lists no runs", lambda values: values | {"runs": []}),
        ("lists no runs", lambda values: values | {"runs": {"runs/1": {}}}),
        ("a run with other fields", lambda values: values | {"runs": ["runs/1"]}),
        ("a run with other fields", with_values(pinned=True)),
        ("whose folder is no text", with_values(folder=["runs/1"])),
        ("lists “../../x”, which is not there", with_values(folder="../../x")),
        ("lists “runs/2” twice", with_values(folder="runs/2")),
        ("“runs/2”, which “bundle.json” does not list", lambda values: values | {"runs": values["runs"][:1]}),
        ("A name, a note and each of the tags is a text", with_values(name=None)),
        ("A name, a note and each of the tags is a text", with_values(note=5)),
        ("A name, a note and each of the tags is a text", with_values(tags="paper")),
        ("A name, a note and each of the tags is a text", with_values(tags=["paper", ["x"]])),
        ("A name is one line of at most 100", with_values(name="x" * 101)),
        ("A name is one line of at most 100", with_values(name="two\nlines")),
        ("A name is one line of at most 100", with_values(name="\ud800")),
        ("blanks around it", with_values(name=" x")),
        ("A note has at most 10,000", with_values(note="x" * 10_001)),
        ("this one holds characters that cannot be shown", with_values(note="\x1b[31m")),
        ("this one holds characters that cannot be shown", with_values(note="\ud800")),
        ("at most 20 tags", with_values(tags=[str(number) for number in range(21)])),
        ("A tag is one line", with_values(tags=["x" * 51])),
        ("A tag is one line", with_values(tags=[""])),
        ("there twice", with_values(tags=["x", "x"])),
    ],
)
def test_a_list_of_runs_that_is_not_to_the_letter_is_refused(there, bundle, match, edit):
    refused(there, edited(bundle, CONTENTS, edit), match)


def test_vectors_that_no_run_begins_with_leave_nothing(there, bundle):
    imported(there, edited(bundle, CONTENTS, lambda values: values | {"vectors": [VECTORS]}))
    assert not (there.root / "vectors").exists()


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"format": NaN}', b"[" * 100_000, b'{"format": 1e999}'])
def test_a_list_of_runs_that_is_no_json_is_refused(there, bundle, text):
    refused(there, packed(unpacked(bundle) | {CONTENTS: text}, method=zipfile.ZIP_STORED))


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("not a run's record of format 1", lambda values: values | {"format": 2}),
        ("identity is not that of the spec", lambda values: values | {"identity": "0" * 64}),
        ("Its training version is 2; this Unroll's is 1", lambda values: values["spec"].update(training_version=2)),
        ("versions are no whole numbers", lambda values: values["spec"].update(examples_version="x")),
        *(
            (
                "whole number from 1|its hyperparameters are others",
                lambda values, odd=odd: values["spec"]["hyperparameters"].update(dense_units=odd),
            )
            for odd in (True, "1", 1.0, None, [1], 0, 10**400)
        ),
        ("There is no architecture 'x'", lambda values: values["spec"].update(architecture="x")),
        ("A whole number is needed, not 'x'", lambda values: values["spec"]["training"].update(batch_size="x")),
        ("names no device", lambda values: values | {"environment": {}}),
        ("There must be 1 to", lambda values: values | {"epochs": []}),
        ("train_loss of epoch 1", lambda values: values["epochs"][0].update(train_loss="x" * 1_000)),
        ("is refused", lambda values: values | {"created_at": 10**400}),
        ("is refused", lambda values: values["spec"]["training"].update(learning_rate=10**400)),
    ],
)
def test_a_record_that_cannot_be_believed_is_refused(there, bundle, match, edit):
    message = refused(there, edited(bundle, f"runs/2/{MANIFEST}", edit), match)
    assert "“runs/2/run.json” of the bundle is refused" in message


def test_folders_and_runs_have_to_match(there, bundle):
    members = unpacked(bundle)
    refused(
        there, packed(members | {f"runs/3/{MANIFEST}": members[f"runs/1/{MANIFEST}"]}), "“runs/3”, which “bundle.json”"
    )
    without = {name: text for name, text in members.items() if name != f"runs/2/{MANIFEST}"}
    refused(there, packed(without), "“runs/2” has no run.json")
    none = {name: text for name, text in members.items() if not name.startswith("runs/2")}
    refused(there, packed(none), "lists “runs/2”, which is not there")
    copy = {name.replace("runs/1", "runs/2"): text for name, text in members.items() if name.startswith("runs/1")}
    refused(there, packed(members | copy), "“runs/2” is the same run as “runs/1”")


# Arrays


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


class Evil:
    def __reduce__(self):
        return os.abort, ()


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
        ("holds “code.py”, which is not among", put("code.py", b"import os")),
        ("holds “../x.npy”, which is not among", put("../x.npy", npy(np.zeros(1, "f4")))),
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
    message = refused(there, with_arrays(bundle, BEST_WEIGHTS, edit), match)
    assert "runs/1/best_weights.npz" in message


@pytest.mark.parametrize(
    ("match", "edit"),
    [
        ("lacks “epoch_3.npy”", lambda arrays: arrays.pop("epoch_3.npy")),
        ("holds “epoch_2.npy”, which is not among", put("epoch_2.npy", npy(np.zeros(7, "f4")))),
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
    message = refused(there, with_arrays(bundle, PREDICTIONS, edit), match)
    assert "runs/1/predictions.npz" in message


def test_predictions_for_more_than_two_classes_are_one_row_an_example(there, bundle, monkeypatch):
    three = with_arrays(
        bundle, PREDICTIONS, lambda arrays: arrays.update({name: npy(np.full((7, 3), 0.3, "f4")) for name in arrays})
    )
    refused(there, three, "is no plain array \\(21,\\)")
    record = RunManifest.from_json(unpacked(bundle)[f"runs/1/{MANIFEST}"])
    path = there.root / PREDICTIONS
    path.write_bytes(unpacked(three)[f"runs/1/{PREDICTIONS}"])
    dataset = bundle_check.get_dataset(record.spec.dataset)
    monkeypatch.setattr(
        "cache.transfer.bundle_check.get_dataset", lambda name: replace(dataset, labels=("a", "b", "c"))
    )
    assert check_arrays(path, "it", record) == 2 * (128 + 7 * 3 * 4)


@pytest.mark.parametrize(("version", "columns"), [(1, 2), (2, 3)])
def test_outcomes_of_next_words_have_as_many_columns_as_their_version(there, bundle, version, columns):
    record = RunManifest.from_json(unpacked(bundle)[f"runs/1/{MANIFEST}"])
    words = replace(record.spec, architecture="next_word_gru", examples_version=version)
    for number in (2, 3):
        arrays = {epoch.epoch: np.asfortranarray(np.full((7, number), 0.5, "f4")) for epoch in record.epochs[::2]}
        save_predictions(there.root, arrays)
        check = partial(check_arrays, there.root / PREDICTIONS, "it", replace(record, spec=words))
        if number == columns:
            assert check() == 2 * (128 + 7 * columns * 4)
        else:
            with pytest.raises(BadBundle, match="has not the size|is no plain array"):
                check()


def test_weights_in_columns_are_weights(there, bundle):
    """Some backends hand out arrays in Fortran's order, and numpy keeps it."""
    members = unpacked(bundle)
    with np.load(io.BytesIO(members[f"runs/1/{BEST_WEIGHTS}"])) as stored:
        arrays = [np.asfortranarray(stored[name]) for name in sorted(stored.files)]
    save_arrays(there.root / "x.npz", arrays)
    members[f"runs/1/{BEST_WEIGHTS}"] = (there.root / "x.npz").read_bytes()
    assert imported(there, packed(members)).new == [1, 2]


def test_arrays_that_are_no_plain_zip_file_are_refused(there, bundle):
    def as_link(info):
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    members = unpacked(bundle)
    for name in (PREDICTIONS, BEST_WEIGHTS):
        for text in (b"", npy(np.zeros(3, "f4")), members[f"runs/1/{name}"] + b"x", members[f"runs/1/{name}"][:-30]):
            refused(there, packed(members | {f"runs/1/{name}": text}), f"“runs/1/{name}” is no")
        as_links = with_arrays(bundle, name, lambda arrays: None, change=as_link)
        refused(there, as_links, f"in “runs/1/{name}” is no plain file")
        lzma = with_arrays(bundle, name, lambda arrays: None, method=zipfile.ZIP_LZMA)
        refused(there, lzma, f"in “runs/1/{name}” is packed in a way")


def test_a_bomb_among_the_arrays_is_refused(there, bundle):
    record = unpacked(bundle)[f"runs/1/{MANIFEST}"]
    path = there.root / PREDICTIONS
    path.write_bytes(packed({EPOCH: bytes(10**8), "epoch_3.npy": bytes(10**3)}, sums=False))
    with pytest.raises(BadBundle, match="unpacks to more than 100,000,000 bytes"):
        check_arrays(path, "it", RunManifest.from_json(record))


def test_a_run_of_an_earlier_training_is_still_taken_in_and_kept_apart(there, bundle, monkeypatch):
    monkeypatch.setattr("models.experiments.spec.TRAINING_VERSION", 2)
    imported(there, bundle)
    run = there.runs()[0]
    assert run.spec.training_version == 1
    with pytest.raises(ValueError, match="version 1 of the training, and this Unroll has version 2"):
        run.spec.require_current()


@pytest.mark.parametrize(
    ("match", "change"),
    [
        (
            "made by another version of Unroll, which measures test_recall: update Unroll",
            lambda row: row | {"test_recall": 0.5},
        ),
        ("another version of Unroll, which measures other figures", lambda row: row | {"test; recall": 0.5}),
        ("Epoch 1 has no validation_loss", lambda row: {n: v for n, v in row.items() if n != "validation_loss"}),
        ("Epoch 1 is no list of figures", lambda row: 3),
    ],
)
def test_epochs_with_other_figures_are_refused(there, bundle, match, change):
    def edit(values):
        return values | {"epochs": [change(row) for row in values["epochs"]]}

    refused(there, edited(bundle, f"runs/1/{MANIFEST}", edit), match)
