"""Runs of which only accuracies are wanted: they may share their device, so their seconds are never compared."""

import pytest

from cache.core.processes import ProcessIdentity
from cache.results.results import Result, missing_work
from cache.store.manifest import MANIFEST, RunManifest
from cache.store.repair import reindex_run_folders
from cache.store.rows import insert_finished
from cache.store.runs import QUEUED, SHARED, RunRequest
from cache.store.store import RunStore
from tests.conftest import DEVICE

ME = ProcessIdentity.current()


def submit(store, spec, epochs=2, device=None, together=False):
    (run_id,) = store.submit_each([RunRequest(spec, epochs, "cpu", device, together=together)])
    return run_id


def test_a_run_knows_whether_it_may_share_its_device(store, small_spec):
    ids = [submit(store, small_spec(seed=seed), together=bool(seed)) for seed in range(2)]
    assert [store.run(run_id).together for run_id in ids] == [False, True]
    assert store.run(ids[0]).identity == RunStore(store.root).run(ids[0]).identity
    assert store.run(ids[0]).marks == store.run(ids[1]).marks == [], "there are no seconds yet"


def test_its_seconds_are_shared_whatever_was_measured(finish, small_spec):
    run = finish(small_spec(), [0.5, 0.6], together=True)
    assert run.contended == SHARED and run.seconds_remark == f"shared: {SHARED}"
    assert run.marks == ["shared seconds"]
    disturbed = finish(small_spec(seed=1), [0.5, 0.6], contended="something")
    assert disturbed.seconds_remark == "disturbed: something" and "disturbed" in disturbed.marks
    assert finish(small_spec(seed=2), [0.5, 0.6], contended="something", together=True).contended == SHARED


def test_its_accuracy_answers_every_request_and_its_seconds_none(store, finish, small_spec):
    run = finish(small_spec(), [0.5, 0.6], together=True)
    assert submit(store, small_spec()) == run.id
    assert submit(store, small_spec(), together=True) == run.id
    again = submit(store, small_spec(), device=DEVICE)
    assert again != run.id and not store.run(again).together


def test_a_run_that_was_trained_alone_answers_every_request(store, finish, small_spec):
    run = finish(small_spec(), [0.5, 0.6])
    assert (
        submit(store, small_spec(), together=True)
        == submit(store, small_spec(), device=DEVICE, together=True)
        == run.id
    )


def test_a_waiting_run_is_trained_alone_if_anybody_asks_for_that(store, small_spec):
    run_id = submit(store, small_spec(), together=True)
    assert submit(store, small_spec(), together=True) == run_id and store.run(run_id).together
    assert submit(store, small_spec()) == run_id and not store.run(run_id).together
    assert submit(store, small_spec(), together=True) == run_id and not store.run(run_id).together
    assert len(store.runs([QUEUED])) == 1


def test_a_running_run_that_shares_its_device_is_measured_again_only_for_its_seconds(store, small_spec):
    run_id = submit(store, small_spec(), together=True)
    store.claim("cpu", ME)
    assert submit(store, small_spec()) == run_id
    assert submit(store, small_spec(), device=DEVICE) != run_id


def test_it_is_continued_only_by_a_run_that_shares_its_device_as_well(store, finish, small_spec):
    run = finish(small_spec(), [0.5, 0.6], together=True)
    assert store.resume_source(run.identity, 5, DEVICE) is None
    assert store.resume_source(run.identity, 5, DEVICE, together=True).id == run.id
    result = Result("A", run.spec, 5, run, tuple(store.epochs([run.id])[run.id]), DEVICE, run.contended)
    assert missing_work([result], DEVICE) == [(run.spec, 5)]
    assert missing_work([result], DEVICE, together=True) == [(run.spec, 3)]


@pytest.mark.parametrize("asked_alone", [False, True])
def test_its_saved_state_is_used_unless_its_seconds_are_asked_for_later(store, small_spec, asked_alone, finish):
    source = finish(small_spec(seed=5), [0.5, 0.6])
    run_id = submit(store, small_spec(), epochs=3, together=True)
    store.claim("cpu", ME)
    store.mark_started(run_id, {"device": DEVICE}, None)
    store.add_epoch(run_id, store.epochs([source.id])[source.id][0])
    staged = store.staging_dir / "state"
    staged.mkdir()
    (staged / "state.npz").write_bytes(b"")
    store.keep_state(run_id, 1, staged, None)
    store.release_run(run_id)
    if asked_alone:
        submit(store, small_spec(), epochs=3)
    run = store.claim("cpu", ME)
    assert (store.saved_state(run, DEVICE) is None) == asked_alone


def test_estimates_of_runs_that_have_the_device_alone_leave_it_out(store, finish, small_spec):
    finish(small_spec(), [0.5, 0.6, 0.7], seconds=2.0)
    shared = finish(small_spec(seed=1), [0.5, 0.6, 0.7], seconds=9.0, together=True)
    assert [seconds for _, seconds, _ in store.measured_seconds(DEVICE)] == [pytest.approx(2.1)]
    ((spec, seconds, _),) = store.measured_seconds(DEVICE, together=True)
    assert (spec, seconds) == (shared.spec_json, pytest.approx(9.1))


def test_a_copy_of_it_still_knows_that_its_seconds_are_shared(store, finish, small_spec, tmp_path):
    run = finish(small_spec(), [0.5, 0.6], together=True)
    manifest = RunManifest.from_json((store.files_dir(run.id) / MANIFEST).read_text())
    other = RunStore(tmp_path / "other")
    with other.db.transaction() as db:
        copied = insert_finished(db, manifest, {})
    assert other.run(copied).together and other.run(copied).contended == SHARED
    with store.db.transaction() as db:
        db.execute("DELETE FROM runs")
        db.execute("DELETE FROM sqlite_sequence")
    reindex_run_folders(store.db, store.runs_dir)
    assert [each.together for each in store.runs()] == [True]
