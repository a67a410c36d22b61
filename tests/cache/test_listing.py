import pytest

from cache import shelf
from cache.listing import ARCHIVED, BIN, list_runs, tags, values_of
from cache.query import BadQuery, Query


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
    shelf.pin(store, [3])
    assert ids(list_runs(store, Query(), sort="validation_accuracy")) == [3, 2, 1, 4]
    with pytest.raises(BadQuery, match="no field “beauty”"):
        list_runs(store, Query(), sort="beauty")


def test_pages_of_a_list_count_all(store, runs):
    listing = list_runs(store, Query(), limit=2, offset=2)
    assert (ids(listing), listing.total) == ([1], 3)


def test_shelves(store, runs):
    shelf.archive(store, [1])
    shelf.delete(store, [2])
    assert ids(list_runs(store, Query())) == [3]
    assert ids(list_runs(store, Query(), shelf=ARCHIVED)) == [1]
    assert ids(list_runs(store, Query(), shelf=BIN)) == [2]


def test_values_that_occur(store, runs):
    assert values_of(store, ["architecture", "seed", "filters"]) == {
        "architecture": ["flatten", "gru", "lstm"],
        "seed": [0, 1, 2],
    }
