import pytest

from cache.browsing import annotations
from cache.browsing.listing import BIN, list_runs, tags
from cache.browsing.query import Query, parse
from cache.core.processes import ProcessIdentity
from cache.store.runs import CANCELLED, QUEUED


@pytest.fixture
def run(finish, small_spec):
    return finish(small_spec(), [0.8, 0.9])


def test_names_notes_and_tags_change_nothing_that_was_measured(store, run):
    annotations.rename(store, run.id, "  baseline ")
    annotations.annotate(store, run.id, "The first one.\nKeep it.")
    annotations.tag(store, [run.id], add=["paper", "keep"])
    annotations.tag(store, [run.id], add=["keep"], remove=["paper"])
    after = store.run(run.id)
    assert (after.name, after.note, after.tags) == ("baseline", "The first one.\nKeep it.", ("keep",))
    assert (after.spec, after.files, after.environment, after.ended_at) == (
        run.spec,
        run.files,
        run.environment,
        run.ended_at,
    )
    assert tags(store) == ["keep"]
    assert [each.id for each in list_runs(store, parse("tag=keep baseline")).runs] == [run.id]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda store: annotations.rename(store, 1, "x" * 101), "at most 100 characters"),
        (lambda store: annotations.rename(store, 1, "two\nlines"), "one line"),
        (lambda store: annotations.annotate(store, 1, "x" * 10_001), "at most 10,000 characters; this one has 10,001"),
        (lambda store: annotations.tag(store, [1], add=[""]), "A tag is one line"),
        (lambda store: annotations.tag(store, [1], add=["a,b"]), "without commas"),
        (lambda store: annotations.tag(store, [1], add=map(str, range(21))), "at most 20 tags"),
        (lambda store: annotations.purge(store, [1]), "not in the bin"),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(store, run, change, message):
    with pytest.raises(ValueError, match=message):
        change(store)
    assert store.run(run.id) == run


@pytest.mark.parametrize(
    "act", [annotations.pin, annotations.archive, annotations.delete, annotations.restore, annotations.purge]
)
def test_an_unknown_run_is_named_and_no_other_touched(store, run, act):
    with pytest.raises(KeyError, match="There is no run 7"):
        act(store, [run.id, 7])
    assert store.run(run.id) == run


def test_a_deleted_run_answers_nothing_until_it_is_taken_back(store, run, small_spec):
    assert annotations.delete(store, [run.id]) == [run.id]
    assert annotations.delete(store, [run.id]) == []
    assert store.best_runs([run.identity], 2, run.device) == {}
    assert store.longest_finished([run.identity], run.device) == {}
    assert store.resume_source(run.identity, 4, run.device) is None
    assert store.measured_seconds(run.device) == []
    annotations.restore(store, [run.id])
    assert store.run(run.id) == run
    assert store.submit([small_spec()], 2, "cpu") == [run.id]


def test_deleting_for_good_takes_files_and_log_along_and_no_id_comes_again(store, run, small_spec):
    store.log_file(run.id).write_text("words")
    annotations.delete(store, [run.id])
    annotations.purge(store, [run.id])
    assert list_runs(store, Query(), status_filter=BIN).total == 0
    assert not store.files_dir(run.id).exists() and not store.log_file(run.id).exists()
    assert store.epochs([run.id]) == {run.id: []}
    assert store.submit([small_spec()], 2, "cpu") != [run.id]


def test_a_waiting_run_leaves_the_queue_and_one_in_training_is_not_deleted(store, small_spec, run):
    waiting, running = store.submit([small_spec(seed=1), small_spec(seed=2)], 2, "cpu")
    annotations.delete(store, [waiting])
    assert store.run(waiting).state == CANCELLED
    annotations.restore(store, [waiting])
    assert store.run(waiting).state == QUEUED, "what waited waits again"
    annotations.delete(store, [waiting])
    (asked_again,) = store.submit([small_spec(seed=1)], 2, "cpu")
    annotations.restore(store, [waiting])
    assert store.run(waiting).state == CANCELLED, "the same waits already"
    store.cancel([asked_again])
    store.claim("cpu", ProcessIdentity.current())
    with pytest.raises(ValueError, match=f"Run {running} is in training: stop it first"):
        annotations.delete(store, [run.id, running])
    assert store.run(run.id).deleted_at is None
    assert store.runs([QUEUED]) == []
