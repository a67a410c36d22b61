import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models import atomic_files
from models.atomic_files import (
    atomic_file,
    atomic_write,
    put_in_place,
    remove_abandoned,
    temporary_folder,
    temporary_path,
)

ROOT = Path(__file__).resolve().parents[2]
STAYS = """
import sys
from pathlib import Path
from models.atomic_files import atomic_file, temporary_folder
root = Path(sys.argv[1])
with atomic_file(root / "file.json") as aside, temporary_folder(root) as folder:
    aside.write_text("half")
    (folder / "part.npy").write_text("half")
    print("written", flush=True)
    sys.stdin.read()
"""


def test_three_threads_on_one_file_never_meet_an_error_or_half_a_file(tmp_path):
    target = tmp_path / "deep" / "answer.json"

    def write(thread: int) -> int:
        for number in range(300):
            atomic_write(target, json.dumps([thread, number] * 200))
            assert len(json.loads(target.read_text())) == 400
        return thread

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(write, range(3))) == [0, 1, 2]
    assert list(target.parent.iterdir()) == [target]


def test_an_error_keeps_the_old_contents_and_leaves_nothing(tmp_path):
    target = tmp_path / "a.json"
    atomic_write(target, b"old")
    with pytest.raises(TypeError):
        atomic_write(target, 7)
    with pytest.raises(KeyError), atomic_file(target) as aside:  # noqa: PT012
        aside.write_text("new")
        Path(f"{aside}-journal").write_text("of SQLite")
        raise KeyError("stop")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_file_that_is_done_leaves_those_of_others_alone(tmp_path, monkeypatch):
    """Also one whose number begins with its own."""
    monkeypatch.setattr(atomic_files, "_numbers", iter([10, 1]))
    with atomic_file(tmp_path / "slow") as slow:
        slow.write_text("slow")
        atomic_write(tmp_path / "quick", "quick")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick", "slow"]


def test_a_folder_appears_complete_or_not_at_all(tmp_path):
    with temporary_folder(tmp_path / "encoded") as aside:
        (aside / "x.npy").write_text("x")
        put_in_place(aside, tmp_path / "encoded" / "done")
    with pytest.raises(OSError, match="stop"), temporary_folder(tmp_path / "encoded") as aside:  # noqa: PT012
        (aside / "x.npy").write_text("x")
        raise OSError("stop")
    assert [path.name for path in (tmp_path / "encoded").rglob("*")] == ["done", "x.npy"]


def test_files_of_a_killed_process_are_removed_and_those_of_a_living_one_stay(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", STAYS, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"written\n"
        mine = temporary_path(tmp_path)
        mine.write_text("half")
        remove_abandoned(tmp_path)
        assert len(list(tmp_path.iterdir())) == 3
    finally:
        process.kill()
        process.communicate()
    (tmp_path / "kept.json").write_text("a user's")
    remove_abandoned(tmp_path)
    assert set(tmp_path.iterdir()) == {mine, tmp_path / "kept.json"}


def test_an_earlier_process_with_the_same_number_is_not_this_one(tmp_path, monkeypatch):
    mine, earlier = temporary_path(tmp_path), temporary_path(tmp_path)
    earlier = earlier.with_name(earlier.name.replace(atomic_files.TOKEN, "00000000"))
    for path in (mine, earlier):
        path.write_text("half")
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_files_of_another_host_stay_for_a_day(tmp_path, monkeypatch):
    there = [tmp_path / f".part-{'0' * 8}-1-{'0' * 8}-{number}.tmp" for number in range(2)]
    for path in there:
        path.mkdir()
    os.utime(there[0], (1, 1))
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == [there[1]]


@pytest.mark.parametrize("pattern", ["*.json", "*.request.json", "vectors_*/vectors.json", "*.npy", "own-*"])
def test_no_pattern_of_the_cache_matches_a_temporary_name(tmp_path, pattern):
    temporary_path(tmp_path).write_text("half")
    assert not list(tmp_path.glob(pattern))
