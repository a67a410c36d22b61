import csv
import io
import json
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.store.manifest import NOT_OF_ALL
from cache.store.runner_store import RunnerStore
from cache.transfer.exports import FORMATS, export
from models.training.events import EpochFinished

ME = ProcessIdentity.current()
ENVIRONMENT = {
    "device": "Test CPU",
    "engine": "tensorflow",
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "jax": None},
    "commit": "0123abc",
}
STARTED_AT = 1_700_000_000.25


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache", lambda: STARTED_AT)


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


def raw_csv(store, run_id):
    """The text of each cell of a run."""
    text = exported(store, [run_id], "csv").read("runs.csv").decode()
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).iloc[0]


def event_files(store, run_ids, folder):
    """The events of each folder, as TensorFlow reads them."""
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    archive = exported(store, run_ids, "tensorboard")
    archive.extractall(folder)
    return {
        name.split("/")[0]: [
            Event.FromString(data) for data in tf.data.TFRecordDataset(str(folder / name)).as_numpy_iterator()
        ]
        for name in archive.namelist()
    }


def series(events, tag):
    """(step, value, seconds since the start) of a scalar."""
    return [
        (event.step, value.simple_value, event.wall_time - STARTED_AT)
        for event in events
        for value in event.summary.value
        if value.tag == tag
    ]


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
    assert (types["contended"], types["commit"]) == ("string", "string")


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


@pytest.mark.parametrize("kind", FORMATS)
def test_a_run_of_another_version_appears_with_what_can_be_read(store, small_spec, kind, tmp_path):
    ids = [train(store, small_spec(seed=seed)) for seed in range(4)]
    values = {
        "architecture": "mamba",
        "hyperparameters": {"units": "many", "states": [1, 2], "big": 10**30},
        "training": {"learning_rate": None, "schedule": {"warm up": True}},
        "seed": 3,
        "id": 99,
        "=odd": "\ud800",
    }
    for run_id, text in zip(ids[1:], (json.dumps(values), "no JSON", "[1, 2]"), strict=True):
        change(store, run_id, spec=text)
    if kind == "tensorboard":
        names = list(event_files(store, ids, tmp_path))
        assert names[1] == f"{ids[1]}-a-run-of-another-version-seed-3"
        assert names[2] == f"{ids[2]}-a-run-of-another-version"
        return
    runs, epochs = tables(store, ids, kind)
    assert list(runs.index) == ids
    assert len(epochs) == 12
    other = runs.loc[ids[1]]
    assert (other["architecture"], other["label"], other["seed"]) == ("mamba", "a run of another version", 3)
    assert (other["hyperparameters.units"], other["hyperparameters.states"]) == ("many", "[1, 2]")
    assert float(other["hyperparameters.big"]) == 1e30
    assert other["training.schedule.warm up"] in (True, "True")
    assert list(runs)[-1].endswith("=odd") and runs.iloc[1, -1] == "?"
    assert runs.loc[ids[2:], ["architecture", "seed", "encoding.length"]].isna().all(axis=None)


def test_tensorboard_reads_the_epochs(store, small_spec, tmp_path):
    run_id = train(store, small_spec("lstm", hyperparameters={"units": 7}, seed=5))
    files = event_files(store, [run_id], tmp_path)
    ((name, events),) = files.items()
    assert name == f"{run_id}-LSTM-7-units-seed-5"
    assert events[0].file_version == "brain.Event:2"
    third = np.float32(1 / 3)
    assert series(events, "loss/test") == [(1, third, 3.5), (3, third, 8.5)], "only where there is one"
    assert series(events, "loss/train") == [(n, np.float32(0.1 * n), 1 + 2.5 * n) for n in (1, 2, 3)]
    assert [value for _, value, _ in series(events, "seconds/train")] == [3.0, 2.0, 2.0]
    tags = {value.tag for event in events for value in event.summary.value}
    parts = [f"{what}/{split}" for what in ("accuracy", "loss", "seconds") for split in ("train", "validation", "test")]
    assert set(parts) - tags == {"seconds/test"}
    assert [event.wall_time for event in events] == sorted(event.wall_time for event in events)


def test_tensorboard_reads_the_hyperparameters_and_metrics(store, small_spec, tmp_path):
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

    ids = [train(store, small_spec(seed=0), 1), train(store, small_spec("lstm", train_examples=None), finishes=False)]
    first, second = event_files(store, ids, tmp_path).values()

    def said(events):
        values = [value for event in events for value in event.summary.value if value.tag.startswith("_hparams_/")]
        assert {value.metadata.plugin_data.plugin_name for value in values} == {"hparams"}
        contents = [HParamsPluginData.FromString(value.metadata.plugin_data.content) for value in values]
        return {value.tag.split("/")[1]: content for value, content in zip(values, contents, strict=True)}

    asked = said(first)["session_start_info"].session_start_info.hparams
    assert asked["architecture"].string_value == "flatten"
    assert asked["encoding.length"].number_value == 20
    assert asked["training.learning_rate"].number_value == 0.001
    asked = said(second)["session_start_info"].session_start_info.hparams
    assert "hyperparameters.units" in asked and "train_examples" not in asked
    assert "session_end_info" in said(first)
    assert "session_end_info" not in said(second), "it did not succeed"
    assert series(second, "Run/best_validation_accuracy") == [(3, np.float32(0.73), 8.5)]
    assert series(second, "Run/test_accuracy") == [(3, np.float32(2 / 3), 8.5)]
    assert series(second, "Run/seconds_per_epoch") == [(3, 2.0, 8.5)]
    assert series(first, "Run/seconds_per_epoch") == [], "a single epoch says nothing of the next"


def test_a_run_without_an_epoch_is_in_the_table_and_has_no_event_file(store, small_spec):
    queued, failed = store.submit([small_spec(seed=1), small_spec(seed=2)], 2, "cpu")
    store.claim("cpu", ME)
    store.fail(queued, "because")
    runs, epochs = tables(store, [queued, failed], "csv")
    assert runs["epochs_finished"].tolist() == [0, 0] and len(epochs) == 0
    assert exported(store, [queued, failed], "tensorboard").namelist() == []


def test_each_run_is_written_once_in_the_order_asked_for(store, small_spec):
    ids = store.submit([small_spec(seed=seed) for seed in range(3)], 1, "cpu")
    runs, _ = tables(store, [ids[2], ids[0], ids[2]], "csv")
    assert list(runs.index) == [ids[2], ids[0]]
    runs, _ = tables(store, np.array(ids), "csv")
    assert list(runs.index) == ids


def test_more_runs_than_fit_one_question(store, small_spec, monkeypatch):
    monkeypatch.setattr("cache.transfer.exports.RUNS_AT_ONCE", 2)
    ids = [train(store, small_spec(seed=seed), 1) for seed in range(5)]
    runs, epochs = tables(store, ids, "csv")
    assert list(runs.index) == epochs["run_id"].tolist() == ids


@pytest.mark.parametrize("kind", FORMATS)
def test_unknown_runs_and_no_runs_are_refused_before_anything_is_written(store, small_spec, kind):
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    file = io.BytesIO()
    with pytest.raises(KeyError, match="There is no run 7"):
        export(store, [run_id, 7], kind, file)
    with pytest.raises(ValueError, match="choose at least one run"):
        export(store, [], kind, file)
    assert file.getvalue() == b""


def test_an_unknown_format_is_refused(store, small_spec):
    ids = store.submit([small_spec()], 1, "cpu")
    with pytest.raises(ValueError, match="one of csv, parquet, tensorboard, not 'xlsx'"):
        export(store, ids, "xlsx", io.BytesIO())


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_is_there_whole_or_not_at_all(store, small_spec, kind, tmp_path, monkeypatch):
    run_id, folder = train(store, small_spec()), tmp_path / "out"
    folder.mkdir()
    target = folder / "runs.zip"
    export(store, [run_id], kind, target)
    before = target.read_bytes()
    assert ZipFile(target).testzip() is None
    monkeypatch.setattr(RunnerStore, "epochs", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    for path in (target, folder / "other.zip"):
        with pytest.raises(OSError, match="Input/output error"):
            export(store, [run_id], kind, path)
    assert [path.name for path in folder.iterdir()] == ["runs.zip"]
    assert target.read_bytes() == before


def test_importing_is_light_and_quiet():
    heavy = ("tensorflow", "torch", "keras", "matplotlib", "tensorboardX", "pyarrow", "pandas")
    script = f"import sys, cache.transfer.exports; print([name for name in {heavy} if name in sys.modules])"
    command = [sys.executable, "-W", "error", "-c", script]
    answer = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")
