"""The made-up runs of the benchmarks, which nothing else would notice to be incomplete after a change of the schema."""

from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from tests.benchmarks.runs.scale import NUM_EPOCHS, fill


def test_benchmarks_have_whole_runs(store):
    identities = fill(store, 3)
    assert len(list_runs(store, parse("state=finished"), sort="test_accuracy").runs) == 3
    assert [len(epochs) for epochs in store.epochs([1, 2, 3]).values()] == [NUM_EPOCHS] * 3
    assert set(store.best_runs(identities, NUM_EPOCHS, "any")) == set(identities)
