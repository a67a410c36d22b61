import io
import json
import subprocess
import sys
from zipfile import ZipFile

import numpy as np
import pytest

from cache.core.processes import PROJECT_ROOT
from cache.store.runner_store import RunnerStore
from cache.transfer.exports import FORMATS, export
from models.atomic_files import HOST
from tests.cache.transfer.made_exports import ME, STARTED_AT, change, exported, tables, train


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache", lambda: STARTED_AT)


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

    def summaries(events):
        values = [value for event in events for value in event.summary.value if value.tag.startswith("_hparams_/")]
        assert {value.metadata.plugin_data.plugin_name for value in values} == {"hparams"}
        contents = [HParamsPluginData.FromString(value.metadata.plugin_data.content) for value in values]
        return {value.tag.split("/")[1]: content for value, content in zip(values, contents, strict=True)}

    asked = summaries(first)["session_start_info"].session_start_info.hparams
    assert asked["architecture"].string_value == "flatten"
    assert asked["encoding.length"].number_value == 20
    assert asked["training.learning_rate"].number_value == 0.001
    asked = summaries(second)["session_start_info"].session_start_info.hparams
    assert "hyperparameters.units" in asked and "train_examples" not in asked
    assert "session_end_info" in summaries(first)
    assert "session_end_info" not in summaries(second), "it did not succeed"
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
    with pytest.raises(ValueError, match="None of these runs has finished an epoch"):
        exported(store, [queued, failed], "tensorboard")
    assert len(exported(store, [queued, train(store, small_spec(seed=2))], "tensorboard").namelist()) == 1


def test_each_run_is_written_once_in_the_order_asked_for(store, small_spec):
    ids = store.submit([small_spec(seed=seed) for seed in range(3)], 1, "cpu")
    runs, _ = tables(store, [ids[2], ids[0], ids[2]], "csv")
    assert list(runs.index) == [ids[2], ids[0]]
    runs, _ = tables(store, np.array(ids), "csv")
    assert list(runs.index) == ids


def test_epochs_come_in_the_order_of_the_runs(store, small_spec):
    ids = [train(store, small_spec(seed=seed), 1) for seed in range(5)][::-1]
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


def test_tensorboard_counts_the_runs_that_it_gets(store, small_spec, tmp_path):
    whole = train(store, small_spec(seed=1))
    (empty,) = store.submit([small_spec()], 1, "cpu")
    left = tmp_path / f".part-{HOST}-99999999-00000000-1.tmp"
    left.write_text("of a killed process")
    assert export(store, [empty, whole], "tensorboard", tmp_path / "x.zip") == 1
    assert not left.exists()
    with pytest.raises(ValueError, match="None of these runs has finished an epoch"):
        export(store, [empty], "tensorboard", tmp_path / "y.zip")
    assert not (tmp_path / "y.zip").exists()
