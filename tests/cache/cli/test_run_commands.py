import json
import zipfile

import pandas
import pytest

from cache.browsing import annotations
from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, QUEUED
from cache.store.store import RunStore
from cache.transfer.bundles import export_bundle
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


@pytest.mark.parametrize("command", [["rm", "--for-good"], ["rm"], ["export", "--to", "x.zip"]], ids=" ".join)
@pytest.mark.parametrize("where", ["", "  ", "\t,", '""', "()"])
def test_an_empty_where_chooses_nothing(cached, run, finish, small_spec, command, where):
    ended = finish(small_spec(), [0.8])
    for numbers in ([], [str(ended.id)]):
        status, _, err = run(*command, *numbers, "--where", where, cache=cached.store.root)
        assert status == 1 and "need" in err and err.count("\n") == 1
    assert [each.id for each in cached.store.runs()] == [ended.id]


def test_messages_of_an_export_name_what_was_typed(cached, run, finish, small_spec, tmp_path):
    ids = [finish(small_spec(name), [0.8]).id for name in ("lstm", "gru", "flatten")]
    (waiting,) = cached.store.submit([small_spec("lstm", seed=1)], 2, "cpu")
    target = tmp_path / "some.zip"

    def export(where):
        return run("export", "--where", where, "--to", str(target), cache=cached.store.root)

    assert "state" not in export("units>")[2]
    assert export("run=999")[2] == "No run matches “run=999”.\n"
    assert "is finished: only finished runs go into a bundle" in export(f"run={waiting}")[2]
    status, out, err = export(f"(run={ids[0]})or(run={waiting})")
    assert status == 0 and "runs: 1" in out and err == "1 of 2 runs: only finished ones go into a bundle.\n"


@pytest.fixture
def bundles(store, finish, small_spec, tmp_path):
    """Three bundles of a run each, the second of them cut off."""
    files = [tmp_path / f"{name}.zip" for name in ("good", "cut", "other")]
    for seed, file in enumerate(files):
        export_bundle(store, [finish(small_spec(seed=seed), [0.8]).id], file)
    files[1].write_bytes(files[1].read_bytes()[:100])
    return list(map(str, files))


def test_a_damaged_bundle_is_named_and_the_others_are_imported(run, bundles, tmp_path):
    status, out, err = run("import", *bundles, str(tmp_path / "missing.zip"), cache=tmp_path / "new")
    assert status == 1 and [line.split()[0] for line in out.splitlines()] == ["run", "1", "2"]
    *imported, damaged, missing = err.splitlines()
    assert damaged.startswith(f"{bundles[1]}: The bundle is no") and damaged.endswith(": nothing was imported.")
    assert missing == f"There is no file or folder {tmp_path / 'missing.zip'}."
    assert imported == [f"{file}: 1 run imported." for file in (bundles[0], bundles[2])]
    assert len(RunStore(tmp_path / "new").runs()) == 2


def test_a_disk_that_fills_up_is_reported_with_the_bundle(run, bundles, tmp_path, monkeypatch):
    def fail(store, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cache.cli.run_commands.import_bundle", fail)
    status, out, err = run("import", bundles[0], cache=tmp_path / "new")
    assert (status, out) == (1, "") and err.startswith(f"{bundles[0]}: No space left on device; free some space")


def test_progress_bars_are_for_terminals(run, bundles, tmp_path, store, monkeypatch):
    words = ("import", bundles[0], bundles[2])
    assert "2/2" not in run(*words, cache=tmp_path / "new")[2]
    assert run("export", "1", "--to", str(tmp_path / "x.zip"), cache=store.root)[2] == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "2/2" in run(*words, cache=tmp_path / "new")[2]


def test_an_export_counts_the_runs_without_weights(cached, run, finish, small_spec, tmp_path):
    ids = [finish(small_spec(name), [0.8]).id for name in ("lstm", "gru")]
    export_bundle(cached.store, ids, tmp_path / "one.zip", weights=ids[:1])
    assert run("import", str(tmp_path / "one.zip"), cache=tmp_path / "new")[0] == 0
    for root, expected in (
        (cached.store.root, ""),
        (tmp_path / "new", "The weights of 1 of 2 runs are not in this cache.\n"),
    ):
        target = root / "exported.zip"
        status, _, err = run("export", "1", "2", "--weights", "--to", str(target), cache=root)
        assert (status, err) == (0, expected)


def test_waiting_runs_that_are_deleted_for_good_are_printed_as_deleted(cached, small_spec):
    (waiting,) = cached.store.submit([small_spec()], 1, "cpu")
    (row,) = cached("rm", str(waiting), "--for-good")
    assert (row["state"], row["reason"]) == ("deleted", None) and cached.store.runs() == []


def test_a_running_run_that_is_cancelled_is_printed_as_being_stopped(cached, small_spec):
    (running,) = cached.store.submit([small_spec()], 1, "cpu")
    assert RunnerStore(cached.store.root).claim("cpu", ProcessIdentity.current()).id == running
    (row,) = cached("cancel", str(running))
    assert (row["state"], row["reason"]) == ("running", "being stopped")


def test_a_file_that_cannot_be_written_is_named_as_it_was_typed(cached, run, finish, small_spec, monkeypatch):
    ended = finish(small_spec(), [0.8])
    for words in (["export", str(ended.id), "--to", "/sys/x.zip"], ["backup", "/sys/x.tar"]):
        status, _, err = run(*words, cache=cached.store.root)
        assert (
            status == 1
            and err.startswith(f"{words[-1]} cannot be written: ")
            and "; check its permissions, or name another" in err
        )
    assert "name a file" in run("backup", "-", cache=cached.store.root)[2]
