import os

import pytest

from cache.browsing import annotations
from cache.core.processes import ProcessIdentity
from cache.operations.storage import KINDS, free, freeable, usage


def found(store):
    return {each.kind.name: each.num_items for each in freeable(store) if each.num_items}


def test_an_empty_cache_has_nothing_to_free(store):
    assert found(store) == {}
    assert usage(store)["Database"] > 0 and usage(store)["Runs"] == 0


def test_what_can_be_freed_is_found_and_freed(store, finish, small_spec):
    short, long = finish(small_spec(), [0.8]), finish(small_spec(), [0.8, 0.9])
    finish(small_spec(), [0.7], device="Another")
    kept = finish(small_spec(seed=1), [0.8])
    pinned = finish(small_spec(seed=1), [0.8, 0.9])
    annotations.pin(store, [pinned.id])
    annotations.tag(store, [kept.id], add=["keep"])
    binned = finish(small_spec(seed=2), [0.8])
    annotations.delete(store, [binned.id])
    (failed,) = store.submit([small_spec(seed=3)], 1, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.fail(failed, "because")
    assert found(store) == {"bin": 1, "failures": 1, "superseded": 1, "states": 5}

    before = usage(store)["Runs"]
    freed = free(store, ["bin", "failures", "superseded"])
    assert freed == before - usage(store)["Runs"] > 0
    assert {run.id for run in store.runs()} & {short.id, binned.id, failed} == set()
    assert found(store) == {"states": 3}
    free(store, ["states"])
    assert found(store) == {}
    after = store.run(long.id)
    assert store.damaged_files(after) == [] and "state.npz" not in after.files
    assert store.resume_source(after.identity, 5, after.device) is None
    assert "state.npz" in store.run(pinned.id).files


def test_files_that_belong_to_nothing_are_freed_once_they_have_settled(store):
    (store.runs_dir / "99").mkdir()
    (store.runs_dir / "99" / "state.npz").write_bytes(b"x" * 10)
    (store.logs_dir / "run-99.log").write_text("x")
    (store.staging_dir / "import-1").mkdir()
    assert found(store) == {}
    for path in (store.runs_dir / "99", store.logs_dir / "run-99.log", store.staging_dir / "import-1"):
        os.utime(path, (0, 0))
    assert found(store) == {"leftovers": 3}
    assert free(store, ["leftovers"]) == 11
    assert found(store) == {}


def test_a_living_runners_work_is_no_leftover(store):
    store.announce_runner("gpu:0", ProcessIdentity.current(), "Test")
    (store.staging_dir / "gpu-0").mkdir()
    os.utime(store.staging_dir / "gpu-0", (0, 0))
    assert found(store) == {}


def test_encoded_datasets_stay_while_there_is_work(store, small_spec):
    (store.root / "encoded" / "imdb-1").mkdir(parents=True)
    assert found(store) == {"encoded": 1}
    store.submit([small_spec()], 1, "cpu")
    assert found(store) == {}


def test_an_unknown_kind_is_named(store):
    with pytest.raises(ValueError, match="nothing called 'everything' to free; there are: leftovers, bin"):
        free(store, ["bin", "everything"])
    assert set(KINDS) >= {"bin", "states"}
    assert KINDS["states"].title == "Checkpoints"


def test_kept_weights_are_freed_alone(store, finish, small_spec):
    run = finish(small_spec(), [0.8, 0.9], keep_weights=True)
    assert run.kept_epochs == [1, 2] and found(store) == {"states": 1, "epochs": 1}
    assert free(store, ["epochs"]) > 0
    after = store.run(run.id)
    assert after.kept_epochs == [] and store.damaged_files(after) == [] and found(store) == {"states": 1}
    assert not store.missing_weights(run.id)
