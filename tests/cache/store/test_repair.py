"""A cache that is damaged opens, says what was lost, and gives every finished run as it was measured."""

import os
import random
import re
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cache.store.manifest import MANIFEST
from cache.store.repair import reports
from cache.store.runner_store import RunnerStore
from cache.store.runs import FINISHED, QUEUED
from cache.store.schema import CacheTooNew
from cache.store.store import RunStore
from models.architectures import ARCHITECTURES
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from tests.cache.store.made_runs import ME, epoch, finish

NUM_FINISHED, NUM_FAILED, NUM_QUEUED = 100, 5, 15
PAGE = 4_096


def spec(seed):
    fingerprint = get_dataset("rotten_tomatoes").fingerprint(None)
    names = list(ARCHITECTURES)
    return RunSpec.create(
        dataset="rotten_tomatoes", fingerprint=fingerprint, architecture=names[seed % len(names)], seed=seed
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A cache of 100 finished runs with their records, five failed and fifteen queued ones."""
    store = RunnerStore(tmp_path_factory.mktemp("whole"))
    with closing(sqlite3.connect(store.database_file)) as kept_open:  # so that SQLite need not tidy up every time
        kept_open.execute("SELECT * FROM runs").fetchall()
        for seed in range(NUM_FINISHED):
            finish(store, spec(seed), 1 + seed % 3)
        others = range(NUM_FINISHED, NUM_FINISHED + NUM_FAILED + NUM_QUEUED)
        for run_id in store.submit(map(spec, others), 2, "cpu")[:NUM_FAILED]:
            store.claim("cpu", ME)
            store.add_epoch(run_id, epoch(1))
            store.fail(run_id, "because")
    return store


@pytest.fixture
def root(whole, tmp_path):
    shutil.copytree(whole.root / "runs", tmp_path / "cache" / "runs", copy_function=os.link)
    shutil.copy(whole.database_file, tmp_path / "cache")
    return tmp_path / "cache"


def put(file, text):
    """Writes a file of one cache alone: the caches share theirs."""
    file.unlink(missing_ok=True)
    file.write_text(text)


def measured(run):
    """What a record gives back. What people say of a run, and how often it was tried, is in the database alone."""
    annotations = {"name": "", "note": "", "tags": (), "pinned": False, "archived": False, "deleted_at": None}
    return replace(run, device_id="", attempts=0, **annotations)


def named(report):
    """The ids that a report says are lost or cannot be read."""
    found = re.findall(r"(?:Lost|Not readable): ([\d, ]+)", report)
    return {int(each) for ids in found for each in ids.split(", ")}


def check(root, whole):
    """Opens a damaged cache; returns the store, its runs and what is missing."""
    store = RunStore(root)
    before, now = ({run.id: run for run in each.runs()} for each in (whole, store))
    assert now.keys() <= before.keys()
    for run_id, run in now.items():
        assert run == before[run_id] or (run.state == FINISHED and measured(run) == measured(before[run_id]))
        assert run.state != FINISHED or store.damaged_files(run) == []
    assert store.epochs(now) == whole.epochs(now)
    assert {run_id for run_id in before if before[run_id].state == FINISHED} <= now.keys()
    return store, now, before.keys() - now.keys()


def wreck(file, at, damage):
    data = bytearray(file.read_bytes())
    data[at : at + len(damage)] = damage
    file.write_bytes(data)


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 150))])
def test_a_damaged_page_costs_no_finished_run(root, whole, seed):
    chance, file = random.Random(seed), root / "runs.sqlite"
    page = chance.randrange(1, file.stat().st_size // PAGE)
    wreck(file, PAGE * page, chance.choice((chance.randbytes(PAGE), bytes(PAGE))))
    damaged = file.read_bytes()
    store, now, missing = check(root, whole)
    (report,) = reports(store.backups_dir)
    assert missing <= named(report) and not named(report) & now.keys()
    assert "Lost" in report or "Not readable" in report or not missing
    (copy,) = store.backups_dir.glob("damaged-*/runs.sqlite")
    assert copy.read_bytes() == damaged
    assert reports(RunStore(root).backups_dir) == [report], "repaired once"


WRECKS = {
    "garbage": lambda file: file.write_bytes(random.Random(0).randbytes(50_000)),
    "a text": lambda file: file.write_text("This was a database.\n"),
    "the first page": lambda file: wreck(file, 0, bytes(PAGE)),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("kind", WRECKS)
def test_a_database_of_which_nothing_is_left_is_made_anew(root, whole, kind):
    WRECKS[kind](root / "runs.sqlite")
    store, now, _ = check(root, whole)
    (report,) = reports(store.backups_dir)
    assert f"{NUM_FINISHED} runs were read from their own files" in report
    assert str(next(store.backups_dir.glob("damaged-*"))) in report
    assert store.submit([spec(9_999)], 1, "cpu")[0] not in now


def test_queued_runs_are_kept_where_they_can_be_read(root, whole):
    wreck(root / "runs.sqlite", PAGE * 10, bytes(PAGE))
    store, _, _ = check(root, whole)
    assert len(store.runs([QUEUED])) == NUM_QUEUED


def test_a_record_that_is_damaged_too_is_lost_and_named(root):
    for run_id in (7, 8):
        put(root / "runs" / str(run_id) / MANIFEST, "{}")
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("DELETE FROM epochs WHERE run_id = 7")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_master WHERE name = 'runs_by_state'")  # its pages now belong to nothing
        db.commit()
    store = RunStore(root)
    assert [named(report) for report in reports(store.backups_dir)] == [{7}]
    assert store.run(8).num_epochs == 2 and len(store.runs()) == NUM_FINISHED + NUM_FAILED + NUM_QUEUED - 1


def cut_index(db, name):
    db.execute("PRAGMA writable_schema = ON")
    db.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))  # its pages now belong to nothing
    db.commit()


def allow_null(db, column):
    db.execute("PRAGMA writable_schema = ON")
    sql = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'runs'"
    kind = "INTEGER" if column in ("pinned", "archived") else "TEXT"
    assert db.execute(sql, (f"{column} {kind} NOT NULL", f"{column} {kind} ALLOWS_")).rowcount == 1
    db.commit()


def forbid_null(db):
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_master SET sql = replace(sql, 'ALLOWS_', 'NOT NULL') WHERE name = 'runs'")


def test_annotations_in_readable_rows_are_kept(root):
    """The epochs of run 7 are gone; its row still says that it is in the bin."""
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("UPDATE runs SET name = 'Best', tags = '[\"paper\"]', pinned = 1, deleted_at = 5.0 WHERE id = 7")
        db.execute("DELETE FROM epochs WHERE run_id = 7")
        cut_index(db, "runs_by_state")
    store = RunStore(root)
    run = store.run(7)
    assert (run.name, run.tags, run.pinned, run.deleted_at) == ("Best", ("paper",), True, 5.0) and run.num_epochs
    (report,) = reports(store.backups_dir)
    assert "1 runs were read from their own files." in report and "the bin" not in report


@pytest.mark.parametrize("column", ["name", "note", "tags", "pinned", "archived"])
def test_annotations_that_are_damaged_are_left_out(root, whole, column):
    """One flipped byte makes a value NULL where the schema allows none."""
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("UPDATE runs SET deleted_at = 5.0 WHERE id = 7")
        allow_null(db, column)
    with closing(sqlite3.connect(root / "runs.sqlite")) as db, db:
        db.execute(f"UPDATE runs SET {column} = NULL WHERE id = 7")
        forbid_null(db)
    store, _, _ = check(root, whole)
    assert store.run(7).deleted_at == 5.0


def test_an_annotation_that_cannot_be_stored_does_not_stop_the_repair(root, whole, monkeypatch):
    monkeypatch.setattr("cache.store.repair.ANNOTATIONS", ("name", "state"))
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("UPDATE runs SET state = 'finish' WHERE id = 7")
        cut_index(db, "runs_by_identity")
    store, _, _ = check(root, whole)
    assert "1 run came back without them" in reports(store.backups_dir)[0]


@pytest.mark.parametrize("kind", ["garbage", "gone"])
def test_what_is_only_in_the_database_is_reported(root, kind):
    WRECKS[kind](root / "runs.sqlite")
    (report,) = reports(RunStore(root).backups_dir)
    assert "Waiting, failed and cancelled runs are only in the database: those that are missing are unknown." in report
    assert f"the bin are only in the database: {NUM_FINISHED} runs came back without them, also any " in report


@pytest.mark.parametrize("are_indexed", [True, False])
def test_runs_that_were_deleted_for_good_are_not_called_lost(root, are_indexed):
    """The page of the last rows is damaged, so that neither a deleted run nor its neighbour can be read."""
    neighbour, deleted = NUM_FINISHED + NUM_FAILED + NUM_QUEUED, NUM_FINISHED + NUM_FAILED + NUM_QUEUED - 1
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("DELETE FROM runs WHERE id = ?", (deleted,))
        db.commit()
        leaves = db.execute("SELECT pageno FROM dbstat WHERE name = 'runs' AND pagetype = 'leaf' ORDER BY path")
        page = leaves.fetchall()[-1][0]
        for index in () if are_indexed else ("runs_by_state", "runs_by_identity"):
            cut_index(db, index)
    wreck(root / "runs.sqlite", PAGE * (page - 1), bytes(PAGE))
    (report,) = reports(RunStore(root).backups_dir)
    lost = re.search(r"Lost: ([\d, ]+)", report)
    if are_indexed:
        assert str(neighbour) in lost[1] and str(deleted) not in report
    else:
        assert lost is None and named(report) >= {neighbour, deleted}
        assert "some of these may have been deleted earlier" in report


def test_files_beside_the_database_may_be_garbage(root, whole):
    for suffix in ("-wal", "-shm"):
        (root / f"runs.sqlite{suffix}").write_bytes(random.Random(1).randbytes(40_000))
    _, _, missing = check(root, whole)
    assert not missing


def test_an_empty_database_is_made_anew(root, whole):
    (root / "runs.sqlite").write_bytes(b"")
    check(root, whole)


def test_runs_that_stood_only_in_a_lost_log_are_found_by_their_records(root):
    with closing(sqlite3.connect(root / "runs.sqlite")) as db, db:
        for table, column in (("runs", "id"), ("epochs", "run_id")):
            db.execute(f"DELETE FROM {table} WHERE {column} >= ?", (NUM_FINISHED,))
        db.execute("UPDATE sqlite_sequence SET seq = ?", (NUM_FINISHED - 1,))
    store = RunStore(root)
    assert store.run(NUM_FINISHED).state == FINISHED
    assert store.submit([spec(9_999)], 1, "cpu") > [NUM_FINISHED]


def test_what_is_left_of_a_cut_database_is_read(root, whole):
    (root / "runs.sqlite").write_bytes((root / "runs.sqlite").read_bytes()[: -2 * PAGE - 100])
    store, _, _ = check(root, whole)
    assert store.runs([QUEUED])


@pytest.mark.parametrize("step", range(4))
def test_a_repair_that_is_killed_is_begun_anew_and_loses_nothing_more(root, whole, step, monkeypatch):
    """The steps are those at which one file takes the place of another."""
    wreck(root / "runs.sqlite", PAGE * 10, bytes(PAGE))
    steps = iter([os.replace] * step)

    def replace_or_die(*paths):
        next(steps, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))(*paths)

    monkeypatch.setattr(os, "replace", replace_or_die)
    with suppress(KeyboardInterrupt):
        RunStore(root)
    monkeypatch.undo()
    store, _, _ = check(root, whole)
    assert len(store.runs([QUEUED])) == NUM_QUEUED


@pytest.mark.parametrize("damage", [lambda file: put(file, "{}"), Path.unlink])
def test_a_folder_that_cannot_be_read_is_never_written_over(root, damage):
    damage(root / "runs" / str(NUM_FINISHED) / MANIFEST)
    (root / "runs.sqlite").unlink()
    assert RunStore(root).submit([spec(9_999)], 1, "cpu") > [NUM_FINISHED]


def test_damage_twice_in_a_second_keeps_both(root, monkeypatch):
    strftime = time.strftime
    monkeypatch.setattr(time, "strftime", lambda form: strftime(form, time.gmtime(0)))
    for text in ("first", "second"):
        (root / "runs.sqlite").write_text(text)
        RunStore(root)
    found = {path.read_text() for path in (root / "backups").glob("*/runs.sqlite")}
    assert found == {"first", "second"}


def test_a_damaged_cache_of_a_newer_version_is_left_to_that_version(root):
    with closing(sqlite3.connect(root / "runs.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    wreck(root / "runs.sqlite", PAGE * 10, bytes(PAGE))
    with pytest.raises(CacheTooNew):
        RunStore(root)


def test_weights_that_were_damaged_before_the_database_are_not_continued_from(root):
    put(root / "runs" / "2" / "state.npz", "wei")
    (root / "runs.sqlite").unlink()
    store = RunStore(root)
    assert store.damaged_files(store.run(2)) == ["state.npz"]
    assert store.resume_source(store.run(2).identity, 9, store.run(2).device) is None


@pytest.mark.parametrize("column", ["spec", "files", "environment", "tags", "identity"])
@pytest.mark.parametrize("value", ["CAST(x'7bff' AS TEXT)", "'{oops'"])
def test_damage_within_a_text_is_found_and_repaired(root, whole, column, value):
    with closing(sqlite3.connect(root / "runs.sqlite")) as db, db:
        db.execute(f"UPDATE runs SET {column} = {value} WHERE id = 5")
    check(root, whole)


@pytest.mark.timeout(120, func_only=True)  # counting to 2**40 takes days
def test_an_absurd_highest_id_is_not_counted_through(root, whole):
    with closing(sqlite3.connect(root / "runs.sqlite")) as db, db:
        db.execute("UPDATE sqlite_sequence SET seq = 1 << 40")
    wreck(root / "runs.sqlite", PAGE * 10, bytes(PAGE))
    check(root, whole)


@pytest.mark.parametrize("place", ["5/notes", "²"])
def test_folders_that_are_not_ours_do_not_matter(root, whole, place):
    (root / "runs" / place).mkdir()
    (root / "runs.sqlite").write_text("garbage")
    check(root, whole)
