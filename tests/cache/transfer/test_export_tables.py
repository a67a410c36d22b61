"""The tables of runs and epochs, as CSV and as Parquet."""

import csv
import io
import json
import math
from dataclasses import asdict
from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet
import pytest

from cache.browsing import annotations
from cache.store.manifest import NOT_OF_ALL
from cache.store.runner_store import RunnerStore
from models.training.metrics import HELD_OUT, METRICS, STORED, metrics_of
from tests.cache.transfer.made_exports import ENVIRONMENT, ME, STARTED_AT, change, epoch, exported, tables, train


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache", lambda: STARTED_AT)


def raw_csv(store, run_id):
    """The text of each cell of a run."""
    text = exported(store, [run_id], "csv").read("runs.csv").decode()
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).iloc[0]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_tables_hold_what_the_store_holds(store, small_spec, kind):
    ids = [train(store, small_spec("lstm", seed=seed)) for seed in (4, 5)]
    runs, epochs = tables(store, ids, kind)
    assert list(runs.index) == ids
    run, row = store.run(ids[1]), runs.loc[ids[1]]
    assert (row["label"], row["architecture"], row["state"], row["seed"]) == (run.label, "lstm", "finished", 5)
    assert (row["dataset"], row["train_examples"]) == ("rotten_tomatoes", 200)
    assert row["dataset_title"] == "Rotten Tomatoes sentences"
    assert (row["encoding.length"], row["training.optimizer"], row["training.learning_rate"]) == (20, "adam", 0.001)
    assert row["hyperparameters.units"] == run.spec.hyperparameters["units"]
    assert (row["epochs_asked"], row["epochs_finished"], row["best_epoch"]) == (3, 3, 3)
    assert row["parameters"] == run.num_params
    for name in ("validation_accuracy", "test_accuracy", "seconds_per_epoch", "identity", "device"):
        assert row[name] == getattr(run, name)
    assert row["first_epoch_extra_seconds"] == 1.0
    assert (row["engine"], row["versions.keras"], row["commit"]) == ("tensorflow", "3.15.1", "0123abc")
    expected = [{"run_id": run_id, **asdict(each)} for run_id, found in store.epochs(ids).items() for each in found]
    of_next_words = dict.fromkeys(NOT_OF_ALL, float)
    pd.testing.assert_frame_equal(epochs, pd.DataFrame(expected).astype(of_next_words), check_dtype=False)
    assert epochs["test_accuracy"].isna().sum() == 2


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("architecture", ["flatten", "next_word_gru"])
def test_every_held_out_metric_is_in_the_table_of_runs(store, small_spec, kind, architecture):
    (run_id,) = store.submit([small_spec(architecture)], 2, "cpu")
    store.claim("cpu", ME)
    best = epoch(1, test_loss=0.5, **dict.fromkeys(NOT_OF_ALL, 0.25))
    for each in (best, epoch(2, validation_loss=0.1)):
        store.add_epoch(run_id, each)
    runs, _ = tables(store, [run_id], kind)
    measured = {*STORED, *metrics_of(store.run(run_id).spec.task)}
    for metric in METRICS:
        for split in set(metric.splits) & set(HELD_OUT):
            expected = metric.value(best, split) if metric in measured else math.nan
            assert runs[metric.column(split)][run_id] == pytest.approx(expected, nan_ok=True), metric.key


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_reasons_and_pins_are_in_the_table_of_runs(store, small_spec, kind):
    failed, finished = train(store, small_spec(), finishes=False), train(store, small_spec(seed=2))
    annotations.pin(store, [finished])
    runs, _ = tables(store, [failed, finished], kind)
    assert runs["reason"][failed] == "because" and pd.isna(runs["reason"][finished])
    assert runs["pinned"].tolist() == [False, True]


def test_columns_are_typed_in_parquet_even_where_nothing_is_known(store, small_spec):
    (queued,) = store.submit([small_spec(train_examples=None)], 2, "cpu")
    change(store, queued, environment=json.dumps({"versions": {"jax": None}}))
    runs, epochs = tables(store, [queued], "parquet")
    assert len(epochs) == 0
    assert str(epochs["test_loss"].dtype) == "float64"
    assert str(runs["created_at"].dtype) == str(runs["ended_at"].dtype) == "datetime64[us, UTC]"
    assert runs["created_at"][queued] == datetime.fromtimestamp(STARTED_AT, UTC)
    assert runs["started_at"].isna().all()
    schema = pyarrow.parquet.read_schema(io.BytesIO(exported(store, [queued], "parquet").read("runs.parquet")))
    types = {name: str(schema.field(name).type) for name in schema.names}
    assert "null" not in types.values()
    assert (types["train_examples"], types["best_epoch"], types["test_accuracy"]) == ("int64", "int64", "double")
    assert (types["contended"], types["together"], types["commit"]) == ("string", "bool", "string")


def test_times_are_iso_8601_in_csv(store, small_spec):
    row = raw_csv(store, train(store, small_spec()))
    assert row["started_at"] == "2023-11-14T22:13:20.250000+00:00"
    assert row["imported_at"] == ""


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_architectures_with_other_hyperparameters_stand_side_by_side(store, small_spec, kind):
    ids = [train(store, small_spec(name)) for name in ("conv1d", "lstm")]
    runs, _ = tables(store, ids, kind)
    assert runs["hyperparameters.filters"].isna().tolist() == [False, True]
    assert runs["hyperparameters.units"].isna().tolist() == [True, False]
    names = list(runs)
    group = [name for name in names if name.startswith("hyperparameters.")]
    start = names.index(group[0])
    assert names[start : start + len(group)] == group, "they stand together"


def test_what_is_missing_is_empty_and_whole_numbers_stay_whole_in_csv(store, small_spec):
    ids = [train(store, small_spec(name)) for name in ("conv1d", "lstm")]
    archive = exported(store, ids, "csv")
    runs = pd.read_csv(archive.open("runs.csv"), dtype=str, keep_default_na=False)
    assert runs["hyperparameters.units"].tolist() == ["", str(store.run(ids[1]).spec.hyperparameters["units"])]
    text = archive.read("runs.csv") + archive.read("epochs.csv")
    assert b"nan" not in text and b"None" not in text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", '=HYPERLINK("http://x","y")', "\r=1+1"])
def test_no_text_is_a_formula_in_csv(store, small_spec, text):
    run_id = train(store, small_spec())
    change(store, run_id, name=text, note=text, tags=json.dumps([text, "b"]), contended=text)
    change(store, run_id, environment=json.dumps(ENVIRONMENT | {"commit": text, "versions": {text: text}}))
    archive = exported(store, [run_id], "csv")
    with io.TextIOWrapper(archive.open("runs.csv"), "utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["name"] == row["note"] == row["contended"] == row["commit"] == f"'{text}"
    assert row["tags"] == f"'{text}, b"
    assert row[f"versions.{text}"] == f"'{text}"
    runs, _ = tables(store, [run_id], "parquet")
    assert (runs["name"][run_id], runs["note"][run_id], list(runs["tags"][run_id])) == (text, text, [text, "b"])


def test_negative_numbers_stay_numbers(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", ME)
    for number, seconds in ((1, 1.0), (2, 3.5)):
        store.add_epoch(run_id, epoch(number, train_seconds=seconds))
    assert raw_csv(store, run_id)["first_epoch_extra_seconds"] == "-2.5"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_names_may_be_in_any_script_and_of_many_lines(store, small_spec, kind):
    run_id = train(store, small_spec())
    note = 'ein "Versuch", mit;\nZeilen – 実験 🎬'
    change(store, run_id, name="größer, schöner", note=note, tags='["α", "β, γ"]')
    runs, _ = tables(store, [run_id], kind)
    assert (runs["name"][run_id], runs["note"][run_id]) == ("größer, schöner", note)
    assert runs["tags"][run_id] == "α, β, γ" if kind == "csv" else list(runs["tags"][run_id]) == ["α", "β, γ"]
