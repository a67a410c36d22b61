"""What may be asked for: at each limit it is taken, one over it is refused with a sentence, and nothing has changed."""

import io
import threading
from dataclasses import fields

import pytest

from cache.__main__ import main
from cache.browsing import annotations
from cache.cli import dataset_commands
from cache.core.limits import MAX_EPOCHS, MEGABYTE, OverLimit, check_upload
from cache.core.settings import EPOCHS, LIMITS, PARAMETERS, QUEUE, UPLOAD, BadLimit
from cache.execution.queue import retry
from cache.store.manifest import MAX_ENVIRONMENT_BYTES, MAX_MANIFEST_BYTES, RunManifest
from cache.store.runs import QUEUED
from cache.tasks import add_vectors
from cache.transfer import bundles
from models.training.events import EpochFinished
from tests.cache.core.trees import tree


def test_what_is_not_set_is_the_default():
    assert [(limit.variable, limit.value) for limit in LIMITS] == [
        ("UNROLL_MAX_QUEUE", 500),
        ("UNROLL_MAX_UPLOAD_MB", 50),
        ("UNROLL_MAX_EPOCHS", 200),
        ("UNROLL_MAX_PARAMETERS", 200_000_000),
    ]


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "1e9", "²"])
def test_a_setting_that_is_no_number_is_not_taken_for_no_limit(monkeypatch, store, small_spec, value):
    monkeypatch.setenv(QUEUE.variable, value)
    with pytest.raises(BadLimit, match="UNROLL_MAX_QUEUE is .*: set it to a whole number above 0"):
        store.submit([small_spec()], 1, "cpu")
    assert store.runs() == []


def test_numbers_may_be_written_with_separators(monkeypatch):
    monkeypatch.setenv(PARAMETERS.variable, "1_000,000")
    assert PARAMETERS.value == 1_000_000


def test_epochs(store, small_spec, monkeypatch):
    monkeypatch.setenv(EPOCHS.variable, "7")
    assert store.submit([small_spec()], 7, "cpu") == [1]
    with pytest.raises(OverLimit, match="8 epochs are asked for, and at most 7 are trained here"):
        store.submit([small_spec(seed=1), small_spec()], 8, "cpu")
    assert [run.epochs for run in store.runs()] == [7]


def test_no_limit_lets_train_what_no_record_can_hold(store, small_spec, monkeypatch):
    monkeypatch.setenv(EPOCHS.variable, "1_000_000")
    with pytest.raises(OverLimit, match="10,001 epochs are asked for, and at most 10,000 are trained here"):
        store.submit([small_spec()], MAX_EPOCHS + 1, "cpu")
    assert store.submit([small_spec()], MAX_EPOCHS, "cpu") == [1]
    longest = dict.fromkeys((field.name for field in fields(EpochFinished)), -1.2345678901234567e-101)
    epochs = (EpochFinished(**longest | {"epoch": MAX_EPOCHS, "is_first": False}),) * MAX_EPOCHS
    record = RunManifest(small_spec(), epochs, {}, None, 0.0, 0.0, 0.0, {}).to_json()
    assert len(record) + MAX_ENVIRONMENT_BYTES < MAX_MANIFEST_BYTES


def test_what_is_cached_is_answered_whatever_may_be_trained(store, small_spec, finish, monkeypatch):
    done = finish(small_spec(), [0.5, 0.6, 0.7])
    monkeypatch.setenv(EPOCHS.variable, "2")
    monkeypatch.setenv(PARAMETERS.variable, "1")
    monkeypatch.setenv(QUEUE.variable, "1")
    assert store.submit([small_spec()], 3, "cpu") == [done.id]


def test_the_size_of_a_model(store, small_spec, monkeypatch):
    spec = small_spec("lstm")
    monkeypatch.setenv(PARAMETERS.variable, str(spec.num_params()))
    assert store.submit([spec], 1, "cpu") == [1]
    larger = small_spec("lstm", hyperparameters={"units": spec.hyperparameters["units"] + 1})
    with pytest.raises(OverLimit, match=r"^LSTM \(\d+ units\) has [\d,]+ parameters, and at most [\d,]+ are trained"):
        store.submit([larger], 1, "cpu")
    assert len(store.runs()) == 1


def test_the_length_of_the_queue(store, small_spec, monkeypatch):
    monkeypatch.setenv(QUEUE.variable, "3")
    specs = [small_spec(seed=seed) for seed in range(4)]
    assert store.submit(specs[:3], 1, "cpu") == [1, 2, 3]
    with pytest.raises(OverLimit, match=r"4 runs would wait then, and at most 3 may \(UNROLL_MAX_QUEUE\)"):
        store.submit(specs[3:], 2, "gpu:0")
    assert [(run.device_id, run.epochs) for run in store.runs()] == [("cpu", 1)] * 3
    assert store.submit(specs[:3], 2, "cpu") == [1, 2, 3], "what waits already may be asked for again, with more epochs"
    store.cancel([1])
    assert store.submit([specs[3]], 1, "cpu") == [4]


def test_a_queue_that_is_too_long_already_goes_on(store, small_spec, monkeypatch):
    store.submit([small_spec(seed=seed) for seed in range(3)], 1, "cpu")
    monkeypatch.setenv(QUEUE.variable, "1")
    assert store.submit([small_spec(seed=2)], 1, "cpu") == [3]
    with pytest.raises(OverLimit):
        store.submit([small_spec(seed=3)], 1, "cpu")


def test_what_comes_back_into_the_queue_counts(store, small_spec, monkeypatch):
    store.submit([small_spec(seed=seed) for seed in range(2)], 1, "cpu")
    annotations.delete(store, [1])
    monkeypatch.setenv(QUEUE.variable, "1")
    with pytest.raises(OverLimit):
        annotations.restore(store, [1])
    assert store.run(1).deleted_at is not None
    store.cancel([2])
    annotations.restore(store, [1])
    with pytest.raises(OverLimit):
        retry(store, [2])
    assert [run.id for run in store.runs([QUEUED])] == [1]


def test_trying_several_again_queues_all_or_none(store, small_spec, monkeypatch):
    store.submit([small_spec(seed=seed) for seed in range(3)], 1, "cpu")
    store.cancel([1, 2, 3])
    monkeypatch.setenv(QUEUE.variable, "2")
    with pytest.raises(OverLimit):
        retry(store, [1, 2, 3])
    assert store.num_waiting() == 0
    assert len(retry(store, [1, 2])) == 2


def test_of_many_who_ask_at_once_no_more_wait_than_may(store, small_spec, monkeypatch):
    """The check and what is queued are one transaction."""
    monkeypatch.setenv(QUEUE.variable, "10")
    specs, refused = [small_spec(seed=seed) for seed in range(16)], []

    def ask(number: int) -> None:
        try:
            store.submit(specs[4 * number : 4 * number + 4], 1, "cpu")
        except OverLimit:
            refused.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2 and store.num_waiting() == 8


def test_the_size_of_an_upload(store, monkeypatch):
    monkeypatch.setenv(UPLOAD.variable, "1")
    check_upload(bytes(MEGABYTE))
    file = io.BytesIO(bytes(MEGABYTE))
    file.seek(10)
    check_upload(file)
    assert file.tell() == 0
    before, large = tree(store.root), bytes(MEGABYTE + 1)
    for take in (
        lambda: add_vectors.start_adding_upload(store, large, "new.txt", "New"),
        lambda: bundles.import_upload(store, io.BytesIO(large)),
        lambda: dataset_commands.read_upload(store, io.BytesIO(large), "new.csv"),
    ):
        with pytest.raises(OverLimit, match="at most 1 MB are taken from a browser"):
            take()
    assert tree(store.root) == before


@pytest.mark.parametrize(
    ("limit", "words", "expected"),
    [
        (EPOCHS, ["--epochs", "2"], "2 epochs are asked for, and at most 1 are"),
        (PARAMETERS, ["--epochs", "1"], "parameters, and at most 1 are"),
        (QUEUE, ["--seeds", "2"], "2 runs would wait then, and at most 1 may"),
    ],
    ids=lambda value: getattr(value, "variable", None),
)
def test_the_command_prints_the_sentence(store, monkeypatch, capsys, limit, words, expected):
    monkeypatch.setenv(limit.variable, "1")
    small = ["--dataset", "rotten_tomatoes", "--examples", "200", "--device", "cpu", "--no-wait"]
    assert main(["--cache", str(store.root), "train", "flatten", *small, *words]) == 1
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1
    assert store.runs() == []
