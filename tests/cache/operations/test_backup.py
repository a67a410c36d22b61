import io
import json
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from cache.__main__ import main
from cache.browsing import annotations
from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.core.checksums import checksum
from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, Request
from cache.operations.backup import DATABASE, LIST, Backup, BadBackup, back_up, restore
from cache.operations.saved_views import read_view, save_view
from cache.operations.storage import free
from cache.store.database import Database
from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, FINISHED, QUEUED
from cache.store.schema import CacheTooNew
from cache.store.store import RunStore
from models.data.datasets import get_dataset, load_user_datasets
from models.data.splits import SPLITS, Split
from models.data.user_datasets import register
from models.stacks.named_stacks import load_stacks, named_stacks, save_stack
from models.stacks.stack_parser import parse_stack
from models.vectors.word_vectors import add_vectors, load_vectors, registered


@pytest.fixture
def filled(store, finish, small_spec):
    """Two finished runs that people wrote on, one that trains, one that waits, a stack with a name, a short link."""
    first, second = (finish(small_spec(seed=seed), [0.6, 0.7]) for seed in (0, 1))
    annotations.rename(store, first.id, "The best")
    annotations.tag(store, [second.id], ["paper"])
    store.submit([small_spec(seed=seed) for seed in (2, 3)], 4, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(3, {"device": "here"}, None)
    store.view = save_view(store, {"models": ["LSTM"]})
    save_stack(store.root, "Ours", parse_stack("Embedding(16) → LSTM(8)"))
    store.log_file(first.id).write_text("what was said of it\n")
    texts = {name: Split([f"{name} text {n}" for n in range(20)], [n % 2 for n in range(20)]) for name in SPLITS}
    store.dataset = register(store.root, "Our mails", ("good", "bad"), texts, "mails.csv")
    add_vectors(store.root, io.BytesIO(b"film 1 2 3\ngood 4 5 6\n"), "small.txt", "Small")
    (store.root / "vectors" / ".part-x").mkdir()
    (store.root / "vectors" / ".part-x" / "words.txt").write_text("half")
    (store.root / "encoded" / "much").mkdir(parents=True)
    (store.root / "encoded" / "much" / "array.npy").write_bytes(b"made again")
    yield store
    for know in (load_stacks, load_user_datasets, load_vectors):
        know(store.root.parent / "nowhere")


def test_a_restored_cache_is_as_it_was(filled, tmp_path):
    assert back_up(filled, tmp_path / "b.tar").num_runs == 2
    assert restore(tmp_path / "b.tar", tmp_path / "new" / "cache").num_runs == 2
    there = RunnerStore(tmp_path / "new" / "cache")
    assert there.runs([FINISHED]) == filled.runs([FINISHED])
    assert there.epochs([1, 2]) == filled.epochs([1, 2])
    for run in filled.runs([FINISHED]):
        assert there.damaged_files(run) == [] and filled.files_dir(run.id).is_dir()
    assert read_view(there.root, filled.view) == {"models": ["LSTM"]}
    assert [stack.name for stack in named_stacks()] == ["Ours"]
    assert not (there.root / "encoded").exists() and not (there.root / LIST).exists()
    assert there.log_tail(1) == "what was said of it"
    assert rows(there, "state NOT IN ('queued', 'running')") == rows(filled, "state NOT IN ('queued', 'running')")
    kinds = ("runs", "datasets", "vectors", "stacks", "links", "logs")
    kept = {name: sum_ for name, sum_ in tree(filled.root, kinds).items() if ".part-" not in name}
    assert tree(there.root, kinds) == kept and len(kept) > 12
    texts = get_dataset(filled.dataset).load(there.root)
    assert texts["train"].texts[3] == "train text 3"
    (vectors,) = registered()
    vectors.check()
    assert list_runs(there, parse("tag=paper")).runs == list_runs(filled, parse("tag=paper")).runs
    assert there.submit([filled.run(1).spec], 2, "cpu") == [1], "it is answered from the cache"
    assert there.submit([filled.run(1).spec], 3, "cpu") == [5], "numbers are not given twice"


def rows(store, where):
    runs = store.db.read(f"SELECT * FROM runs WHERE {where} ORDER BY id")
    epochs = store.db.read(f"SELECT * FROM epochs WHERE run_id IN (SELECT id FROM runs WHERE {where})")
    return [tuple(row) for row in [*runs, *epochs]]


def tree(root, folders):
    files = (path for folder in folders for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): checksum(path) for path in files}


def test_what_people_asked_the_models_is_not_in_a_backup(filled, tmp_path, monkeypatch):
    """It can be asked again; no sentence stays in a part of the file that is no longer used."""
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    asked = Request((1,), "Nobody else reads this", 1, 1.0, 1, 0)
    generation_requests.ask(filled, asked)
    Answer("done", "Written", "", {1: ()}, {}).write(filled, asked)
    back_up(filled, tmp_path / "b.tar")
    assert b"Nobody else reads this" not in (tmp_path / "b.tar").read_bytes()
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert Answer.of(RunnerStore(tmp_path / "new"), asked) is None
    assert Answer.of(filled, asked).state == "done"


def test_what_trained_waits_again(filled, tmp_path):
    back_up(filled, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new")
    there = RunnerStore(tmp_path / "new")
    assert [(run.id, run.state, run.attempts) for run in there.runs([QUEUED])] == [(3, QUEUED, 0), (4, QUEUED, 0)]
    assert filled.run(3).state == "running", "the cache itself is not changed"
    assert there.claim("cpu", ProcessIdentity.current()).id == 3


def test_what_was_being_stopped_or_waits_twice_is_not_trained_again(store, small_spec, tmp_path):
    specs = [small_spec(seed=seed) for seed in (0, 1)]
    store.submit(specs, 4, "cpu")
    for _ in specs:
        store.claim("cpu", ProcessIdentity.current())
    store.cancel([1])
    assert store.submit([specs[1]], 5, "cpu") == [3]
    back_up(store, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert [run.state for run in RunnerStore(tmp_path / "new").runs()] == [CANCELLED, CANCELLED, QUEUED]


def test_a_run_whose_files_are_damaged_or_were_freed_is_kept(filled, tmp_path, monkeypatch):
    (filled.files_dir(1) / "predictions.npz").unlink()
    (filled.files_dir(2) / "best_weights.npz").write_text("damaged")
    copied = Database.copy_to

    def copy_and_free(self, path):
        copied(self, path)
        free(filled, ["states"])  # by another process, just then

    monkeypatch.setattr(Database, "copy_to", copy_and_free)
    damaged = {1: ["predictions.npz"], 2: ["best_weights.npz"]}
    assert back_up(filled, tmp_path / "b.tar") == Backup(2, damaged)
    assert restore(tmp_path / "b.tar", tmp_path / "new") == Backup(2, damaged)
    there = RunnerStore(tmp_path / "new")
    assert there.damaged_files(there.run(1)) == ["predictions.npz"]
    assert there.damaged_files(there.run(2)) == ["best_weights.npz"]
    assert there.runs([FINISHED]) == filled.runs([FINISHED])


def test_a_cache_that_cannot_be_written_is_backed_up(filled, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != filled.root)
    looked_at = RunStore(filled.root)
    assert looked_at.read_only and back_up(looked_at, tmp_path / "b.tar").num_runs == 2


def test_it_is_made_while_runs_are_stored_and_deleted(filled, finish, small_spec, tmp_path):
    filled.cancel([4])
    filled.mark_cancelled(3)
    over = threading.Event()

    def go_on():
        for seed in range(10, 40):
            run = finish(small_spec(seed=seed), [0.5])
            if seed % 3 == 0:
                annotations.delete(filled, [run.id])
                annotations.purge(filled, [run.id])
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
    assert back_up(filled, target, replace=True).num_runs == 2


def test_a_backup_with_damaged_files_does_not_replace_another(filled, tmp_path, capsys):
    cache, file = str(filled.root), tmp_path / "b.tar"
    back_up(filled, file)
    before = checksum(file)
    (filled.files_dir(2) / "best_weights.npz").write_text("damaged")
    assert main(["--cache", cache, "backup", str(file), "--replace"]) == 1
    expected = "was not replaced, because the cache has 1 run with damaged or missing files: run 2 (best_weights.npz)"
    assert expected in capsys.readouterr().err
    assert checksum(file) == before and [path.name for path in tmp_path.glob("*.tar*")] == ["b.tar"]
    assert main(["--cache", cache, "backup", str(tmp_path / "c.tar"), "--replace", "--json"]) == 0
    printed = capsys.readouterr()
    warning = (
        "The backup holds 1 run with damaged or missing files: run 2 (best_weights.npz); import a bundle of these "
    )
    warning += "runs to replace the files, or delete the runs.\n"
    assert json.loads(printed.out)["damaged"] == [2] and printed.err == warning
    assert main(["restore-backup", str(tmp_path / "c.tar"), "--to", str(tmp_path / "new"), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["damaged"] == [2] and printed.err == warning
    annotations.delete(filled, [2])  # as the message advises
    assert main(["--cache", cache, "backup", str(file), "--replace"]) == 0 and capsys.readouterr().err == ""
    assert main(["restore-backup", str(file), "--to", str(tmp_path / "binned")]) == 0 and not capsys.readouterr().err


def test_a_backup_that_fails_leaves_nothing(filled, tmp_path):
    target = tmp_path / "b.tar"

    def stop(done, total):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        back_up(filled, target, on_progress=stop)
    assert not list(tmp_path.glob("b.tar*"))


def test_a_cache_with_something_in_it_is_not_written_over(filled, tmp_path):
    back_up(filled, tmp_path / "b.tar")
    before = checksum(filled.database_file)
    with pytest.raises(FileExistsError, match="is not empty: name another folder with --to"):
        restore(tmp_path / "b.tar", filled.root)
    assert checksum(filled.database_file) == before
    (tmp_path / "empty").mkdir()
    assert restore(tmp_path / "b.tar", tmp_path / "empty").num_runs == 2
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == stat.S_IMODE(filled.root.stat().st_mode)


def test_a_volume_is_filled_where_it_is(filled, tmp_path, monkeypatch):
    back_up(filled, tmp_path / "b.tar")
    volume = tmp_path / "volume"
    (volume / "lost+found").mkdir(parents=True)
    number = volume.stat().st_ino
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == volume)
    (tmp_path / "bad.tar").write_text("no tar")
    with pytest.raises(BadBackup):
        restore(tmp_path / "bad.tar", volume)
    assert [path.name for path in volume.iterdir()] == ["lost+found"]
    assert restore(tmp_path / "b.tar", volume).num_runs == 2
    assert volume.stat().st_ino == number and not list(volume.glob(".restoring*"))
    assert RunnerStore(volume).runs([FINISHED]) == filled.runs([FINISHED])


def test_a_backup_of_a_newer_version_is_refused(filled, tmp_path):
    with closing(sqlite3.connect(filled.database_file)) as db:
        db.execute("PRAGMA user_version = 99")
    back_up(filled, tmp_path / "b.tar")
    with pytest.raises(CacheTooNew, match="written by a newer version of Unroll .* update Unroll"):
        restore(tmp_path / "b.tar", tmp_path / "new")
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".restoring-*"))


def members(file):
    with tarfile.open(file) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def written(file, contents, change=lambda info: info):
    with tarfile.open(file, "w") as archive:
        for name, text in contents.items() if isinstance(contents, dict) else contents:
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
    strange = ("../outside", "/etc/passwd", "runs/../../outside", "cache.py", "runs", "runs//x", "encoded/x")
    for name in (*strange, "logs/runner.log", "links/../x", "vectors/.hidden", "runs/1/x.py/y", "datasets/a/b/c/d"):
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

    def hollow(info):
        """Says to be a terabyte, and takes nothing."""
        if info.name == DATABASE:
            info.pax_headers = {"GNU.sparse.map": f"0,{info.size}", "GNU.sparse.size": "1000000000000"}
        return info

    refused(written(tmp_path / "b.tar", whole, hollow), "is nothing of a cache")
    for listed in ([], 3, {"format": 1}, {"format": 1, "sha256": [[1, 2]]}, {"format": 1, "sha256": {DATABASE: 3}}):
        refused(written(tmp_path / "b.tar", whole | {LIST: json.dumps(listed).encode()}), "no whole backup|is damaged")
    twice = [*whole.items(), (LIST, whole[LIST])]
    refused(written(tmp_path / "b.tar", twice), "is nothing of a cache")
    none = json.dumps({"format": 1, "sha256": {}}).encode()
    refused(written(tmp_path / "b.tar", {LIST: none}), "holds no database")
    refused(written(tmp_path / "b.tar", whole | {"links/x": b"", "links/x/y": b""}), "no whole backup")
    refused(tmp_path, "no whole backup")


def test_the_commands(filled, tmp_path, capsys):
    cache, file = str(filled.root), str(tmp_path / "b.tar")
    assert main(["--cache", cache, "backup", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 2
    assert main(["--cache", cache, "backup", file]) == 1
    assert main(["--cache", cache, "restore-backup", file]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main(["--cache", cache, "restore-backup", file, "--to", str(tmp_path / "new")]) == 0
    assert "2 finished runs in" in capsys.readouterr().out
    assert main(["--cache", str(tmp_path / "again"), "restore-backup", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cache": str(tmp_path / "again"), "runs": 2, "damaged": []}
    for name, expected in (("none/b.tar", "There is no folder"), (".", "is a folder: name a file")):
        assert main(["--cache", cache, "backup", str(tmp_path / name)]) == 1
        assert expected in capsys.readouterr().err
    assert main(["--cache", str(tmp_path / "other"), "restore-backup", str(tmp_path / "none.tar")]) == 1
    assert not (tmp_path / "other").exists()
