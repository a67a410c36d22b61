import threading

from cache.changes import Changes

FOREVER = 10_000
"""A test that does not end has failed."""


def test_a_write_to_the_cache_ends_the_wait(store, small_spec):
    changes = store.db.changes()
    store.submit([small_spec()], 1, "cpu")
    changes.wait(FOREVER)


def test_a_write_during_the_wait_ends_it(store, small_spec):
    changes = store.db.changes()
    asking = threading.Timer(0.3, lambda: store.submit([small_spec()], 1, "cpu"))
    asking.start()
    changes.wait(FOREVER)
    asking.join()
    assert store.num_waiting() == 1


def test_without_a_change_the_wait_ends_by_time_and_each_change_ends_one_wait(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr("cache.changes.time.sleep", waits.append)
    changes = Changes(tmp_path, tmp_path / "file")
    changes.wait(0.0)
    assert not waits
    (tmp_path / "file").touch()
    changes.wait(FOREVER)
    assert not waits
    changes.wait(0.5)
    assert waits
