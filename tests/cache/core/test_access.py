"""A cache that may not be changed refuses in the cache layer: every function that writes is called here, and not a byte
of the folder is another one afterwards."""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from cache.browsing import annotations
from cache.cli import dataset_commands, stack_commands, vector_commands
from cache.core.access import CacheReadOnly, read_only_reason
from cache.core.processes import PROJECT_ROOT, ProcessIdentity, start_detached
from cache.core.settings import READ_ONLY
from cache.execution import launching, queue
from cache.execution.local import LocalExecutor
from cache.execution.runner import Runner
from cache.inference import generation_requests, inference_server
from cache.operations import backup, saved_views, storage
from cache.store.runner_store import RunnerStore
from cache.tasks import add_vectors, dataset_statistics, task
from cache.tasks.text_tasks import ReadTestTexts
from cache.transfer import bundles
from cache.transfer.reference import bring_in
from models.data.datasets import get_dataset
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from tests.cache.core.conftest import BINNED, FINISHED, GLOVE, WAITING
from tests.cache.core.trees import listing, tree
from tests.cache.core.writers import OF_MODELS, OF_THE_CACHE, writers

ENCODING = TextEncoding(200, 10)
EPOCH = EpochFinished(1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.1, True)
MEASURED = {"device": "Test CPU"}
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
    "store.RunStore.submit_each": lambda store, had: store.submit_each([queue.RunRequest(had.spec, 1, "cpu")]),
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
    "add_runs.add_runs": "bundles.import_bundle",
    "add_runs._complete": "bundles.import_bundle",
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
            "text_tasks.CountCoverage.work",
            "dataset_statistics.CountDataset.work",
            "download.Download.work",
            "text_tasks.MakeVocabularies.work",
            "text_tasks.ReadTestTexts.work",
        ),
        "within task.Task.run",
    ),
    **dict.fromkeys(
        (
            "runner.Runner._serve",
            "run_in_progress.RunInProgress._start",
            "run_in_progress.RunInProgress._keep_state",
            "worker._train",
            "worker._encoded",
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
    **dict.fromkeys(("device_lock.DeviceLock.release", "paths.device_lock"), "in a folder for temporary files"),
    **dict.fromkeys(("reference.bring_in", "reference._write"), "brings nothing where nothing may be changed"),
    "study_command.study": "writes to the given path, behind store.RunStore.submit",
    "processes.start_detached": "within task.start and ensure_runners, which have a test of their own",
    "launching._start_runner": "within ensure_runners",
    "logs.make_room": "within processes.start_detached",
    **dict.fromkeys(
        ("request_store.request_store", "request_store.Scratch.of", "request_store._link"),
        "within a folder for temporary files that this process has made for itself",
    ),
    "command_line._prepare_output": "opens the null device",
    "backup._unpack": "within backup.restore",
    "backup._unchanged": "takes no lock where nothing may be changed",
    "bundle_zip.UntrustedZip.__init__": "gives members other names, and writes nothing",
    **dict.fromkeys(
        (
            "bundles.export_bundle",
            "bundles._add",
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


def by_the_environment(root, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    return RunnerStore(root)


def for_a_person(root, monkeypatch):
    return RunnerStore(root).view("You have not signed in.")


@pytest.mark.parametrize("way", [by_the_environment, for_a_person])
def test_every_change_is_refused_and_changes_nothing(filled, monkeypatch, tmp_path, way):
    (tmp_path / "reference.zip").write_bytes(filled.bundle.getvalue())
    before = tree(filled.root)
    locked = way(filled.root, monkeypatch)
    reason = locked.read_only_reason
    assert locked.read_only and reason and tree(filled.root) == before
    for name, change in (REFUSED | (ASKED if way is for_a_person else {})).items():
        with pytest.raises(CacheReadOnly) as refused:
            change(locked, filled)
        assert str(refused.value) == reason, name
        assert tree(filled.root) == before, f"{name} has changed something"
    assert launching.ensure_runners(locked) == [] and locked.recover() == 0 and bring_in(locked, tmp_path) == []
    assert storage.free(locked, []) == 0, "to ask what could be freed frees nothing"
    assert tree(filled.root) == before


@pytest.mark.parametrize("way", [by_the_environment, for_a_person])
def test_everything_can_still_be_looked_at(filled, monkeypatch, way):
    before = tree(filled.root)
    locked = way(filled.root, monkeypatch)
    assert locked.run(FINISHED) == filled.finished and locked.damaged_files(filled.finished) == []
    assert len(locked.epochs([FINISHED])[FINISHED]) == 2
    assert locked.num_waiting() == 1
    taken = io.BytesIO()
    bundles.export_bundle(locked, [FINISHED], taken)
    assert ZipFile(taken).namelist() == ZipFile(filled.bundle).namelist() and tree(filled.root) == before


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_reader_asks_models_and_nothing_of_the_cache_changes(filled, monkeypatch, is_closed):
    """By a variable, or because the folder cannot be written; the models' own part is in ``test_inference_server``."""
    begun = []
    monkeypatch.setattr(generation_requests, "start", lambda requests, *_, log: begun.append(requests.root))
    before = listing(filled.root)
    if is_closed:
        monkeypatch.setattr("cache.core.access.os.access", lambda *_: False)
    else:
        monkeypatch.setenv(READ_ONLY.variable, "1")
    reader = RunnerStore(filled.root)
    for ask in ASKED.values():
        ask(reader, filled)
    assert generation_requests.Answer.of(reader, filled.request).state == "queued"
    assert len(begun) == 2 and not any(root.is_relative_to(filled.root) for root in begun)
    with pytest.raises(CacheReadOnly):
        generation_requests.Answer("done", "", "", {}, {}).write(reader, filled.request)
    assert listing(filled.root) == before


@pytest.mark.parametrize("name", PROCESSES)
def test_processes_are_configured_by_the_environment(filled, monkeypatch, name):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    before = tree(filled.root)
    with pytest.raises(CacheReadOnly, match="This Unroll is read-only"):
        PROCESSES[name](filled)
    assert tree(filled.root) == before


@pytest.mark.parametrize(("value", "locked"), [("1", True), ("yes", True), ("maybe", True), ("0", False), ("", False)])
def test_in_doubt_nothing_is_changed(tmp_path, monkeypatch, value, locked):
    monkeypatch.setenv(READ_ONLY.variable, value)
    assert bool(read_only_reason(tmp_path)) == locked


def test_a_process_may_open_it_to_write_on_purpose(filled, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    annotations.rename(RunnerStore(filled.root, read_only=False), FINISHED, "reference")
    assert RunnerStore(filled.root).run(FINISHED).name == "reference"
    monkeypatch.delenv(READ_ONLY.variable)
    assert RunnerStore(filled.root, read_only=True).read_only


def test_what_is_started_by_who_may_write_may_write_too(filled, monkeypatch):
    """As the reading of test texts for a cache that a read-only server has just made."""
    monkeypatch.setenv(READ_ONLY.variable, "1")
    given = []
    monkeypatch.setattr(
        "cache.core.processes.subprocess.Popen", lambda *_, env, **__: given.append(env[READ_ONLY.variable])
    )
    start_detached("cache.tasks", log=filled.root / "logs" / "x.log")
    assert given == ["0"]


def test_a_folder_that_cannot_be_written_stays_so_whatever_is_asked(filled, monkeypatch):
    monkeypatch.setattr("cache.core.access.os.access", lambda *_: False)
    locked = RunnerStore(filled.root, read_only=False)
    with pytest.raises(CacheReadOnly, match=f"The run cache in {filled.root} is read-only"):
        annotations.pin(locked, [FINISHED])


def test_without_a_cache_it_says_that_none_can_be_made(tmp_path, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    with pytest.raises(CacheReadOnly, match="There is no run cache"):
        RunnerStore(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_writes_is_seen_whole(filled, monkeypatch):
    """One server may look at a cache into which another one trains."""
    writing = RunnerStore(filled.root)
    monkeypatch.setenv(READ_ONLY.variable, "1")
    looking = RunnerStore(filled.root)
    for number in range(20):
        annotations.annotate(writing, FINISHED, f"{number} " * 500)
        assert looking.run(FINISHED).note == f"{number} " * 500


def test_pages_write_nothing_by_themselves():
    """The dashboard calls the cache layer for every change, and none of the functions by which that writes."""
    for file in sorted((Path(PROJECT_ROOT) / "dashboard").rglob("*.py")):
        for word in (*OF_MODELS - {"prepare"}, *OF_THE_CACHE, "write_text", "write_bytes", "unlink", "mkdir"):
            assert f"{word}(" not in file.read_text(), (file.name, word)
