import threading

import pytest

from cache.core.changes import Changes
from models.watched_folder import mark_changed

FOREVER = 10_000
"""A test that does not end has failed."""


def after_a_while(act):
    timer = threading.Timer(0.3, act)
    timer.start()
    return timer


def test_a_write_to_the_cache_ends_the_wait(store, small_spec):
    changes = store.db.changes()
    store.submit([small_spec()], 1, "cpu")
    changes.wait(FOREVER)


def test_a_write_during_the_wait_ends_it(store, small_spec):
    changes = store.db.changes()
    asking = after_a_while(lambda: store.submit([small_spec()], 1, "cpu"))
    changes.wait(FOREVER)
    asking.join()
    assert store.num_waiting() == 1


@pytest.mark.parametrize(
    "change",
    [
        mark_changed,
        lambda folder: (folder / "new").touch(),
        lambda folder: (folder / "old").unlink(),
        lambda folder: (folder / "old").rename(folder / "other"),
    ],
    ids=["mark", "new", "gone", "renamed"],
)
def test_a_change_of_a_folder_ends_the_wait(tmp_path, change):
    (tmp_path / "old").touch()
    changes = Changes(tmp_path)
    changing = after_a_while(lambda: change(tmp_path))
    changes.wait(FOREVER)
    changing.join()


def test_without_a_change_the_wait_ends_by_time_and_each_change_ends_one_wait(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr("cache.core.changes.time.sleep", waits.append)
    changes = Changes(tmp_path, tmp_path / "file")
    changes.wait(0.0)
    assert not waits
    (tmp_path / "file").touch()
    changes.wait(FOREVER)
    assert not waits
    changes.wait(0.5)
    assert waits


def test_other_files_of_a_folder_do_not_end_the_wait(tmp_path):
    (tmp_path / "file").touch()
    changes = Changes(tmp_path / "file")
    writing = after_a_while((tmp_path / "other").touch)
    writing.join()
    changes.wait(0.5)
    (tmp_path / "file").write_text("x")
    changes.wait(FOREVER)


def test_a_folder_that_is_not_there_yet_is_looked_for(tmp_path):
    folder = tmp_path / "folder"
    changes = Changes(folder / "file")
    folder.mkdir()
    writing = after_a_while((folder / "file").touch)
    changes.wait(FOREVER)
    writing.join()
