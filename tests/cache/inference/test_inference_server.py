"""Texts continued by the real process with really trained weights; and what is said when something is missing."""

import json
import shutil
import threading
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from cache.core.checksums import checksum
from cache.core.processes import ProcessIdentity
from cache.core.settings import READ_ONLY
from cache.inference import generation_requests, inference_server
from cache.inference.generation_requests import (
    Answer,
    InsideRequest,
    Request,
    ask,
    embedding_file,
    forget_inside,
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
from models.encoded.fitted import fitted_tokenizer, tokenizer_file
from models.experiments.spec import RunSpec, Training
from models.inside.embeddings import load_embedding
from models.inside.readings import Readings
from models.tasks import NEXT_WORD
from models.text.encoding import TextEncoding, encode
from models.training.events import EpochFinished
from models.training.keras_model import fresh_model
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, load_arrays, load_epoch_weights
from models.training.training import compile_model, train
from tests import waiting
from tests.conftest import SMALL_EXAMPLES

ENCODING = TextEncoding(1_000, 8)
FOREVER = 10_000
"""A test that does not end has failed."""
WANTED = Request(runs=(1,), text="The film is", num_words=4, temperature=1.0, top_k=5, seed=0)


@pytest.fixture(scope="module")
def trained(data_root, tmp_path_factory):
    """(a spec, the folder of its run, its epoch) of a model that was really trained to predict the next word."""
    dataset = get_dataset("rotten_tomatoes")
    spec = RunSpec.create(
        dataset=dataset.name, fingerprint=dataset.fingerprint(None), train_examples=SMALL_EXAMPLES, encoding=ENCODING,
        architecture="next_word_conv1d",
    )  # fmt: skip
    data = load_encoded(dataset, spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    folder = tmp_path_factory.mktemp("trained")
    events = list(train(spec, data, 1, folder))
    return spec, folder, next(event for event in events if isinstance(event, EpochFinished))


@pytest.fixture
def writer(store, data_root, trained):
    """A store with one run that was really trained."""
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    put_in(store, *trained)
    return store


def put_in(store, spec, folder, *epochs):
    """A run with the files of the folder."""
    (run_id,) = store.submit([spec], len(epochs), "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(run_id, {"device": "Test CPU"}, None)
    staged = store.staging_dir / "job"
    shutil.copytree(folder, staged)
    for each in epochs:
        store.add_epoch(run_id, each)
    store.finish(run_id, staged, {"device": "Test CPU"})
    return store.run(run_id)


def leave(store, request, monkeypatch, again=False):
    """As ``ask``, without starting a process."""
    with monkeypatch.context() as patch:
        patch.setattr(generation_requests, "ensure_process", lambda store: None)
        ask(store, request, again)


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
    leave(writer, WANTED, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    first = Answer.of(writer, WANTED)
    leave(writer, WANTED, monkeypatch)
    assert open_requests(writer) == []
    with writer.db.transaction() as db:
        db.execute("DELETE FROM inference_requests")
    leave(writer, WANTED, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    assert Answer.of(writer, WANTED).steps == first.steps


@pytest.mark.parametrize(("seconds", "seen"), [(0.0, [0, 1, 2, 3, 4, 4, 4]), (1e9, [0, 4])])
def test_words_can_be_watched_but_are_not_written_one_by_one_in_a_hurry(writer, monkeypatch, seconds, seen):
    monkeypatch.setattr(inference_server, "WRITE_SECONDS", seconds)
    written, write = [], Answer.write

    def count(answer, *arguments):
        written.append(len(answer.steps[1]))
        write(answer, *arguments)

    monkeypatch.setattr(Answer, "write", count)
    leave(writer, WANTED, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    assert written == seen


def test_a_model_that_is_not_there_does_not_keep_the_others_from_writing(writer, monkeypatch):
    wanted = replace(WANTED, runs=(1, 99))
    leave(writer, wanted, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    answer = Answer.of(writer, wanted)
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
    leave(store, wanted, monkeypatch)
    serve(store.root, idle_seconds=0.2)
    (step,) = Answer.of(store, wanted).steps[run.id]
    assert {each.token for each in step.candidates} == {"negative", "positive"}
    assert sum(each.probability for each in step.candidates) == pytest.approx(1)
    assert (step.token, step.probability) == (step.candidates[0].token, step.candidates[0].probability)
    model = compile_model(spec)
    model.set_weights(load_arrays(folder / BEST_WEIGHTS)[0])
    tokenizer = fitted_tokenizer(
        tokenizer_file(get_dataset(spec.dataset), spec.train_examples, spec.encoding, store.root), spec.encoding, []
    )
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


def test_models_are_read_out_after_and_before_training(writer, monkeypatch):
    """Each with its own weights, and as the model itself says in this process; all is in one file for each run."""
    spec = writer.run(1).spec
    found = {}
    for is_fresh in (False, True):
        wanted = InsideRequest((1, 99), "The film is zzz", is_fresh)
        leave(writer, wanted, monkeypatch)
        serve(writer.root, idle_seconds=0.2)
        answer = Answer.of(writer, wanted)
        assert answer.state == DONE and list(answer.problems) == [99]
        found[is_fresh] = Readings.load(inside_file(writer.root, wanted, 1))
    model = fresh_model(spec)
    for is_fresh, readings in sorted(found.items(), reverse=True):
        assert readings.numbers.tolist()[:4] == [0] * 4 and readings.numbers[-1] == 1
        if not is_fresh:
            model.set_weights(load_arrays(writer.files_dir(1) / BEST_WEIGHTS)[0])
        expected = model.predict(readings.numbers[None], verbose=0)[0]
        np.testing.assert_allclose(readings.answers[-1], expected, rtol=1e-3)
    assert np.abs(found[False].answers - found[True].answers).max() > 1e-6


@pytest.mark.usefixtures("no_graphs")
def test_other_seeds_answer_after_every_token(writer, trained, monkeypatch):
    """As their own models do in this process; one that is missing is said, and the model itself answers as ever."""
    spec, folder, epoch = trained
    seeds = [put_in(writer, replace(spec, seed=seed), folder, epoch) for seed in (1, 2)]
    elsewhere = put_in(writer, replace(spec, seed=3, training=Training(batch_size=64)), folder, epoch)
    wanted = InsideRequest((1,), "The film is", True, (*(run.id for run in seeds), elsewhere.id, 99))
    leave(writer, wanted, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    answer = Answer.of(writer, wanted)
    assert answer.state == DONE and answer.problems == {99: "There is no run 99."}
    readings = Readings.load(inside_file(writer.root, wanted, 1))
    assert readings.seeds.shape == (2, *readings.answers.shape) and len(readings.answers) == 3
    found = [readings.answers, *readings.seeds]
    for run, answers in zip([writer.run(1), *seeds], found, strict=True):
        expected = fresh_model(run.spec).predict(readings.numbers[None], verbose=0)[0]
        np.testing.assert_allclose(answers[-1], expected, rtol=1e-3)


@pytest.mark.usefixtures("no_graphs")
def test_model_without_a_run_is_read_out_before_training(writer, monkeypatch):
    asked = writer.run(1).spec
    spec = RunSpec.create(
        dataset=asked.dataset, fingerprint=asked.fingerprint, train_examples=asked.train_examples,
        encoding=asked.encoding, architecture="next_word_simple_rnn",
    )  # fmt: skip
    text = spec.to_json()
    wanted = InsideRequest((text, "{}", 1), "The film is", is_fresh=True)
    leave(writer, wanted, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    answer = Answer.of(writer, wanted)
    assert answer.state == DONE and list(answer.problems) == ["{}"] and "cannot be read" in answer.problems["{}"]
    readings = Readings.load(inside_file(writer.root, wanted, text))
    expected = fresh_model(spec).predict(readings.numbers[None], verbose=0)[0]
    np.testing.assert_allclose(readings.answers[-1], expected, rtol=1e-3)
    forget_inside(writer)
    assert inside_file(writer.root, wanted, text).exists() and inside_file(writer.root, wanted, 1).exists()


def test_damaged_weights_are_reported_and_not_shown(writer, monkeypatch):
    file = writer.files_dir(1) / BEST_WEIGHTS
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    for wanted in (InsideRequest((1,), "The film is"), WANTED):
        leave(writer, wanted, monkeypatch)
        serve(writer.root, idle_seconds=0.2)
        answer = Answer.of(writer, wanted)
        assert answer.state == FAILED and "are damaged: train it again" in answer.problems[1]


def test_files_of_forgotten_requests_are_removed(writer, monkeypatch):
    monkeypatch.setattr(generation_requests, "MAX_INSIDE", 1)
    asked = [InsideRequest((1,), text) for text in ("The film is", "The film was")]
    for wanted in asked:
        leave(writer, wanted, monkeypatch)
        serve(writer.root, idle_seconds=0.2)
    assert Answer.of(writer, asked[0]) is None and Answer.of(writer, asked[1]).state == DONE
    assert [inside_file(writer.root, each, 1).exists() for each in asked] == [False, True]


def test_embedding_stays_as_long_as_a_request_names_its_run_and_is_made_again(writer, monkeypatch):
    fresh, file = InsideRequest((1,), "The film is", is_fresh=True), embedding_file(writer.root, 1)
    for wanted, again in ((fresh, False), (InsideRequest((1,), "The film is"), False), (fresh, True)):
        leave(writer, wanted, monkeypatch, again)
        serve(writer.root, idle_seconds=0.2)
        assert file.exists()
        if wanted != fresh:
            file.unlink()
    monkeypatch.setattr(generation_requests, "MAX_INSIDE", 0)
    forget_inside(writer)
    assert not file.exists()


@pytest.mark.usefixtures("no_graphs")
def test_embedding_before_training_is_what_a_training_without_steps_keeps(
    store, small_spec, small_data, finish, tmp_path, monkeypatch
):
    spec = small_spec("flatten", seed=3, training=Training(learning_rate=1e-12))
    list(train(spec, small_data, 1, tmp_path))
    run = finish(spec, [0.8])
    wanted = InsideRequest((run.id,), "The film is", is_fresh=True)
    leave(store, wanted, monkeypatch)
    serve(store.root, idle_seconds=0.2)
    before = load_embedding(embedding_file(store.root, run.id))
    assert before.shape == (spec.encoding.vocabulary_size, spec.hyperparameters["embedding_dim"])
    np.testing.assert_allclose(before, load_arrays(tmp_path / BEST_WEIGHTS)[0][0], atol=1e-7)
    assert np.abs(before).max() > 0.01


@pytest.mark.usefixtures("no_graphs")
def test_a_training_begins_with_the_fresh_model(small_spec, small_data, tmp_path):
    """A learning rate so small that the weights stay where they began."""
    spec = small_spec("lstm", training=Training(learning_rate=1e-12))
    list(train(spec, small_data, 1, tmp_path))
    for trained, fresh in zip(load_arrays(tmp_path / BEST_WEIGHTS)[0], fresh_model(spec).get_weights(), strict=True):
        np.testing.assert_allclose(trained, fresh, atol=1e-7)


def asked_after_epoch(store, run, epoch, monkeypatch):
    wanted = InsideRequest((run.id,), "The film is", kept_epoch=epoch)
    leave(store, wanted, monkeypatch)
    serve(store.root, idle_seconds=0.2)
    return wanted, Answer.of(store, wanted)


@pytest.mark.usefixtures("no_graphs")
def test_models_are_read_out_after_an_epoch_that_was_kept(
    store, small_spec, small_data, data_root, monkeypatch, tmp_path
):
    """Each with its own weights, though one compiled model serves all of them."""
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    spec, folder = small_spec("conv1d", hyperparameters={"filters": 4}), tmp_path / "trained"
    folder.mkdir()
    epochs = [event for event in train(spec, small_data, 2, folder, keep_weights=True)
              if isinstance(event, EpochFinished)]  # fmt: skip
    run = put_in(store, spec, folder, *epochs)
    model = fresh_model(spec)
    seen = []
    for epoch, weights in load_epoch_weights(folder).items():
        wanted, answer = asked_after_epoch(store, run, epoch, monkeypatch)
        assert (answer.state, answer.problems) == (DONE, {})
        readings = Readings.load(inside_file(store.root, wanted, run.id))
        model.set_weights(weights)
        expected = model.predict(readings.numbers[None], verbose=0)[0]
        np.testing.assert_allclose(readings.answers[-1], expected, rtol=1e-3)
        seen.append(readings.answers)
    assert len(seen) == 2 and np.abs(seen[0] - seen[1]).max() > 1e-6
    _, answer = asked_after_epoch(store, run, 3, monkeypatch)
    assert answer.state == FAILED and "has not kept its weights after epoch 3" in answer.problems[run.id]
    (store.files_dir(run.id) / EPOCH_WEIGHTS).write_bytes(b"x")
    wanted, answer = asked_after_epoch(store, run, 2, monkeypatch)
    assert answer.state == DONE, "it was answered"
    leave(store, wanted, monkeypatch, again=True)
    serve(store.root, idle_seconds=0.2)
    assert "are damaged: train it again" in Answer.of(store, wanted).problems[run.id]


def test_one_compiled_model_serves_all_weights_of_the_same_layers(writer, trained, monkeypatch):
    spec, folder, epoch = trained
    other = put_in(writer, replace(spec, seed=1), folder, epoch)
    models, texts = inference_server._Models(writer, writer.root), ("The film is", "a good film")
    for request in (InsideRequest((1, other.id), text, is_fresh) for text in texts for is_fresh in (True, False)):
        alone = inference_server._Models(writer, writer.root)
        for model in request.runs:
            together, expected = models.read(model, request, []), alone.read(model, request, [])
            for name, array in expected.named().items():
                np.testing.assert_allclose(together.named()[name], array, atol=1e-6, err_msg=name)
    assert len(models._open) == 1


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


def listing(root):
    """Every file and folder with its time and contents."""
    return {
        path: (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in (root, *root.rglob("*"))
    }
