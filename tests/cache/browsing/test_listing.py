import pytest

from cache.browsing import annotations
from cache.browsing.listing import ARCHIVED, BIN, list_runs, tags, values_of
from cache.browsing.query import BadQuery, Query, fields, parse
from cache.core.processes import ProcessIdentity
from cache.store.runs import FAILED


def ids(listing):
    return [run.id for run in listing.runs]


@pytest.fixture
def runs(finish, small_spec):
    return [
        finish(small_spec("lstm", seed=0), [0.8, 0.9]),
        finish(small_spec("gru", seed=1), [0.95]),
        finish(small_spec("flatten", seed=2), [0.7, 0.75]),
    ]


def test_no_runs(store):
    listing = list_runs(store, Query())
    assert (listing.runs, listing.total) == ([], 0)
    assert values_of(store, ["architecture"]) == {} and tags(store) == []


def test_sorting_puts_pinned_runs_first_and_missing_values_last(store, runs, small_spec):
    store.submit([small_spec(seed=9)], 1, "cpu")
    assert ids(list_runs(store, Query())) == [4, 3, 2, 1]
    assert ids(list_runs(store, Query(), sort="validation_accuracy")) == [2, 1, 3, 4]
    assert ids(list_runs(store, Query(), sort="validation_accuracy", descending=False)) == [3, 1, 2, 4]
    annotations.pin(store, [3])
    assert ids(list_runs(store, Query(), sort="validation_accuracy")) == [3, 2, 1, 4]
    with pytest.raises(BadQuery, match="no field “beauty”"):
        list_runs(store, Query(), sort="beauty")


def test_pages_of_a_list_count_all(store, runs):
    listing = list_runs(store, Query(), limit=2, offset=2)
    assert (ids(listing), listing.total) == ([1], 3)


def test_shelves(store, runs):
    annotations.archive(store, [1])
    annotations.delete(store, [2])
    assert ids(list_runs(store, Query())) == [3]
    assert ids(list_runs(store, Query(), status_filter=ARCHIVED)) == [1]
    assert ids(list_runs(store, Query(), status_filter=BIN)) == [2]


def test_values_that_occur(store, runs):
    assert values_of(store, ["architecture", "seed", "filters"]) == {
        "architecture": ["flatten", "gru", "lstm"],
        "seed": [0, 1, 2],
    }


@pytest.fixture
def fail(store):
    """Queues a run and has it fail; returns its id."""

    def make(spec, epochs):
        (run_id,) = store.submit([spec], epochs, "cpu")
        assert store.claim("cpu", ProcessIdentity.current()).id == run_id
        store.fail(run_id, "It broke.")
        assert store.run(run_id).state == FAILED
        return run_id

    return make


def test_failed_runs_that_were_trained_since_are_left_out_until_asked_for(store, finish, fail, small_spec):
    fail(small_spec("lstm"), 2)
    (cancelled,) = store.submit([small_spec("lstm")], 2, "cpu")
    store.cancel([cancelled])
    longer = fail(small_spec("gru"), 3)
    finish(small_spec("lstm"), [0.8, 0.9])
    finish(small_spec("gru"), [0.8, 0.9])  # of fewer epochs than failed
    later = fail(small_spec("lstm"), 5)  # after the same was trained for fewer epochs
    listing = list_runs(store, Query())
    assert (ids(listing), listing.total, listing.num_superseded) == ([6, 5, 4, 3], 4, 2)
    assert ids(list_runs(store, parse("state=failed"))) == [later, longer]
    assert ids(list_runs(store, parse("superseded=yes"))) == [2, 1]
    assert list_runs(store, parse("superseded=yes,no")).total == 6
    assert list_runs(store, parse("gru")).num_superseded == 0
    annotations.delete(store, [1, 4])
    assert ids(list_runs(store, Query(), status_filter=BIN)) == [4, 1]
    assert ids(list_runs(store, parse("lstm"))) == [6, 2]  # nothing answers them any more


def test_runs_are_sorted_by_every_field(store, runs):
    annotations.tag(store, [1], add=["paper"])
    for field in fields():
        assert list_runs(store, Query(), sort=field).total == 3
    assert ids(list_runs(store, Query(), sort="tag"))[0] == 1


def test_damaged_tags_cost_no_other_run(store, runs):
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET tags = '{oops' WHERE id = 1")
    annotations.tag(store, [2], add=["paper"])
    assert tags(store) == ["paper"]
    assert ids(list_runs(store, parse("tag=paper"))) == ids(list_runs(store, parse("paper"))) == [2]
