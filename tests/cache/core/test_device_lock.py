"""Two processes, and where the tests run as root two users, want the same device."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cache.core.device_lock import DeviceBusy, DeviceLock
from cache.core.paths import device_lock

HOLDS = """
import os
import sys
from pathlib import Path
from cache.core.device_lock import DeviceBusy, DeviceLock
if user := int(sys.argv[2]):
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
lock = DeviceLock(Path(sys.argv[1]))
try:
    lock.acquire()
    print("locked", flush=True)
    sys.stdin.read()
    lock.release()
except DeviceBusy:
    print("busy", flush=True)
"""
NOBODY = 65_534
ROOT = Path(__file__).resolve().parents[3]


def start(path, user=0):
    """A process of ``user`` (0: of this one) that tries to lock, with its answer."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path), str(user)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    return process, process.stdout.readline().strip()


def answer(path, user=0):
    process, output = start(path, user)
    process.communicate()
    return output


def test_one_process_at_a_time_has_the_lock(tmp_path):
    lock = DeviceLock(tmp_path / "cpu.lock")
    process, output = start(tmp_path / "cpu.lock")
    assert output == "locked"
    with pytest.raises(DeviceBusy):
        lock.acquire()
    process.communicate()
    assert list(tmp_path.iterdir()) == [], "the file goes with the lock"
    lock.acquire()
    lock.acquire()
    assert lock.is_locked and answer(tmp_path / "cpu.lock") == "busy"
    lock.release()
    lock.release()
    assert not lock.is_locked and list(tmp_path.iterdir()) == []


def test_a_killed_process_frees_the_lock(tmp_path):
    process, _ = start(tmp_path / "cpu.lock")
    process.kill()
    process.communicate()
    lock = DeviceLock(tmp_path / "cpu.lock")
    lock.acquire()
    lock.release()


def test_a_file_that_was_removed_meanwhile_is_not_taken_for_the_lock(tmp_path, monkeypatch):
    path = tmp_path / "cpu.lock"
    lock, opened = DeviceLock(path), DeviceLock._open

    def removed_once(self):
        descriptor = opened(self)
        monkeypatch.undo()
        path.unlink()
        return descriptor

    monkeypatch.setattr(DeviceLock, "_open", removed_once)
    lock.acquire()
    assert path.exists() and answer(path) == "busy"
    lock.release()


@pytest.mark.parametrize("kind", ["link", "broken link", "folder", "pipe"])
def test_what_another_user_has_put_there_is_neither_followed_nor_changed(tmp_path, kind):
    precious, path = tmp_path / "precious.txt", tmp_path / "cpu.lock"
    precious.write_text("of the user")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(precious if kind == "link" else tmp_path / "new")
    with pytest.raises(OSError, match="cpu.lock"):
        DeviceLock(path).acquire()
    assert precious.read_text() == "of the user" and not (tmp_path / "new").exists()


def test_every_user_may_open_the_file(tmp_path):
    before = os.umask(0o077)
    try:
        lock = DeviceLock(tmp_path / "cpu.lock")
        lock.acquire()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "cpu.lock").stat().st_mode) == 0o666
    lock.release()


@pytest.mark.skipif(os.getuid() != 0, reason="another user can only be played by root")
def test_two_users_share_the_lock(tmp_path):
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    lock = DeviceLock(shared / "cpu.lock")
    lock.acquire()
    assert answer(shared / "cpu.lock", NOBODY) == "busy"
    lock.release()
    process, output = start(shared / "cpu.lock", NOBODY)
    assert output == "locked"
    with pytest.raises(DeviceBusy):
        lock.acquire()
    process.kill()  # its file stays
    process.communicate()
    lock.acquire()
    lock.release()


def test_the_lock_is_the_same_for_all_users_and_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLL_LOCKS", str(tmp_path / "locks"))
    assert device_lock("gpu:0") == tmp_path / "locks" / "gpu-0.lock"
    monkeypatch.delenv("UNROLL_LOCKS")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert device_lock("gpu:0") == Path("/tmp/unroll-gpu-0.lock")
