from cache.browsing import annotations
from cache.browsing.overview import Overview, newest, overview
from models.data.memory_tests import ORDER, memory_dataset
from models.experiments.spec import RunSpec

ROWS = [(0.9, 0.8, 0.79, 2.0)] * 2


def of(dataset, architecture, seed=0):
    return RunSpec.create(dataset=dataset, fingerprint="0" * 16, architecture=architecture, seed=seed)


def test_an_empty_cache_has_nothing(store):
    assert overview(store) == Overview(0, 0, 0, False, {}) and newest(store, 5) == []


def test_what_is_finished_is_counted(store, measured):
    measured([(of("imdb", "lstm"), ROWS), (of("imdb", "lstm", 1), ROWS), (of("imdb", "gru"), ROWS)])
    generated = memory_dataset(10).name, memory_dataset(20, ORDER).name
    measured([(of(name, "gru"), ROWS) for name in generated], device="GPU")
    (waiting,) = store.submit([of("rotten_tomatoes", "conv1d")], 2, "cpu")
    found = overview(store)
    assert (found.num_runs, found.num_architectures, found.num_datasets) == (5, 2, 1) and found.has_memory_tests
    assert list(found.devices.items()) == [("Test CPU (2 cores)", 3), ("GPU", 2)]
    assert waiting not in [run.id for run in newest(store, 9)]


def test_what_is_in_the_bin_is_not(store, measured):
    ids = measured([(of("imdb", "lstm", seed), ROWS) for seed in range(4)])
    annotations.delete(store, ids[3:])
    annotations.archive(store, ids[2:3])
    assert overview(store).num_runs == 3
    assert [run.id for run in newest(store, 5)] == [ids[1], ids[0]]
    assert [run.id for run in newest(store, 1)] == [ids[1]]
