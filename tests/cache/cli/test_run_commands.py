import json
import zipfile

import pandas
import pytest

from cache.browsing import annotations
from cache.store.runs import CANCELLED, QUEUED
from tests.cache.cli.conftest import SMALL


def test_filters_of_the_list(run):
    run("train", "lstm", "gru", "--seeds", "1", *SMALL, "--no-wait")
    ids = [queued.id for queued in run.store.runs()]
    assert json.loads(run("cancel", *map(str, ids), "--json")[1])
    assert len(json.loads(run("list", "architecture=gru", "--json")[1])) == 1
    assert json.loads(run("list", "state=finished", "--json")[1]) == []
    assert run("list", "state=finished")[1] == "No runs.\n"
    assert {row["state"] for row in json.loads(run("list", "--json")[1])} <= {CANCELLED, "running"}


def test_runs_are_exported_imported_removed_and_taken_back(cached, finish, small_spec, tmp_path):
    ids = [finish(small_spec(name), [0.8, 0.9]).id for name in ("lstm", "gru")]
    for kind in ("csv", "parquet", "tensorboard"):
        assert cached("export", *map(str, ids), "--as", kind, "--to", str(tmp_path / f"{kind}.zip"))["runs"] == 2
    assert [row["run"] for row in cached("rm", "--where", "lstm")] == [ids[0]]
    assert [row["run"] for row in cached("list")] == [ids[1]]
    assert [row["run"] for row in cached("list", "--shelf", "bin")] == [ids[0]]
    cached("restore", str(ids[0]))
    assert [row["run"] for row in cached("list", "--sort", "run", "--ascending")] == ids
    cached("rm", str(ids[0]), "--for-good")
    assert [run.id for run in cached.store.runs()] == [ids[1]]


def test_queries_with_or_and_not_find_and_export_runs(cached, finish, small_spec, tmp_path):
    ids = [finish(small_spec(name), [0.8]).id for name in ("lstm", "gru", "flatten")]
    (waiting,) = cached.store.submit([small_spec("lstm", seed=1)], 2, "cpu")
    cached.store.cancel([waiting])
    for words in (["lstm or gru"], ["lstm", "or", "gru"], ["(lstm or gru)"], ["not flatten"], ["not", "flatten"]):
        assert {row["run"] for row in cached("list", *words)} == {*ids[:2], waiting}, words
    assert cached("export", "--where", "lstm or gru", "--to", str(tmp_path / "both.zip"))["runs"] == 2


def test_gc_shows_what_there_is_and_frees_only_what_is_named(cached, finish, small_spec):
    finish(small_spec(), [0.8])
    finish(small_spec(), [0.8, 0.9])
    rows = {row["kind"]: row for row in cached("gc")}
    assert rows["superseded"]["items"] == 1 and not any(row["freed"] for row in rows.values())
    assert len(cached.store.runs()) == 2
    rows = {row["kind"]: row for row in cached("gc", "superseded")}
    assert rows["superseded"]["freed"] and not rows["states"]["freed"]
    assert [run.epochs for run in cached.store.runs()] == [2]


def test_a_failed_run_is_tried_again(cached, small_spec):
    (run_id,) = cached.store.submit([small_spec()], 1, "cpu")
    cached("cancel", str(run_id))
    (row,) = cached("retry", str(run_id))
    assert row["run"] != run_id and row["state"] == QUEUED


def test_what_changes_nothing_reports_it(cached, run, finish, small_spec):
    ended = finish(small_spec(), [0.8])
    for words, message in (
        (["cancel", str(ended.id)], f"Run {ended.id} is finished: only what waits or trains can be cancelled."),
        (["restore", str(ended.id)], f"Run {ended.id} is not in the bin."),
    ):
        status, _, err = run(*words, cache=cached.store.root)
        assert (status, err.strip()) == (1, message)


def test_one_string_may_hold_a_whole_query(cached, finish, small_spec):
    first = finish(small_spec("lstm"), [0.8])
    second = finish(small_spec("lstm", hyperparameters={"units": 8}), [0.8])
    other = finish(small_spec("gru", hyperparameters={"units": 8}), [0.8])
    annotations.rename(cached.store, other.id, "units of the paper")

    def found(*words):
        return {row["run"] for row in cached("list", *words)}

    assert found("lstm units=8") == found("lstm", "units=8") == found("units=8 lstm") == {second.id}
    assert found("lstm units>=8 state=finished") == found("lstm", "units>=8", "state=finished") == {first.id, second.id}
    assert found("units of the paper") == found("name=units of the paper") == {other.id}  # as it stands comes first
    assert found("lstm units=9") == set()


def test_one_string_that_is_no_query_reports_it(cached, run):
    assert (
        run("list", "lstm unitz=8", cache=cached.store.root)[2] == "There is no field “unitz”; did you mean “units”?\n"
    )
    assert run("list", "Anna's run", cache=cached.store.root)[1] == "No runs.\n"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_one_table_is_a_file_of_its_kind(cached, finish, small_spec, tmp_path, kind):
    ids = [finish(small_spec(name), [0.8, 0.9]).id for name in ("lstm", "gru")]
    for name in (f"t.{kind}", f"T.{kind.upper()}"):
        exported = cached("export", *map(str, ids), "--as", kind, "--to", str(tmp_path / name))
        assert exported["runs"] == 2 and "The table of runs" in exported["note"] and "ends in .zip" in exported["note"]
        table = getattr(pandas, f"read_{kind}")(tmp_path / name)
        assert table["id"].tolist() == ids and table["test_accuracy"].tolist() == [0.89, 0.89]
        assert table["dataset_title"].tolist() == ["Rotten Tomatoes sentences"] * 2
    both = cached("export", *map(str, ids), "--as", kind, "--to", str(tmp_path / "t.zip"))
    assert "note" not in both
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        assert archive.namelist() == [f"runs.{kind}", f"epochs.{kind}"]
        assert archive.read(f"runs.{kind}") == (tmp_path / f"t.{kind}").read_bytes()
