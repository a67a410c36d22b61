import pytest

from cache.listing import list_runs
from cache.query import FLAGS, BadQuery, fields, parse


@pytest.fixture
def found(store, finish, small_spec):
    """Lists what a query finds, by labels and seeds, among five runs."""
    finish(small_spec("lstm", hyperparameters={"units": 64}), [0.8, 0.9])
    finish(small_spec("lstm"), [0.8, 0.7], device="Another_device 100%")
    finish(small_spec("gru", seed=1), [0.6], contended="other programs used 1.0 of 2 cores")
    finish(small_spec("flatten", seed=2), [0.7, 0.75, 0.72])
    store.submit([small_spec("flatten", seed=3)], 4, "cpu")

    def search(text, **options):
        return [run.id for run in list_runs(store, parse(text), descending=False, **options).runs]

    return search


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("lstm", [1, 2]),
        ("LSTM", [1, 2]),
        ("architecture=LSTM", [1, 2]),
        ("architecture=gru,flatten", [3, 4, 5]),
        ("architecture!=flatten", [1, 2, 3]),
        ("units=64", [1]),
        ("units>=32", [1, 2, 3]),
        ("units!=64", [2, 3, 4, 5]),
        ("seed<2 units>=32", [1, 2, 3]),
        ("state=queued", [5]),
        ("device=none", [5]),
        ("test_accuracy>0.7", [1, 2, 4]),
        ("test_accuracy>70%", [1, 2, 4]),
        ("test_accuracy>70", [1, 2, 4]),
        ("units >= 64", [1]),
        ("parameters>1,000,000", []),
        ("train_examples=200", [1, 2, 3, 4, 5]),
        ("train_examples=all", []),
        ("architecture='Conv1D, max-pooled'", []),
        ("learning_rate=1e-3 length=20", [1, 2, 3, 4, 5]),
        ("length=21", []),
        ("another_device", [2]),
        ("100%", [2]),
        ("%", [2]),
        ("contended=yes", [3]),
        ("contended=no", [1, 2, 4, 5]),
        ("rotten", [1, 2, 3, 4, 5]),
        ("'rotten tomatoes'", []),
        ("created>2020-01-01", [1, 2, 3, 4, 5]),
        ("created<2020-01-01", []),
        ("name'; DROP TABLE runs; --'", []),
        ("🦜", []),
    ],
)
def test_what_a_query_finds(found, query, ids):
    assert found(query) == ids


@pytest.mark.parametrize("field", fields())
def test_every_field_can_be_asked_for(found, field):
    odd = {"created": "2026-11-21", "state": "failed"}
    text = odd.get(field, "yes" if field in FLAGS else "1")
    found(f"{field}={text} {field}!={text}")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("unitz=3", "There is no field “unitz”; did you mean “units”?"),
        ("beauty=3", "There is no field “beauty”; there are: run, name, note, state"),
        ("state=banana", "“state” is one of queued, running, finished, failed, cancelled, not “banana”"),
        ("units=", "“units=”: a value is missing"),
        ("test_accuracy>good", "a number such as 84%, not “good”"),
        ("units>many", "needs a number"),
        ("tag>1", "only = and != can be used here"),
        ("pinned=maybe", "yes or no, not “maybe”"),
        ("created>soon", "a date such as 2026-11-21"),
        ("'open", "quotation mark is not closed"),
    ],
)
def test_what_cannot_be_understood_gets_one_sentence(query, message):
    with pytest.raises(BadQuery, match=message):
        parse(query)
