"""The memory test on the command line, in searches and in exports: it works as any dataset does, and is marked."""

import csv
import io
import json
from zipfile import ZipFile

import pytest

from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.transfer.exports import export
from models.data.memory_tests import TESTS, memory_dataset
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding


@pytest.fixture
def both(store, finish, small_spec):
    """A run on real texts, then one on generated ones."""
    dataset = memory_dataset(5, TESTS["memory_order"])
    finish(small_spec("flatten"), [0.7])
    finish(RunSpec.create(dataset=dataset.name, fingerprint=dataset.fingerprint(None), architecture="gru"), [0.9])


@pytest.mark.parametrize(("name", "encoding"), [("memory_7", (22, 15)), ("memory_recall_7", (23, 16))])
def test_it_is_trained_on_as_any_dataset_is(run, name, encoding):
    status, out, _ = run("train", "simple_rnn", "--dataset", name, "--seeds", "1", "--no-wait", "--json")
    (row,) = json.loads(out)
    queued = run.store.run(row["run"])
    run.store.cancel([queued.id])
    assert status == 0 and (row["dataset"], row["generated"]) == (name, "yes")
    assert queued.spec.encoding == TextEncoding(*encoding, padding="post")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--dataset", "memory_7", "--length", "50"], "7 steps back (generated) has a fixed encoding"),
        (["--dataset", "memory_300"], "goes from 2 to 200 steps back, not 300"),
    ],
)
def test_what_cannot_be_asked_is_one_line(run, words, expected):
    status, _, error = run("train", "simple_rnn", "--no-wait", *words)
    assert status == 1 and expected in error and error.count("\n") == 1
    assert not run.store.runs()


def test_datasets_lists_all_distances_of_a_test_in_one_row(run):
    _, out, _ = run("datasets", "--json")
    rows = json.loads(out)[-len(TESTS) :]
    assert [row["title"] for row in rows] == [test.choice for test in TESTS.values()]
    assert (rows[0]["dataset"], rows[0]["title"]) == ("memory_2 … memory_200", "Memory test (generated)")
    assert [row["classes"] for row in rows] == [2, 2, 4]


@pytest.mark.parametrize(("query", "ids"), [("generated=yes", [2]), ("generated=no", [1]), ("memory_order_5", [2])])
def test_generated_runs_can_be_found_and_left_out(store, both, query, ids):
    assert [found.id for found in list_runs(store, parse(query)).runs] == ids


def test_exports_say_which_runs_are_of_generated_texts(store, both):
    file = io.BytesIO()
    export(store, [1, 2], "csv", file)
    with ZipFile(file) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("runs.csv").decode())))
    assert [row["generated"] for row in rows] == ["False", "True"]


@pytest.mark.slow
def test_the_real_worker_trains_it(run):
    status, out, error = run("train", "flatten", "--dataset", "memory_5", "--seeds", "1", "--epochs", "4", "--json")
    assert status == 0, error
    assert json.loads(out)[0]["test_accuracy"] > 0.9
