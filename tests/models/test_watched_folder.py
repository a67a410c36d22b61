import os

from models.watched_folder import WatchedFolder, mark_changed


def watched(root):
    read = []

    def look(root):
        read.append(sorted(path.name for path in root.glob("things/*")))
        return read[-1]

    folder = WatchedFolder("things", look, ["nothing"])
    assert folder.latest() == ["nothing"]
    folder.open(root)
    return folder, read


def test_nothing_is_read_again_until_something_changes(tmp_path):
    folder, read = watched(tmp_path)
    for _ in range(3):
        folder.latest()
    assert read == [[]]
    (tmp_path / "things").mkdir()
    folder.latest()
    (tmp_path / "things" / "a").mkdir()
    assert folder.latest() == folder.latest() == ["a"]
    assert read == [[], [], ["a"]]


def test_a_change_further_down_is_noticed_by_its_mark(tmp_path):
    (tmp_path / "things").mkdir()
    folder, read = watched(tmp_path)
    for number in range(50):  # the kernel's clock stands still between some of these
        mark_changed(tmp_path / "things")
        folder.latest()
        assert len(read) == number + 2


def test_a_change_during_the_reading_is_not_missed(tmp_path):
    (tmp_path / "things").mkdir()
    read = []

    def slow(root):
        read.append(os.listdir(root / "things"))
        if len(read) == 1:
            (root / "things" / "late").mkdir()
            mark_changed(root / "things")

    folder = WatchedFolder("things", slow, None)
    folder.open(tmp_path)
    folder.latest()
    assert read == [[], ["late"]]
