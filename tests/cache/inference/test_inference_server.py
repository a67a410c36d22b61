"""Texts continued by the real process with really trained weights; and what is said when something is missing."""

import json
import shutil
import threading
import time
from dataclasses import replace

import psutil
import pytest

from cache.core.checksums import checksum
from cache.core.processes import ProcessIdentity
from cache.core.settings import READ_ONLY
from cache.inference import inference_server
from cache.inference.generation_requests import (
    Answer,
    InsideRequest,
    ask,
    embedding_file,
    inside_file,
    open_requests,
    process_file,
    why_not,
)
from cache.inference.inference_server import serve
from cache.inference.request_store import request_store
from cache.store.runner_store import RunnerStore
from cache.tasks.task_status import DONE, FAILED, RUNNING, STOPPED, TaskStatus
from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.inside.readings import Readings
from models.text.encoding import encode, shaped
from models.training.run_files import BEST_WEIGHTS, load_arrays
from models.training.training import compile_model, train
from tests import waiting
from tests.cache.inference.answering import ENCODING, WANTED, answer_to, leave

FOREVER = 10_000
"""A test that does not end has failed."""


def process(store):
    return ProcessIdentity.from_json(TaskStatus.of(process_file(store.root)).owner).process()


def wait_for(store, request, condition):
    waiting.wait_for(lambda: condition(Answer.of(store, request)), (store.root / "logs" / "generating.log").read_text)
    return Answer.of(store, request)


def has_ended(answer):
    return answer.has_ended


def test_a_page_asks_and_a_process_answers_and_stays_for_the_next(writer):
    ask(writer, WANTED)
    try:
        answer = wait_for(writer, WANTED, has_ended)
        assert (answer.state, answer.problems) == (DONE, {})
        assert len(answer.steps[1]) == 4
        for step in answer.steps[1]:
            assert 0 <= step.probability <= 1 and 0 < step.chance <= 1
            assert step.candidates[0].probability >= step.candidates[-1].probability
        first = TaskStatus.of(process_file(writer.root))
        assert first.state == RUNNING
        again = replace(WANTED, seed=1)
        ask(writer, again)
        assert TaskStatus.of(process_file(writer.root)).owner == first.owner
        assert wait_for(writer, again, has_ended).state == DONE
    finally:
        process(writer).kill()


@pytest.mark.slow
def test_a_process_that_is_killed_is_noticed_and_another_answers(writer):
    long = replace(WANTED, num_words=100)
    ask(writer, long)
    wait_for(writer, long, lambda answer: answer.state == RUNNING)
    killed = process(writer)
    killed.kill()
    psutil.wait_procs([killed], timeout=60)
    answer = Answer.of(writer, long)
    assert (answer.state, answer.message) in [(FAILED, STOPPED), (DONE, "Written")]  # unless it was quicker
    ask(writer, long)
    ask(writer, WANTED)
    try:
        assert len(wait_for(writer, long, has_ended).steps[1]) == 100
        assert len(wait_for(writer, WANTED, has_ended).steps[1]) == 4
        assert process(writer) != killed
    finally:
        process(writer).kill()


def test_a_request_wakes_the_process_at_once(store, monkeypatch):
    """It looks for requests once a request has come, not now and then."""
    looks, answered = [], []
    monkeypatch.setattr(inference_server, "open_requests", lambda store: looks.append(1) or open_requests(store))

    def answer(store, request, *_):
        Answer(DONE, "Written", "", {}, {}).write(store, request)
        answered.append(request)
        if request.seed == 3:
            raise EOFError("the last one")

    monkeypatch.setattr(inference_server, "_answer", answer)

    def ask_three():
        while TaskStatus.of(process_file(store.root)) is None:
            time.sleep(0.01)
        for seed in (1, 2, 3):
            request = replace(WANTED, seed=seed)
            ask(store, request)
            while request not in answered:
                time.sleep(0.01)

    asker = threading.Thread(target=ask_three)
    asker.start()
    with pytest.raises(EOFError):
        serve(store.root, idle_seconds=FOREVER)
    asker.join()
    assert [request.seed for request in answered] == [1, 2, 3]
    assert len(looks) <= 1 + 2 * 3, "a look before the first, and at most one without a result for each"


def test_a_training_beside_does_not_wake_the_process(store, small_spec, monkeypatch):
    """Its writes go to the same database."""
    looks = []
    monkeypatch.setattr(inference_server, "open_requests", lambda store: looks.append(1) or [])
    store.submit([small_spec()], 1, "cpu")
    run, ended = store.claim("cpu", ProcessIdentity.current()), threading.Event()

    def train():
        batch = 0
        while not ended.is_set():
            batch += 1
            store.set_progress(run.id, epoch=1, batch=batch)

    training = threading.Thread(target=train)
    training.start()
    serve(store.root, idle_seconds=1.0)
    ended.set()
    training.join()
    assert store.run(run.id).progress["batch"] > 1 and len(looks) == 1


def test_the_same_request_is_answered_once_and_alike(writer, monkeypatch):
    first = answer_to(writer, WANTED, monkeypatch)
    leave(writer, WANTED, monkeypatch)
    assert open_requests(writer) == []
    with writer.db.transaction() as db:
        db.execute("DELETE FROM inference_requests")
    assert answer_to(writer, WANTED, monkeypatch).steps == first.steps


@pytest.mark.parametrize(("seconds", "seen"), [(0.0, [0, 1, 2, 3, 4, 4, 4]), (1e9, [0, 4])])
def test_words_can_be_watched_but_are_not_written_one_by_one_in_a_hurry(writer, monkeypatch, seconds, seen):
    monkeypatch.setattr(inference_server, "WRITE_SECONDS", seconds)
    written, write = [], Answer.write

    def count(answer, *arguments):
        written.append(len(answer.steps[1]))
        write(answer, *arguments)

    monkeypatch.setattr(Answer, "write", count)
    answer_to(writer, WANTED, monkeypatch)
    assert written == seen


def test_a_model_that_is_not_there_does_not_keep_the_others_from_writing(writer, monkeypatch):
    wanted = replace(WANTED, runs=(1, 99))
    answer = answer_to(writer, wanted, monkeypatch)
    assert answer.state == DONE
    assert [len(answer.steps[run]) for run in wanted.runs] == [4, 0]
    assert answer.problems == {99: "There is no run 99."}


@pytest.mark.parametrize("name", ["flatten", pytest.param("conv1d", marks=pytest.mark.slow)])
def test_models_of_classes_answer_with_their_class(store, small_spec, data_root, finish, monkeypatch, name):
    """With the weights of a run that was really trained, as the model itself says in this process."""
    spec = small_spec(name, encoding=ENCODING)
    data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root)
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    run = finish(spec, [0.8])
    folder = store.files_dir(run.id)
    list(train(spec, data, 1, folder))
    sums = {path.name: checksum(path) for path in folder.iterdir()}
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET files = ? WHERE id = ?", (json.dumps(sums), run.id))
    wanted = replace(WANTED, runs=(run.id,))
    (step,) = answer_to(store, wanted, monkeypatch).steps[run.id]
    assert {each.token for each in step.candidates} == {"negative", "positive"}
    assert sum(each.probability for each in step.candidates) == pytest.approx(1)
    assert (step.token, step.probability) == (step.candidates[0].token, step.candidates[0].probability)
    model = compile_model(spec)
    model.set_weights(load_arrays(folder / BEST_WEIGHTS)[0])
    file = tokenizer_file(get_dataset(spec.dataset), spec.train_examples, spec.encoding, store.root)
    tokenizer = shaped(read_tokenizer(file), spec.encoding)
    positive = float(model.predict_on_batch(encode(tokenizer, [WANTED.text]))[0, 0])
    found = {each.token: each.probability for each in step.candidates}
    assert found["positive"] == pytest.approx(positive, abs=1e-6)


def test_weights_that_are_gone_are_missed_in_words(writer):
    run = writer.run(1)
    assert why_not(writer, run) is None
    (writer.files_dir(1) / "best_weights.npz").unlink()
    assert "import a bundle with weights" in why_not(writer, run)


def test_two_processes_do_not_answer_at_once(store):
    with inference_server.FileLock(process_file(store.root).with_suffix(".lock")):
        began = time.monotonic()
        serve(store.root, idle_seconds=60)
        assert time.monotonic() - began < 30


def test_models_are_loaded_before_anything_is_asked(writer, monkeypatch):
    serve(writer.root, idle_seconds=0.2, load=[1, 99])
    prepared = []
    monkeypatch.setattr(inference_server._Models, "prepare", lambda models, model: prepared.append(model))
    serve(writer.root, idle_seconds=0.2, load=[1])
    leave(writer, WANTED, monkeypatch)
    serve(writer.root, idle_seconds=0.2, load=[1])
    assert prepared == [1], "what was asked comes first"
    assert Answer.of(writer, WANTED).state == DONE


def test_read_only_cache_answers_and_stays_as_it_is(writer, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    before = listing(writer.root)
    reader = RunnerStore(writer.root)
    scratch = request_store(reader)
    for wanted in (WANTED, InsideRequest((1,), "The film is"), InsideRequest((1,), "The film is", is_fresh=True)):
        leave(reader, wanted, monkeypatch)
        serve(scratch.root, idle_seconds=0.2, runs=writer.root)
        answer = Answer.of(reader, wanted)
        assert (answer.state, answer.problems) == (DONE, {})
    assert Readings.load(inside_file(scratch.root, wanted, 1)) and embedding_file(scratch.root, 1).exists()
    assert listing(writer.root) == before


def test_process_ends_with_the_folder_of_a_server_that_has_ended(writer, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    scratch = request_store(RunnerStore(writer.root))
    server = threading.Timer(1.0, shutil.rmtree, (scratch.root,))
    server.start()
    began = time.monotonic()
    serve(scratch.root, idle_seconds=FOREVER, runs=writer.root)
    server.join()
    assert time.monotonic() - began < 30 and not scratch.root.exists()


def test_process_ends_with_the_server_that_started_it_and_removes_its_folder(writer, monkeypatch):
    monkeypatch.setenv(READ_ONLY.variable, "1")
    scratch = request_store(RunnerStore(writer.root))
    parents = iter([1, 1, 2])
    monkeypatch.setattr("cache.inference.inference_server.os.getppid", lambda: next(parents))
    monkeypatch.setattr(inference_server, "LOOK_SECONDS", 0.1)
    serve(scratch.root, idle_seconds=FOREVER, runs=writer.root)
    assert not scratch.root.exists() and writer.root.exists()


def test_process_ends_with_the_server_that_started_it(writer, monkeypatch):
    parents = iter([1, 1, 2])
    monkeypatch.setattr("cache.inference.inference_server.os.getppid", lambda: next(parents))
    monkeypatch.setattr(inference_server, "LOOK_SECONDS", 0.1)
    serve(writer.root, idle_seconds=FOREVER)
    assert TaskStatus.of(process_file(writer.root)).state == DONE


def listing(root):
    """Every file and folder with its time and contents."""
    return {
        path: (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in (root, *root.rglob("*"))
    }
