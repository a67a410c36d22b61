import io
import json
import tarfile
import threading

import pytest

from cache import shelf
from cache.__main__ import main
from cache.backup import DATABASE, LIST, BadBackup, back_up, restore
from cache.checksums import checksum
from cache.processes import ProcessIdentity
from cache.runner_store import RunnerStore
from cache.runs import FINISHED, QUEUED
from cache.saved_views import read_view, save_view
from models.named_stacks import know_stacks, named_stacks, save_stack
from models.stack_parser import parse_stack


@pytest.fixture
def filled(store, finish, small_spec):
    """Two finished runs that people wrote on, one that trains, one that waits, a stack with a name, a short link."""
    first, second = (finish(small_spec(seed=seed), [0.6, 0.7]) for seed in (0, 1))
    shelf.rename(store, first.id, "The best")
    shelf.tag(store, [second.id], ["paper"])
    store.submit([small_spec(seed=seed) for seed in (2, 3)], 4, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.begin(3, {"device": "here"}, None)
    store.view = save_view(store.root, {"models": ["LSTM"]})
    save_stack(store.root, "Ours", parse_stack("Embedding(16) → LSTM(8)"))
    (store.root / "encoded" / "much").mkdir(parents=True)
    (store.root / "encoded" / "much" / "array.npy").write_bytes(b"made again")
    yield store
    know_stacks(store.root.parent / "nowhere")


def test_a_restored_cache_is_as_it_was(filled, tmp_path):
    assert back_up(filled, tmp_path / "b.tar") == 2
    assert restore(tmp_path / "b.tar", tmp_path / "new" / "cache") == 2
    there = RunnerStore(tmp_path / "new" / "cache")
    assert there.runs([FINISHED]) == filled.runs([FINISHED])
    assert there.epochs([1, 2]) == filled.epochs([1, 2])
    for run in filled.runs([FINISHED]):
        assert there.damaged_files(run) == [] and filled.files_dir(run.id).is_dir()
    assert read_view(there.root, filled.view) == {"models": ["LSTM"]}
    assert [stack.name for stack in named_stacks()] == ["Ours"]
    assert not (there.root / "encoded").exists() and not (there.root / LIST).exists()


def test_what_trained_waits_again(filled, tmp_path):
    back_up(filled, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new")
    there = RunnerStore(tmp_path / "new")
    assert [(run.id, run.state, run.attempts) for run in there.runs([QUEUED])] == [(3, QUEUED, 0), (4, QUEUED, 0)]
    assert filled.run(3).state == "running", "the cache itself is not changed"
    assert there.claim("cpu", ProcessIdentity.current()).id == 3


def test_it_is_made_while_runs_are_stored_and_deleted(filled, finish, small_spec, tmp_path):
    filled.cancel([4])
    filled.mark_cancelled(3)
    over = threading.Event()

    def go_on():
        for seed in range(10, 40):
            run = finish(small_spec(seed=seed), [0.5])
            if seed % 3 == 0:
                shelf.delete(filled, [run.id])
                shelf.purge(filled, [run.id])
        over.set()

    writer = threading.Thread(target=go_on)
    writer.start()
    number = 0
    while not over.is_set():
        number += 1
        back_up(filled, tmp_path / f"{number}.tar")
    writer.join()
    back_up(filled, tmp_path / "last.tar")
    for name in (1, number, "last"):
        restored = tmp_path / f"restored {name}"
        restore(tmp_path / f"{name}.tar", restored)
        there = RunnerStore(restored)
        assert all(there.damaged_files(run) == [] for run in there.runs([FINISHED]))
    assert {run.identity for run in there.runs([FINISHED])} == {run.identity for run in filled.runs([FINISHED])}


def test_a_file_that_is_there_is_not_written_over(filled, tmp_path):
    target = tmp_path / "b.tar"
    target.write_text("mine")
    with pytest.raises(FileExistsError, match="is there already: name another file, or give --replace"):
        back_up(filled, target)
    assert target.read_text() == "mine"
    assert back_up(filled, target, replace=True) == 2


def test_a_backup_that_fails_leaves_nothing(filled, tmp_path):
    target = tmp_path / "b.tar"

    def stop(run_id):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        back_up(filled, target, say=stop)
    assert not list(tmp_path.glob("b.tar*"))


def test_a_cache_with_something_in_it_is_not_written_over(filled, tmp_path):
    back_up(filled, tmp_path / "b.tar")
    before = checksum(filled.database_file)
    with pytest.raises(FileExistsError, match="is not empty: name another folder with --to"):
        restore(tmp_path / "b.tar", filled.root)
    assert checksum(filled.database_file) == before
    (tmp_path / "empty").mkdir()
    assert restore(tmp_path / "b.tar", tmp_path / "empty") == 2


def members(file):
    with tarfile.open(file) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def written(file, contents, change=lambda info: info):
    with tarfile.open(file, "w") as archive:
        for name, text in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(change(info), io.BytesIO(text))
    return file


def refused(file, match):
    target = file.parent / "refused"
    with pytest.raises(BadBackup, match=match):
        restore(file, target)
    assert not target.exists() and not list(file.parent.glob(".restoring-*"))


def test_what_is_no_backup_is_refused(filled, tmp_path):
    good = tmp_path / "good.tar"
    back_up(filled, good)
    whole = members(good)
    (tmp_path / "text").write_text("no tar at all")
    refused(tmp_path / "text", "is no whole backup")
    (tmp_path / "cut.tar").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    refused(tmp_path / "cut.tar", "is no whole backup")
    refused(written(tmp_path / "b.tar", whole | {DATABASE: whole[DATABASE][:-1] + b"!"}), "is damaged: 'runs.sqlite'")
    refused(written(tmp_path / "b.tar", {n: t for n, t in whole.items() if n != LIST}), "is no whole backup")
    less = {name: text for name, text in whole.items() if not name.endswith("predictions.npz")}
    refused(written(tmp_path / "b.tar", less), "is damaged: 'runs/1/predictions.npz'")
    for name in ("../outside", "/etc/passwd", "runs/../../outside", "cache.py", "runs", "runs//x", "encoded/x"):
        refused(written(tmp_path / "b.tar", whole | {name: b"!"}), "is nothing of a cache")
    text = json.dumps(json.loads(whole[LIST]) | {"format": 2}).encode()
    refused(written(tmp_path / "b.tar", whole | {LIST: text}), "another version of Unroll")

    def link(info):
        is_meant = info.name == DATABASE
        info.type, info.linkname, info.size = (
            (tarfile.SYMTYPE, "/etc/passwd", 0) if is_meant else (info.type, "", info.size)
        )
        return info

    refused(written(tmp_path / "b.tar", whole, link), "is nothing of a cache")


def test_the_commands(filled, tmp_path, capsys):
    cache, file = str(filled.root), str(tmp_path / "b.tar")
    assert main(["--cache", cache, "backup", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 2
    assert main(["--cache", cache, "backup", file]) == 1
    assert main(["--cache", cache, "restore-backup", file]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main(["--cache", cache, "restore-backup", file, "--to", str(tmp_path / "new")]) == 0
    assert "2 finished runs in" in capsys.readouterr().out
    assert main(["--cache", str(tmp_path / "other"), "restore-backup", str(tmp_path / "none.tar")]) == 1
    assert not (tmp_path / "other").exists()
