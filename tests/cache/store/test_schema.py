"""Caches of every earlier version are brought up to date, and nothing of them is lost."""

import sqlite3
from contextlib import closing

import pytest

from cache.inference import generation_requests
from cache.inference.generation_requests import Request, open_requests
from cache.store import schema
from cache.store.rows import EPOCH_COLUMNS
from cache.store.runs import STATES, best_epoch, seconds_per_epoch
from cache.store.schema import MIGRATIONS, CacheTooNew, CacheTooOld
from cache.store.store import RunStore
from models.architectures import ARCHITECTURES

OLD_VERSIONS = range(1, len(MIGRATIONS))
NUM_RUNS = 25
EVERYTHING = "SELECT * FROM runs ORDER BY id", "SELECT * FROM epochs ORDER BY run_id, epoch", "SELECT * FROM runners"


def ask(path, sql):
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql)]


def contents(path):
    return [ask(path, sql) for sql in (*EVERYTHING, "PRAGMA user_version")]


def old_cache(root, version, small_spec, num_runs=NUM_RUNS):
    """A database as that version left it: runs in every state, of none to four epochs, one with a tie, two starts."""
    root.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(root / "runs.sqlite")) as db, db:
        for script in MIGRATIONS[:version]:
            db.executescript(script)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("INSERT INTO runners VALUES ('cpu', '{}', 'Test CPU', '', 5)")
        for run_id in range(1, num_runs + 1):
            spec, num_epochs = small_spec(list(ARCHITECTURES)[run_id % 3], seed=run_id), run_id % 5
            values = {
                "id": run_id,
                "identity": spec.identity,
                "spec": spec.to_json(),
                "lane": "cpu",
                "epochs": max(num_epochs, 1),
                "num_params": spec.num_params(),
                "state": STATES[run_id % len(STATES)] if num_epochs else "queued",
                "position": run_id / 2,
                "device": "Test CPU",
                "environment": '{"device": "Test CPU"}',
                "files": '{"state.npz": "00"}',
                "created_at": 1_000.5 + run_id,
            }
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
            for number in range(1, num_epochs + 1):
                accuracy = (0.7, 0.8, 0.8, 0.6)[number - 1]
                test = (0.5, 0.75) if number < 3 else (None, None)
                row = (number, 0.5, 0.7, 0.6, accuracy, *test, 10 / (run_id + number), 0.1, number in (1, run_id % 4))
                columns = ", ".join(EPOCH_COLUMNS[: len(row)])  # those that there were from the beginning
                db.execute(f"INSERT INTO epochs (run_id, {columns}) VALUES (?{', ?' * len(row)})", (run_id, *row))
        db.execute(f"PRAGMA user_version = {version}")
    return root


@pytest.fixture(params=OLD_VERSIONS)
def old(request, tmp_path, small_spec):
    return old_cache(tmp_path / "cache", request.param, small_spec)


def test_every_run_and_epoch_is_kept(old):
    runs, epochs, runners, _ = contents(old / "runs.sqlite")
    store = RunStore(old)
    new_runs, new_epochs, new_runners, version = contents(store.database_file)
    assert version == [{"user_version": len(MIGRATIONS)}]
    assert len(epochs) == 50 and new_runners == runners
    for row, new in zip(runs + epochs, new_runs + new_epochs, strict=True):
        assert row.items() <= new.items()
    assert {run.state for run in store.runs()} == set(STATES)


def test_summaries_are_what_follows_from_the_epochs(tmp_path, small_spec):
    store = RunStore(old_cache(tmp_path / "cache", 1, small_spec))  # later versions have them already
    runs = store.runs()
    epochs = store.epochs(run.id for run in runs)
    for run in runs:
        best = best_epoch(epochs[run.id]) if epochs[run.id] else None
        assert run.num_epochs == len(epochs[run.id])
        assert run.best_epoch == (best and best.epoch)
        assert run.validation_accuracy == (best and best.validation_accuracy)
        assert run.test_accuracy == (best and best.test_accuracy)
        assert run.seconds_per_epoch == seconds_per_epoch(epochs[run.id])
    steady = {sum(not epoch.is_first for epoch in each) for each in epochs.values()}
    assert {0, 1, 2, 3} <= steady, "medians of none, of an odd and of an even number are meant to be among them"


def test_what_people_say_begins_empty(old):
    run = RunStore(old).runs()[0]
    assert (run.name, run.note, run.tags, run.pinned, run.archived) == ("", "", (), False, False)
    assert run.deleted_at is run.contended is run.imported_at is None


def test_nothing_is_asked_of_an_old_cache_yet(old, monkeypatch):
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    store = RunStore(old)
    assert open_requests(store) == []
    request = Request((1,), "The film is", 1, 1.0, 1, 0)
    generation_requests.ask(store, request)
    assert open_requests(store) == [request]


def test_a_copy_of_the_old_database_is_kept_whole(old, small_spec):
    before = contents(old / "runs.sqlite")
    version = before[-1][0]["user_version"]
    RunStore(old)
    (backup,) = (old / "backups").iterdir()
    assert ask(backup, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert contents(backup) == before

    for file in old.glob("runs.sqlite*"):
        file.unlink()
    old_cache(old, version, small_spec, num_runs=3)
    RunStore(old)
    first, second = sorted((old / "backups").iterdir(), key=lambda path: len(path.name))
    assert contents(first) == before and len(contents(second)[0]) == 3


def test_ids_are_not_used_again(old, small_spec):
    store = RunStore(old)
    with store.db.transaction() as db:
        db.execute("DELETE FROM runs WHERE id >= ?", (NUM_RUNS - 1,))
    assert RunStore(old).submit([small_spec(seed=1_000)], 1, "cpu") == [NUM_RUNS + 1]


def test_epochs_go_with_their_run_after_a_migration_as_before(old):
    store = RunStore(old)
    with store.db.transaction() as db:
        db.execute("DELETE FROM runs WHERE id = 4")
    assert ask(store.database_file, "PRAGMA foreign_key_check") == []
    assert ask(store.database_file, "SELECT * FROM epochs WHERE run_id = 4") == []
    ones = ", 1" * (len(EPOCH_COLUMNS) - 1)
    with pytest.raises(sqlite3.IntegrityError), store.db.transaction() as db:
        db.execute(f"INSERT INTO epochs SELECT 999, epoch{ones} FROM epochs WHERE run_id = 3")


def test_a_migration_that_fails_leaves_the_cache_as_it_was(old, monkeypatch):
    before = contents(old / "runs.sqlite")
    broken = "ALTER TABLE runs ADD COLUMN more TEXT;\nDELETE FROM epochs;\nINSERT INTO nowhere VALUES (1);\n"
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        RunStore(old)
    assert contents(old / "runs.sqlite") == before
    monkeypatch.undo()
    assert len(RunStore(old).runs()) == NUM_RUNS


def test_a_newer_cache_is_refused_and_left_alone(old):
    RunStore(old)
    with closing(sqlite3.connect(old / "runs.sqlite")) as db:
        db.execute("ALTER TABLE runs ADD COLUMN of_the_future TEXT")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    with pytest.raises(CacheTooNew, match="update Unroll, or point UNROLL_CACHE"):
        RunStore(old)
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file()} == before


def test_many_processes_may_open_an_old_cache_at_once(old, open_at_once):
    assert open_at_once(old) == [NUM_RUNS] * 3
    assert len(list((old / "backups").iterdir())) == 1


def test_a_migrated_cache_has_the_tables_of_a_fresh_one(old, tmp_path):
    sql = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    fresh, migrated = RunStore(tmp_path / "fresh"), RunStore(old)
    assert ask(fresh.database_file, sql) == ask(migrated.database_file, sql)


def test_a_cache_from_before_a_metric_gets_a_column_for_it(tmp_path, small_spec):
    root = old_cache(tmp_path / "cache", len(MIGRATIONS), small_spec)
    assert "test_f1" not in ask(root / "runs.sqlite", "SELECT * FROM epochs")[0]
    with pytest.raises(CacheTooOld, match="open it once where it can be written"):
        RunStore(root, read_only=True).runs()
    measured = [epoch for epochs in RunStore(root).epochs(range(1, NUM_RUNS)).values() for epoch in epochs]
    assert measured and {epoch.test_f1 for epoch in measured} == {None}
    assert [path.name for path in (root / "backups").iterdir()] == [f"runs-format-{len(MIGRATIONS)}.sqlite"]
    again = RunStore(root, read_only=True).epochs(range(1, NUM_RUNS))
    assert measured == [epoch for epochs in again.values() for epoch in epochs]
