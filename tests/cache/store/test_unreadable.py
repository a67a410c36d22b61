"""Rows and files that this version cannot read or accept do not affect the others."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.execution.estimates import EpochTimes
from cache.execution.queue import queue
from cache.results.results import fetch
from cache.store.runner_store import RunnerStore
from cache.store.runs import FINISHED, QUEUED, UNREADABLE
from cache.store.store_queries import RESUMABLE
from models.experiments.spec import UnreadableSpec
from tests.cache.store.made_runs import ENVIRONMENT, ME, epoch, finish, stage

DEVICE = ENVIRONMENT["device"]


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache")


def write(store, run_id, **columns):
    with closing(sqlite3.connect(store.database_file)) as db, db:
        for name, value in columns.items():
            db.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, run_id))


def changed(spec, **values):
    return json.dumps(json.loads(spec.to_json()) | values)


LATER_VERSIONS = {
    "garbage": lambda spec: "{oops",
    "nothing": lambda spec: "",
    "no object": lambda spec: "[1, 2]",
    "another field": lambda spec: changed(spec, of_the_future=1),
    "another field within": lambda spec: changed(spec, training={"warmup": 3}),
    "another encoding": lambda spec: changed(spec, encoding={"tokenizer": "bytes"}),
    "no value": lambda spec: changed(spec, training={"learning_rate": None}),
    "deep": lambda spec: "[" * 100_000,
    "an architecture": lambda spec: changed(spec, architecture="of_the_future"),
    "a dataset": lambda spec: changed(spec, dataset="of_the_future"),
    "a hyperparameter": lambda spec: changed(spec, hyperparameters={"of_the_future": 1}),
    "odd hyperparameters": lambda spec: changed(spec, hyperparameters=[3]),
}


@pytest.mark.parametrize("kind", LATER_VERSIONS)
def test_a_spec_of_another_version_reports_it(store, small_spec, kind):
    run = finish(store, small_spec(), 2)
    write(store, run.id, spec=LATER_VERSIONS[kind](small_spec()))
    run = store.run(run.id)
    with pytest.raises(UnreadableSpec, match="cannot be read by this version of Unroll") as refused:
        _ = run.spec
    assert str(refused.value).endswith(".") and not str(refused.value).endswith("..")
    assert run.label == UNREADABLE and run.title


@pytest.mark.parametrize("kind", LATER_VERSIONS)
def test_other_runs_go_on_beside_it(store, small_spec, comparison, kind):
    comparison = replace(comparison, num_seeds=1, entries=comparison.entries[:2])
    (odd,), (good,) = comparison.specs("f").values()
    runs = [finish(store, spec, 2) for spec in (odd, good)]
    write(store, runs[0].id, spec=LATER_VERSIONS[kind](odd))
    assert [run.id for run in store.runs()] == [1, 2]
    answers = store.best_runs([odd.identity, good.identity], 2, DEVICE)
    assert answers[good.identity] == runs[1] and answers[odd.identity].state == FINISHED
    results = fetch(store, comparison, "f", DEVICE)
    assert [len(result.epochs) for result in results] == [2, 2]
    assert store.submit([good], 2, "cpu") == [2]
    assert len(store.measured_seconds(DEVICE)) == 2


@pytest.mark.parametrize("kind", LATER_VERSIONS)
def test_lists_are_searched_beside_it(store, small_spec, kind):
    for seed in range(2):
        finish(store, small_spec(seed=seed), 2)
    write(store, 1, spec=LATER_VERSIONS[kind](small_spec()))
    assert 2 in [run.id for run in list_runs(store, parse("flatten seed=1")).runs]
    assert 2 in [run.id for run in list_runs(store, parse("flatten"), sort="seed").runs]


@pytest.mark.parametrize("column", ["environment", "files", "progress", "tags"])
@pytest.mark.parametrize("text", ["{oops", "3", "[" * 100_000])
def test_a_row_with_damaged_texts_is_given_without_them(store, small_spec, column, text):
    for seed in range(2):
        finish(store, small_spec(seed=seed), 2)
    write(store, 1, **{column: text})
    one, other = store.runs()
    assert one.num_epochs == 2 and not getattr(one, column) and other.files


@pytest.mark.parametrize("owner", ["{oops", None, "[]", '{"host": "x"}'])
def test_a_running_run_without_an_owner_is_found(store, small_spec, owner):
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    store.claim("cpu", ME)
    write(store, run_id, owner=owner)
    assert store.recover() == 1
    assert store.run(run_id).state == QUEUED


@pytest.mark.parametrize("name", sorted(RESUMABLE))
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + b"\0"])
def test_a_run_with_a_damaged_file_is_named_and_the_next_best_is_continued(store, small_spec, name, damage):
    short, long = finish(store, small_spec(), 1), finish(store, small_spec(), 3)
    assert store.resume_source(long.identity, 5, DEVICE) == long
    file = store.files_dir(long.id) / name
    file.write_bytes(damage(file.read_bytes()))
    assert store.damaged_files(long) == [name]
    assert store.resume_source(long.identity, 5, DEVICE) == short


def test_a_runner_given_up_for_dead_adds_no_epochs_when_it_begins(store, small_spec):
    short = finish(store, small_spec(), 1)
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.claim("cpu", replace(ME, started="1"))
    store.recover()
    other = RunnerStore(store.root)
    other.claim("cpu", ME)
    store.mark_started(run_id, ENVIRONMENT, short)
    assert other.run(run_id).num_epochs == 0
    other.mark_started(run_id, ENVIRONMENT, short)
    other.add_epoch(run_id, epoch(2))
    other.finish(run_id, stage(other), ENVIRONMENT)


def test_asking_again_for_a_run_that_is_being_stopped_queues_it(store, small_spec):
    (stopped,) = store.submit([small_spec()], 1, "cpu")
    store.claim("cpu", ME)
    store.cancel([stopped])
    (again,) = store.submit([small_spec()], 1, "cpu")
    store.mark_cancelled(stopped)
    assert store.run(again).state == QUEUED


def test_the_queue_is_shown_beside_it(store, small_spec):
    store.submit([small_spec(seed=seed) for seed in range(2)], 1, "cpu")
    store.claim("cpu", ME)
    write(store, 1, spec="{oops")
    assert [place.run.id for place in queue(store, lambda device_id: EpochTimes([]))] == [1, 2]
