import json
import sqlite3
from itertools import pairwise

import pytest

from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, RunRequest
from cache.store.schema import CacheTooNew
from cache.store.store import RunStore
from cache.store.store_queries import ForeignFolder, require_own
from models.training.run_files import EPOCH_WEIGHTS
from tests.cache.store.made_runs import ENVIRONMENT, ME, Clock, epoch, finish, stage


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache", Clock())


def test_a_run_goes_from_queued_to_finished(store, small_spec):
    spec = small_spec()
    (run_id,) = store.submit([spec], 2, "cpu")
    assert store.run(run_id).state == QUEUED
    assert store.run(run_id).spec == spec
    assert store.run(run_id).num_params == spec.num_params()
    run = finish(store, spec, 2)
    assert (run.id, run.state, run.device, run.attempts) == (run_id, FINISHED, "Test CPU", 1)
    assert [each.epoch for each in store.epochs([run_id])[run_id]] == [1, 2]
    assert (store.files_dir(run_id) / "state.npz").read_text() == "weights"


def test_asking_again_queues_nothing_twice(store, small_spec):
    first = store.submit([small_spec()], 2, "cpu")
    assert store.submit([small_spec()], 2, "cpu") == first
    assert store.submit([small_spec()], 1, "cpu") == first
    assert store.run(first[0]).epochs == 2
    assert store.submit([small_spec()], 5, "cpu") == first
    assert store.run(first[0]).epochs == 5
    assert store.submit([small_spec(seed=1)], 2, "cpu") != first


def test_fewer_epochs_are_answered_by_a_longer_run(store, small_spec):
    run = finish(store, small_spec(), 4)
    assert store.submit([small_spec()], 2, "cpu") == [run.id]
    assert store.best_runs([run.identity], 2, "Test CPU")[run.identity].id == run.id
    assert len(store.epochs([run.id], up_to=2)[run.id]) == 2


def test_a_run_of_other_versions_is_not_continued(store, small_spec):
    short = finish(store, small_spec(), 2)
    environment = {
        "device": "Test CPU",
        "engine": "tensorflow",
        "versions": {"keras": "3.14.2", "tensorflow": "2.21.0"},
    }
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET environment = ?", (json.dumps(environment),))
    same, other = ((("keras", keras), ("tensorflow", "2.21")) for keras in ("3.14", "3.15"))
    assert store.run(short.id).versions == same
    assert store.resume_source(short.identity, 4, "Test CPU", same).id == short.id
    assert store.resume_source(short.identity, 4, "Test CPU", other) is None
    assert store.resume_source(short.identity, 4, "Test CPU").id == short.id, "unknown versions are no others"


def test_more_epochs_continue_and_leave_the_shorter_run_as_it_was(store, small_spec):
    short = finish(store, small_spec(), 2)
    assert store.resume_source(short.identity, 4, "Test CPU").id == short.id
    assert store.resume_source(short.identity, 2, "Test CPU") is None
    assert store.resume_source(short.identity, 4, "Another device") is None
    long = finish(store, small_spec(), 4, resumed=short)
    assert long.id != short.id
    assert [each.epoch for each in store.epochs([long.id])[long.id]] == [1, 2, 3, 4]
    assert store.run(short.id) == short
    assert store.best_runs([short.identity], 2, "Test CPU")[short.identity].id == long.id


def test_a_run_of_this_device_answers_before_one_of_another(store, small_spec):
    here = finish(store, small_spec(), 2, device="Here")
    there = finish(store, small_spec(), 3, device="There")
    assert store.best_runs([here.identity], 2, "Here")[here.identity].id == here.id
    assert store.best_runs([here.identity], 2, "There")[here.identity].id == there.id
    assert store.best_runs([here.identity], 3, "Here")[here.identity].id == there.id


def test_an_answer_prefers_what_says_most(store, small_spec):
    identity = small_spec().identity
    assert store.best_runs([identity], 2, "x") == {}
    assert store.best_runs([], 2, "x") == {}
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    store.cancel([run_id])
    assert store.best_runs([identity], 2, "x")[identity].state == CANCELLED
    (again,) = store.submit([small_spec()], 2, "cpu")
    assert again != run_id
    assert store.best_runs([identity], 2, "x")[identity].state == QUEUED
    store.claim("cpu", ME)
    assert store.best_runs([identity], 2, "x")[identity].state == RUNNING
    store.fail(again, "because")
    assert store.best_runs([identity], 2, "x")[identity].state == FAILED


def test_cancelling(store, small_spec):
    ids = store.submit([small_spec(seed=seed) for seed in range(2)], 1, "cpu")
    store.claim("cpu", ME)
    assert store.record_heartbeats([ids[0]]) == set()
    store.cancel(ids)
    assert store.run(ids[1]).state == CANCELLED
    assert store.run(ids[0]).state == RUNNING
    assert store.record_heartbeats([ids[0]]) == {ids[0]}
    store.mark_cancelled(ids[0])
    assert store.run(ids[0]).state == CANCELLED


def test_finished_runs_do_not_change(store, small_spec):
    run = finish(store, small_spec(), 2)
    before = store.run(run.id)
    store.cancel([run.id])
    store.fail(run.id, "late")
    store.mark_cancelled(run.id)
    store.requeue(run.id, "late")
    store.set_progress(run.id, epoch=9)
    with pytest.raises(KeyError, match="not running"):
        store.finish(run.id, stage(store, "other"), ENVIRONMENT)
    assert store.run(run.id) == before
    assert (store.files_dir(run.id) / "state.npz").read_text() == "weights"


def test_files_and_row_appear_together_or_not_at_all(store, small_spec, monkeypatch):
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    store.claim("cpu", ME)
    store.add_epoch(run_id, epoch(1))
    monkeypatch.setattr(
        "cache.store.runner_store.os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space"))
    )
    with pytest.raises(OSError, match="No space"):
        store.finish(run_id, stage(store), ENVIRONMENT)
    assert store.run(run_id).state == RUNNING
    assert not store.files_dir(run_id).exists()


def test_a_cache_of_a_newer_version_is_left_alone(store):
    with sqlite3.connect(store.root / "runs.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(CacheTooNew, match="newer version of Unroll"):
        RunStore(store.root)


def test_an_unknown_run_is_refused(store):
    with pytest.raises(KeyError, match="There is no run 7"):
        store.run(7)


def test_a_run_that_lacks_an_epoch_does_not_finish(store, small_spec):
    (run_id,) = store.submit([small_spec()], 3, "cpu")
    store.claim("cpu", ME)
    for number in (1, 3):
        store.add_epoch(run_id, epoch(number))
    with pytest.raises(ValueError, match="Only 2 of 3 epochs"):
        store.finish(run_id, stage(store), ENVIRONMENT)
    assert store.run(run_id).state == RUNNING


def test_a_runs_summary_follows_its_epochs(store, small_spec):
    (run_id,) = store.submit([small_spec()], 3, "cpu")
    store.claim("cpu", ME)
    assert (store.run(run_id).num_epochs, store.run(run_id).test_accuracy) == (0, None)
    for number, accuracy in enumerate((0.7, 0.9, 0.8), start=1):
        store.add_epoch(run_id, epoch(number, validation_accuracy=accuracy, test_accuracy=accuracy - 0.1))
    run = store.run(run_id)
    assert (run.num_epochs, run.best_epoch, run.validation_accuracy, run.seconds_per_epoch) == (3, 2, 0.9, 2.0)
    assert run.test_accuracy == pytest.approx(0.8)


def test_a_run_can_be_measured_again_on_another_device(store, small_spec):
    there = finish(store, small_spec(), 2, device="There")
    assert store.submit([small_spec()], 2, "cpu") == [there.id]
    (here,) = store.submit([small_spec()], 2, "cpu", device="Here")
    assert here != there.id
    assert store.run(here).state == QUEUED


def test_an_epoch_of_a_run_that_was_lost_is_refused(store, small_spec):
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    with pytest.raises(KeyError, match="not running"):
        store.add_epoch(run_id, epoch(1))


@pytest.mark.parametrize("damage", [lambda file: file.write_text("wei"), lambda file: file.unlink()])
def test_a_damaged_run_is_not_continued(store, small_spec, damage):
    run = finish(store, small_spec(), 2)
    assert store.damaged_files(run) == []
    damage(store.files_dir(run.id) / "state.npz")
    assert store.damaged_files(run) == ["state.npz"]
    assert store.resume_source(run.identity, 4, "Test CPU") is None


def asked(store, spec, epochs, keep_weights=True):
    (run_id,) = store.submit_each([RunRequest(spec, epochs, "cpu", keep_weights=keep_weights)])
    return store.run(run_id)


def finish_keeping(store, spec, epochs):
    """As ``finish``, of a run that keeps its weights after chosen epochs."""
    run = asked(store, spec, epochs)
    assert run.keeps_weights and store.claim("cpu", ME).id == run.id
    store.mark_started(run.id, ENVIRONMENT, None)
    for number in range(1, epochs + 1):
        store.add_epoch(run.id, epoch(number))
    folder = stage(store)
    (folder / EPOCH_WEIGHTS).write_text("weights")
    store.finish(run.id, folder, ENVIRONMENT)
    return store.run(run.id)


def test_run_that_kept_no_weights_is_trained_again_for_who_asks_for_them(store, small_spec):
    plain = finish(store, small_spec(), 3)
    assert plain.kept_epochs == [] and not plain.keeps_weights
    assert asked(store, small_spec(), 3, keep_weights=False).id == plain.id
    kept = finish_keeping(store, small_spec(), 3)
    assert kept.id != plain.id and kept.identity == plain.identity, "it is no part of the identity"
    assert kept.kept_epochs == [1, 2, 3] and store.damaged_files(kept) == []
    assert asked(store, small_spec(), 2).id == asked(store, small_spec(), 3).id == kept.id
    (store.files_dir(kept.id) / EPOCH_WEIGHTS).write_text("damaged")
    assert store.damaged_files(kept) == [EPOCH_WEIGHTS]


def test_waiting_run_keeps_its_weights_once_they_are_asked_for(store, small_spec):
    waiting = asked(store, small_spec(), 4, keep_weights=False)
    assert not waiting.keeps_weights
    again = asked(store, small_spec(), 2)
    assert (again.id, again.epochs, again.keeps_weights) == (waiting.id, 4, True)
    assert asked(store, small_spec(), 5, keep_weights=False).keeps_weights
    assert store.claim("cpu", ME).keeps_weights
    store.release_run(waiting.id)
    assert store.run(waiting.id).keeps_weights


def test_running_run_that_keeps_none_does_not_answer_who_asks_for_them(store, small_spec):
    running = asked(store, small_spec(), 2, keep_weights=False)
    store.claim("cpu", ME)
    assert asked(store, small_spec(), 2).id != running.id


def test_only_run_with_kept_weights_is_continued_by_one_that_keeps_them(store, small_spec):
    plain = finish(store, small_spec(), 2)
    assert store.resume_source(plain.identity, 4, "Test CPU", with_kept=True) is None
    kept = finish_keeping(store, small_spec(), 2)
    assert store.resume_source(plain.identity, 4, "Test CPU", with_kept=True).id == kept.id


def test_progress_changes_when_a_run_is_added_starts_ends_an_epoch_or_ends(store, small_spec, monkeypatch):
    asked = []
    read = store.db.read
    monkeypatch.setattr(store.db, "read", lambda *query: asked.append(query) or read(*query))
    seen = [store.progress()]
    (run_id,) = store.submit([small_spec()], 2, "cpu")
    seen.append(store.progress())
    store.claim("cpu", ME)
    seen.append(store.progress())
    store.mark_started(run_id, ENVIRONMENT, None)
    for number in (1, 2):
        store.add_epoch(run_id, epoch(number))
        seen.append(store.progress())
    store.fail(run_id, "It broke.")
    seen.append(store.progress())
    assert all(before != after for before, after in pairwise(seen))
    sql, values = next(query for query in asked if "UNION" in query[0])
    plan = [row["detail"] for row in read(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert not [step for step in plan if "SCAN runs" in step and "COVERING INDEX" not in step], plan


def test_a_folder_with_nothing_but_names_of_a_cache_is_one(tmp_path):
    """What a process that was killed in its first start leaves."""
    for name in ("runs", "logs", "staging", "locks", "tfds", "encoded", "lost+found", ".hidden", "datasets"):
        (tmp_path / name).mkdir()
    require_own(tmp_path)
    (tmp_path / "chapter.tex").touch()
    with pytest.raises(ForeignFolder):
        require_own(tmp_path)
