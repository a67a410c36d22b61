"""A cache that may not be changed refuses in the cache layer: every function that writes is called here, and not a byte
of the folder is another one afterwards."""

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from cache.__main__ import main
from cache.browsing import annotations
from cache.cli import dataset_commands, stack_commands, vector_commands
from cache.cli.parser import parser
from cache.core.access import CacheReadOnly, read_only_reason
from cache.core.processes import PROJECT_ROOT, ProcessIdentity, start_detached
from cache.core.settings import READ_ONLY
from cache.execution import launching, queue
from cache.execution.local import LocalExecutor
from cache.execution.runner import Runner
from cache.inference import generation_requests, inference_server
from cache.operations import backup, saved_views, storage
from cache.store.runner_store import RunnerStore
from cache.tasks import (
    add_vectors,
    dataset_statistics,
    task,
    task_status,
)
from cache.tasks.read_test_texts import ReadTestTexts
from cache.transfer import bundles
from cache.transfer.reference import bring_in
from models.data import datasets
from models.data.datasets import add_user_dataset, get_dataset
from models.data.labelled import Labelled
from models.machine.devices import cpu
from models.stacks import named_stacks
from models.stacks.named_stacks import save_stack
from models.stacks.stack_parser import parse_stack
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from models.vectors import word_vectors
from models.vectors.word_vectors import add_vectors as add_word_vectors
from tests.cache.core.writers import OF_MODELS, OF_THE_CACHE, writers

ENCODING = TextEncoding(200, 10)
EPOCH = EpochFinished(1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.1, True)
MEASURED = {"device": "Test CPU"}
GLOVE = b"good 1 2 3\nbad 4 5 6\n"
FINISHED, WAITING, BINNED = 1, 2, 3
READ = ReadTestTexts("rotten_tomatoes")

REFUSED = {
    "add_vectors.start_adding": lambda store, had: add_vectors.start_adding(store, had.vectors_file, "New"),
    "add_vectors.start_adding_upload": lambda store, had: add_vectors.start_adding_upload(
        store, GLOVE, "new.txt", "New"
    ),
    "add_vectors.cancel_adding": lambda store, had: add_vectors.cancel_adding(store),
    "bundles.import_bundle": lambda store, had: bundles.import_bundle(store, had.bundle),
    "bundles.import_upload": lambda store, had: bundles.import_upload(store, had.bundle),
    "dataset_commands.read_upload": lambda store, had: dataset_commands.read_upload(store, io.BytesIO(b"a,b"), "x.csv"),
    "dataset_commands.add": lambda store, had: dataset_commands.add(store, "New", had.labelled, "new.csv"),
    "dataset_commands.delete": lambda store, had: dataset_commands.delete(store, had.dataset),
    "dataset_commands.download": lambda store, had: dataset_commands.download(store, "imdb_reviews"),
    "task.start": lambda store, had: task.start(store, had.root / "x.json", "cache.tasks", "x", log="x"),
    "task.Task.start": lambda store, had: READ.start(store),
    "task.Task.cancel": lambda store, had: add_vectors.ADD_VECTORS.cancel(store, "Stopped."),
    "task.Task.forget": lambda store, had: add_vectors.ADD_VECTORS.forget(store),
    "generation_requests.Answer.write": lambda store, had: generation_requests.Answer("done", "", "", {}, {}).write(
        store, had.request
    ),
    "generation_requests.forget_inside": lambda store, had: generation_requests.forget_inside(store),
    "dataset_statistics.count_now": lambda store, had: dataset_statistics.count_now(
        store, get_dataset("rotten_tomatoes"), None, ENCODING
    ),
    "queue.enqueue": lambda store, had: queue.enqueue(store, [queue.RunRequest(had.spec, 1, "cpu")]),
    "queue.take_back": lambda store, had: queue.take_back(store, queue.Queued((WAITING,))),
    "queue.move_to_front": lambda store, had: queue.move_to_front(store, [WAITING]),
    "queue.retry": lambda store, had: queue.retry(store, [had.failed]),
    "runner.Runner.work": lambda store, had: Runner(store, [LocalExecutor(cpu(), had.root / "x.log")]).work(
        "tensorflow"
    ),
    "runner_store.RunnerStore.claim": lambda store, had: store.claim("cpu", ProcessIdentity.current()),
    "runner_store.RunnerStore.mark_started": lambda store, had: store.mark_started(WAITING, MEASURED, None),
    "runner_store.RunnerStore.add_epoch": lambda store, had: store.add_epoch(WAITING, EPOCH),
    "runner_store.RunnerStore.keep_state": lambda store, had: store.keep_state(
        WAITING, 1, had.root / "staging" / "job", None
    ),
    "runner_store.RunnerStore.set_progress": lambda store, had: store.set_progress(WAITING, epoch=1),
    "runner_store.RunnerStore.record_heartbeats": lambda store, had: store.record_heartbeats([WAITING]),
    "runner_store.RunnerStore.finish": lambda store, had: store.finish(
        FINISHED, had.root / "staging" / "job", MEASURED
    ),
    "runner_store.RunnerStore.fail": lambda store, had: store.fail(WAITING, "because"),
    "runner_store.RunnerStore.mark_cancelled": lambda store, had: store.mark_cancelled(WAITING),
    "runner_store.RunnerStore.requeue": lambda store, had: store.requeue(WAITING, "because"),
    "runner_store.RunnerStore.release_run": lambda store, had: store.release_run(WAITING),
    "saved_views.save_view": lambda store, had: saved_views.save_view(store, {"epochs": ["3"]}),
    "annotations.rename": lambda store, had: annotations.rename(store, FINISHED, "x"),
    "annotations.annotate": lambda store, had: annotations.annotate(store, FINISHED, "x"),
    "annotations.tag": lambda store, had: annotations.tag(store, [FINISHED], ["x"]),
    "annotations.pin": lambda store, had: annotations.pin(store, [FINISHED]),
    "annotations.archive": lambda store, had: annotations.archive(store, [FINISHED]),
    "annotations.delete": lambda store, had: annotations.delete(store, [FINISHED]),
    "annotations.restore": lambda store, had: annotations.restore(store, [BINNED]),
    "annotations.purge": lambda store, had: annotations.purge(store, [BINNED]),
    "stack_commands.save": lambda store, had: stack_commands.save(store, "New", "Embedding(8) → Flatten()"),
    "stack_commands.delete": lambda store, had: stack_commands.delete(store, "Mine"),
    "storage.free": lambda store, had: storage.free(store, storage.KINDS),
    "store.RunStore.submit": lambda store, had: store.submit([had.spec], 1, "cpu"),
    "store.RunStore.submit_each": lambda store, had: store.submit_each([(had.spec, 1, "cpu", None)]),
    "store.RunStore.cancel": lambda store, had: store.cancel([WAITING]),
    "store.RunStore.reject": lambda store, had: store.reject("cpu", "because"),
    "store.RunStore.announce_starting": lambda store, had: store.announce_starting("cpu", ProcessIdentity.current()),
    "store.RunStore.announce_runner": lambda store, had: store.announce_runner("cpu", ProcessIdentity.current(), "CPU"),
    "vector_commands.add_file": lambda store, had: vector_commands.add_file(store, had.vectors_file, "New", False),
    "vector_commands.delete": lambda store, had: vector_commands.delete(store, had.vectors),
}
"""Each has to raise CacheReadOnly."""

ASKED = {
    "generation_requests.ask": lambda store, had: generation_requests.ask(store, had.request),
    "generation_requests.ensure_process": lambda store, had: generation_requests.ensure_process(store),
}
"""Refused to those who may not change a cache that others may change. On a read-only server everybody may ask: that
changes nothing of the cache.
"""

PROCESSES = {
    "backup.restore": lambda had: backup.restore(Path("backup.tar"), had.root.parent / "new"),
    "task.Task.run": lambda had: READ.run(had.root),
    "add_vectors.AddVectors.run": lambda had: add_vectors.AddVectors(str(had.vectors_file), "New", "x.txt").run(
        had.root
    ),
    "inference_server.serve": lambda had: inference_server.serve(had.root, 0),
}
"""Processes that only know a folder get the setting from the environment."""

BEHIND = {
    "bundles._stage": "bundles.import_bundle",
    "bundles._keep": "bundles.import_bundle",
    "runner_store.RunnerStore._end": "runner_store.RunnerStore.fail",
    "unfinished.describe_state": "runner_store.RunnerStore.keep_state",
    "unfinished.put_state": "runner_store.RunnerStore.keep_state",
    "unfinished.remove_states": "store.RunStore.cancel",
    "annotations._change": "annotations.rename",
    "storage._drop_files": "storage.free",
}
"""Functions that are only called after a check."""

NEEDLESS = {
    **dict.fromkeys(
        (
            "store.RunStore.__init__",
            "store.RunStore.recover",
            "backfill.write_missing_manifests",
            "backfill.remove_left_behind",
            "repair.repair",
            "repair.reindex_run_folders",
            "repair._new_folder",
            "repair._rebuild",
            "schema.migrate",
            "schema._back_up",
        ),
        "left out where the cache may not be changed, which opening it in every test here shows",
    ),
    **dict.fromkeys(
        (
            "task_status.TaskStatus.write",
            "task._run",
            "inference_server._Models._fresh",
            "inference_server._Models._tokenizer",
        ),
        "within PROCESSES",
    ),
    **dict.fromkeys(
        (
            "add_vectors.AddVectors.work",
            "count_coverage.CountCoverage.work",
            "dataset_statistics.CountDataset.work",
            "download.Download.work",
            "make_vocabularies.MakeVocabularies.work",
            "read_test_texts.ReadTestTexts.work",
        ),
        "within task.Task.run",
    ),
    **dict.fromkeys(
        (
            "runner.Runner._serve",
            "run_in_progress.RunInProgress._start",
            "run_in_progress.RunInProgress._keep_state",
            "worker._train",
            "worker._redirect_output",
        ),
        "within runner.Runner.work",
    ),
    **dict.fromkeys(
        ("executor.RayExecutor._handle", "shipping.write_part", "cluster_state.ClusterState.write"),
        "within runner.Runner.work of the cluster, which tests/cache/cluster shows to refuse",
    ),
    **dict.fromkeys(
        ("node.node_folder", "node.train_on_node", "node._contents", "shipping.unpack"),
        "in the folder for temporary files of a node",
    ),
    "device_lock.DeviceLock.release": "removes a file in the machine's folder for temporary files",
    **dict.fromkeys(("reference.bring_in", "reference._write"), "brings nothing where nothing may be changed"),
    "study_command.study": "writes to the given path, behind store.RunStore.submit",
    "processes.start_detached": "within task.start and ensure_runners, which have a test of their own",
    "launching._start_runner": "within ensure_runners",
    "logs.make_room": "within processes.start_detached",
    **dict.fromkeys(
        ("request_store.request_store", "request_store.Scratch.of", "request_store._link"),
        "within a folder for temporary files that this process has made for itself",
    ),
    "paths.device_lock": "in the machine's folder for temporary files",
    "backup._unpack": "within backup.restore",
    "backup._unchanged": "takes no lock where nothing may be changed",
    "bundle_zip.UntrustedZip.__init__": "gives members other names, and writes nothing",
    **dict.fromkeys(
        (
            "bundles.export_bundle",
            "bundles._add",
            "bundles._complete_file",
            "backup.back_up",
            "backup._write",
            "exports.export",
            "exports._write_tables",
        ),
        "writes to the given path, and nothing into the cache",
    ),
}


def test_every_function_that_writes_is_held_here():
    held = {**REFUSED, **ASKED, **PROCESSES, **BEHIND, **NEEDLESS}
    assert sorted(set(writers()) - set(held)) == [], "say above how these are refused"
    assert sorted((set(BEHIND) | set(NEEDLESS)) - set(writers())) == [], "these write no more"
    assert set(BEHIND.values()) <= set(REFUSED)


@pytest.fixture
def had(store, finish, small_spec, tmp_path):
    """A cache with something of every kind in it."""
    root, labelled = (
        store.root,
        Labelled([f"text {n}" for n in range(200)], [n % 2 for n in range(200)], ("a", "b"), ()),
    )
    done = finish(small_spec(), [0.8, 0.9])
    assert store.submit([small_spec(seed=seed) for seed in (1, 2, 3)], 1, "cpu") == [WAITING, BINNED, 4]
    annotations.delete(store, [BINNED])
    store.cancel([4])
    (store.staging_dir / "job").mkdir()
    (store.staging_dir / "job" / "state.npz").write_bytes(b"x")
    dataset = add_user_dataset(root, "Mine", labelled, "mine.csv")
    save_stack(root, "Mine", parse_stack("Embedding(16) → Flatten()"))
    vectors, _ = add_word_vectors(root, io.BytesIO(GLOVE), "glove.txt", "Mine")
    task_status.TaskStatus(task_status.FAILED, "It was no file.", "", 1.0).write(
        add_vectors.ADD_VECTORS.status_file(root)
    )
    saved_views.save_view(store, {"epochs": ["2"]})
    (tmp_path / "new.txt").write_bytes(b"other 1 2\nwords 3 4\n")
    bundle = io.BytesIO()
    bundles.export_bundle(store, [done.id], bundle)
    yield SimpleNamespace(
        root=root, labelled=labelled, dataset=dataset.name, vectors=vectors.name, vectors_file=tmp_path / "new.txt",
        bundle=bundle, spec=small_spec("gru"), failed=4, finished=done,
        request=generation_requests.Request((done.id,), "This film", 1, 1.0, 1, 0),
    )  # fmt: skip
    datasets._user_datasets, word_vectors._known, named_stacks._named = {}, {}, {}


def by_the_environment(root, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    return RunnerStore(root)


def for_a_person(root, monkeypatch):
    return RunnerStore(root).view("You have not signed in.")


def tree(root):
    return {str(path.relative_to(root)): path.is_file() and path.read_bytes() for path in root.rglob("*")}


@pytest.mark.parametrize("way", [by_the_environment, for_a_person])
def test_every_change_is_refused_and_changes_nothing(had, monkeypatch, tmp_path, way):
    (tmp_path / "reference.zip").write_bytes(had.bundle.getvalue())
    before = tree(had.root)
    locked = way(had.root, monkeypatch)
    reason = locked.read_only_reason
    assert locked.read_only and reason and tree(had.root) == before
    for name, change in (REFUSED | (ASKED if way is for_a_person else {})).items():
        with pytest.raises(CacheReadOnly) as refused:
            change(locked, had)
        assert str(refused.value) == reason, name
        assert tree(had.root) == before, f"{name} has changed something"
    assert launching.ensure_runners(locked) == [] and locked.recover() == 0 and bring_in(locked, tmp_path) == []
    assert storage.free(locked, []) == 0, "to ask what could be freed frees nothing"
    assert tree(had.root) == before


@pytest.mark.parametrize("way", [by_the_environment, for_a_person])
def test_everything_can_still_be_looked_at(had, monkeypatch, way):
    before = tree(had.root)
    locked = way(had.root, monkeypatch)
    assert locked.run(FINISHED) == had.finished and locked.damaged_files(had.finished) == []
    assert len(locked.epochs([FINISHED])[FINISHED]) == 2
    assert locked.num_waiting() == 1
    taken = io.BytesIO()
    bundles.export_bundle(locked, [FINISHED], taken)
    assert ZipFile(taken).namelist() == ZipFile(had.bundle).namelist() and tree(had.root) == before


def listing(root):
    """Every file and folder with its time and contents."""
    return {path: (path.lstat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in (root, *root.rglob("*"))}


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_reader_asks_models_and_nothing_of_the_cache_changes(had, monkeypatch, is_closed):
    """By a variable, or because the folder cannot be written; the models' own part is in ``test_inference_server``."""
    begun = []
    monkeypatch.setattr(generation_requests, "start", lambda requests, *_, log: begun.append(requests.root))
    before = listing(had.root)
    if is_closed:
        monkeypatch.setattr("cache.core.access.os.access", lambda *_: False)
    else:
        monkeypatch.setenv(READ_ONLY.variable, "1")
    reader = RunnerStore(had.root)
    for ask in ASKED.values():
        ask(reader, had)
    assert generation_requests.Answer.of(reader, had.request).state == "queued"
    assert len(begun) == 2 and not any(root.is_relative_to(had.root) for root in begun)
    with pytest.raises(CacheReadOnly):
        generation_requests.Answer("done", "", "", {}, {}).write(reader, had.request)
    assert listing(had.root) == before


@pytest.mark.parametrize("name", PROCESSES)
def test_processes_are_configured_by_the_environment(had, monkeypatch, name):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    before = tree(had.root)
    with pytest.raises(CacheReadOnly, match="This Unroll is read-only"):
        PROCESSES[name](had)
    assert tree(had.root) == before


@pytest.mark.parametrize(
    "words",
    [("cache.execution.runner", "--device", "cpu"), ("cache.tasks", "read_test_texts", '{"dataset": "imdb"}')],
    ids=lambda words: words[0],
)
def test_a_process_reports_in_one_line_why_it_does_not_begin(had, words):
    before = tree(had.root)
    command = [sys.executable, "-m", *words, "--cache", str(had.root)]
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=os.environ | {READ_ONLY.variable: "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "This Unroll is read-only" in done.stderr
    assert tree(had.root) == before


LOOKING = {
    "list": [],
    "show": ["1"],
    "export": ["1", "--to", "TARGET"],
    "backup": ["TARGET"],
    "health": [],
    "datasets": [],
    "vectors": [],
    "gc": [],
}
CHANGING = {
    "download": ["imdb_reviews"],
    "restore-backup": ["BUNDLE", "--to", "NEW"],
    "study": ["--device", "cpu", "--no-wait"],
    "train": ["flatten", "--dataset", "rotten_tomatoes", "--examples", "200", "--device", "cpu", "--no-wait"],
    "cancel": ["2"],
    "retry": ["4"],
    "restore": ["3"],
    "rm": ["1"],
    "import": ["BUNDLE"],
    "add-dataset": ["CSV"],
    "rm-dataset": ["DATASET"],
    "add-vectors": ["VECTORS_FILE"],
    "rm-vectors": ["VECTORS"],
}
"""The words of each command. One that is new has to be put into one of the two."""


def test_every_command_is_held_here():
    (commands,) = (each for each in parser()._actions if each.dest == "command")
    assert set(LOOKING) | set(CHANGING) == set(commands.choices)


@pytest.mark.parametrize("command", [*LOOKING, *CHANGING])
def test_commands_look_and_do_not_change(had, monkeypatch, tmp_path, capsys, command):
    (tmp_path / "runs.zip").write_bytes(had.bundle.getvalue())
    rows = "".join(f"text {number} is here,{number % 2}\n" for number in range(200))
    (tmp_path / "new.csv").write_text(f"text,label\n{rows}")
    places = {
        "TARGET": tmp_path / "out.zip",
        "NEW": tmp_path / "new",
        "BUNDLE": tmp_path / "runs.zip",
        "CSV": tmp_path / "new.csv",
    }
    places |= {"DATASET": had.dataset, "VECTORS": had.vectors, "VECTORS_FILE": had.vectors_file}
    monkeypatch.setenv(READ_ONLY.variable, "1")
    before = tree(had.root)
    words = [str(places.get(word, word)) for word in (LOOKING | CHANGING)[command]]
    status = main(["--cache", str(had.root), command, *words, "--json"])
    captured = capsys.readouterr()
    assert tree(had.root) == before
    assert not (tmp_path / "new").exists()
    if command in LOOKING:
        assert (status, captured.err) == (0, "")
    else:
        assert (status, captured.out) == (1, "") or command in ("train", "study")
        assert captured.err == f"{read_only_reason(had.root)}\n"


@pytest.mark.parametrize(("value", "locked"), [("1", True), ("yes", True), ("maybe", True), ("0", False), ("", False)])
def test_in_doubt_nothing_is_changed(tmp_path, monkeypatch, value, locked):
    monkeypatch.setenv(READ_ONLY.variable, value)
    assert bool(read_only_reason(tmp_path)) == locked


def test_a_process_may_open_it_to_write_on_purpose(had, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    annotations.rename(RunnerStore(had.root, read_only=False), FINISHED, "reference")
    assert RunnerStore(had.root).run(FINISHED).name == "reference"
    monkeypatch.delenv(READ_ONLY.variable)
    assert RunnerStore(had.root, read_only=True).read_only


def test_what_is_started_by_who_may_write_may_write_too(had, monkeypatch):
    """As the reading of test texts for a cache that a read-only server has just made."""
    monkeypatch.setenv(READ_ONLY.variable, "1")
    given = []
    monkeypatch.setattr(
        "cache.core.processes.subprocess.Popen", lambda *_, env, **__: given.append(env[READ_ONLY.variable])
    )
    start_detached("cache.tasks", log=had.root / "logs" / "x.log")
    assert given == ["0"]


def test_a_folder_that_cannot_be_written_stays_so_whatever_is_asked(had, monkeypatch):
    monkeypatch.setattr("cache.core.access.os.access", lambda *_: False)
    locked = RunnerStore(had.root, read_only=False)
    with pytest.raises(CacheReadOnly, match=f"The run cache in {had.root} is read-only"):
        annotations.pin(locked, [FINISHED])


def test_without_a_cache_it_says_that_none_can_be_made(tmp_path, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    with pytest.raises(CacheReadOnly, match="There is no run cache"):
        RunnerStore(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_writes_is_seen_whole(had, monkeypatch):
    """One server may look at a cache into which another one trains."""
    writing = RunnerStore(had.root)
    monkeypatch.setenv(READ_ONLY.variable, "1")
    looking = RunnerStore(had.root)
    for number in range(20):
        annotations.annotate(writing, FINISHED, f"{number} " * 500)
        assert looking.run(FINISHED).note == f"{number} " * 500


def test_pages_write_nothing_by_themselves():
    """The dashboard calls the cache layer for every change, and none of the functions by which that writes."""
    for file in sorted((Path(PROJECT_ROOT) / "dashboard").rglob("*.py")):
        for word in (*OF_MODELS - {"prepare"}, *OF_THE_CACHE, "write_text", "write_bytes", "unlink", "mkdir"):
            assert f"{word}(" not in file.read_text(), (file.name, word)
