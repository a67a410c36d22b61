"""Runs with invented numbers, bundles of them, and what is the same of two caches."""

import hashlib
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from cache.transfer.bundle_check import SUMS
from cache.transfer.bundles import BadBundle, export_bundle, import_bundle
from models.experiments.spec import RunSpec
from models.layers.stack import summarize
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, STATE, save_arrays, save_predictions

ENVIRONMENT = {"device": "Test CPU", "lane": "cpu", "versions": {"keras": "3"}}
ACCURACIES = (0.6, 0.5, 0.7)


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
