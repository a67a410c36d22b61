"""Runs with invented numbers, and exports of them."""

import io
from dataclasses import replace
from zipfile import ZipFile

import pandas as pd

from cache.core.processes import ProcessIdentity
from cache.transfer.exports import export
from models.training.events import EpochFinished

ME = ProcessIdentity.current()
ENVIRONMENT = {
    "device": "Test CPU",
    "engine": "tensorflow",
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "jax": None},
    "commit": "0123abc",
}
STARTED_AT = 1_700_000_000.25


def epoch(number, **changes):
    is_best = number != 2
    values = EpochFinished(
        epoch=number,
        train_loss=0.1 * number,
        train_accuracy=0.75,
        validation_loss=0.6,
        validation_accuracy=0.7 + number / 100 if is_best else 0.1,
        test_loss=1 / 3 if is_best else None,
        test_accuracy=2 / 3 if is_best else None,
        train_seconds=2.0 + (number == 1),
        validation_seconds=0.5,
        is_first=number == 1,
    )
    return replace(values, **changes)


def train(store, spec, epochs=3, finishes=True):
    """A run with so many epochs, as the runner makes it."""
    (run_id,) = store.submit([spec], epochs, "cpu")
    store.claim("cpu", ME)
    store.mark_started(run_id, ENVIRONMENT, None)
    for number in range(1, epochs + 1):
        store.add_epoch(run_id, epoch(number))
    if finishes:
        staged = store.staging_dir / "job"
        staged.mkdir()
        store.finish(run_id, staged, ENVIRONMENT)
    else:
        store.fail(run_id, "because")
    return run_id


def change(store, run_id, **values):
    with store.db.transaction() as db:
        for name, value in values.items():
            db.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, run_id))


def exported(store, run_ids, kind):
    file = io.BytesIO()
    export(store, run_ids, kind, file)
    return ZipFile(file)


def tables(store, run_ids, kind):
    """(runs, epochs) as pandas reads them, by run id."""
    archive = exported(store, run_ids, kind)
    assert archive.namelist() == [f"runs.{kind}", f"epochs.{kind}"]
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}[kind]
    runs, epochs = (read(io.BytesIO(archive.read(name))) for name in archive.namelist())
    return runs.set_index("id"), epochs
