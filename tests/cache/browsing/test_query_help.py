from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.browsing.query_help import EXAMPLES
from cache.store.runs import CANCELLED
from cache.transfer.reference import bring_in
from tests.cache.transfer.test_reference_runs import FOLDER


def test_every_example_finds_some_of_the_reference_runs(store):
    """And one that was cancelled before its twin was brought in."""
    assert bring_in(store, FOLDER) == []
    twin = next(run for run in store.runs() if run.label == "LSTM")
    (other,) = store.submit([twin.spec], twin.epochs, "cpu", "Another device")
    store.cancel([other])
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET ended_at = 0 WHERE id = ?", (other,))
    assert store.run(other).state == CANCELLED
    found = {query: list_runs(store, parse(query)).total for query, _ in EXAMPLES}
    assert all(found.values()), found
