"""Texts continued by the real process with really trained weights; and what is said when something is missing."""

import json
import os
import shutil
import time
from dataclasses import replace

import pytest

from cache import generating, generation_requests
from cache.errands import DONE, FAILED, RUNNING, Errand
from cache.generating import serve
from cache.generation_requests import Answer, Request, ask, open_requests, process_file, why_not
from cache.processes import ProcessIdentity
from models.datasets import get_dataset
from models.encoded import load_encoded
from models.encoding import TextEncoding, encode
from models.events import EpochFinished
from models.fitted import fitted_tokenizer, tokenizer_file
from models.run_files import BEST_WEIGHTS, load_arrays
from models.tasks import NEXT_WORD
from models.training import compile_model, train

ENCODING = TextEncoding(1_000, 8)
WANTED = Request(runs=(1,), text="The film is", num_words=4, temperature=1.0, top_k=5, seed=0)


@pytest.fixture
def writer(store, small_spec, data_root):
    """A store with one run that was really trained to predict the next word, for an epoch."""
    spec = small_spec("next_word_conv1d", encoding=ENCODING)
    data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    (run_id,) = store.submit([spec], 1, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.begin(run_id, {"device": "Test CPU"}, None)
    staged = store.staging_dir / "job"
    staged.mkdir(parents=True)
    for event in train(spec, data, 1, staged):
        if isinstance(event, EpochFinished):
            store.add_epoch(run_id, event)
    store.finish(run_id, staged, {"device": "Test CPU"})
    return store


def leave(store, request, monkeypatch):
    """As ``ask``, without starting a process."""
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    ask(store, request)


def test_a_page_asks_and_a_process_answers_and_stays_for_the_next(writer):
    ask(writer, WANTED)
    give_up = time.monotonic() + 120
    while (answer := Answer.of(writer.root, WANTED)) is None or answer.state == RUNNING:
        assert time.monotonic() < give_up, (writer.root / "logs" / "generating.log").read_text()
        time.sleep(0.1)
    try:
        assert (answer.state, answer.problems) == (DONE, {})
        assert len(answer.steps[1]) == 4
        for step in answer.steps[1]:
            assert 0 <= step.probability <= 1 and 0 < step.chance <= 1
            assert step.candidates[0].probability >= step.candidates[-1].probability
        first = Errand.of(process_file(writer.root))
        assert first.state == RUNNING
        again = replace(WANTED, seed=1)
        ask(writer, again)
        assert Errand.of(process_file(writer.root)).owner == first.owner
        while (answer := Answer.of(writer.root, again)) is None or answer.state == RUNNING:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        assert answer.state == DONE
    finally:
        ProcessIdentity.from_json(Errand.of(process_file(writer.root)).owner).process().kill()


def test_the_same_request_is_answered_once_and_alike(writer, monkeypatch):
    leave(writer, WANTED, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    first = Answer.of(writer.root, WANTED)
    assert list(open_requests(writer.root)) == []
    for file in (writer.root / "generating").glob("*.answer.json"):
        file.unlink()
    serve(writer.root, idle_seconds=0.2)
    assert Answer.of(writer.root, WANTED).steps == first.steps


def test_a_model_that_is_not_there_does_not_keep_the_others_from_writing(writer, monkeypatch):
    wanted = replace(WANTED, runs=(1, 99))
    leave(writer, wanted, monkeypatch)
    serve(writer.root, idle_seconds=0.2)
    answer = Answer.of(writer.root, wanted)
    assert answer.state == DONE
    assert [len(answer.steps[run]) for run in wanted.runs] == [4, 0]
    assert answer.problems == {99: "There is no run 99."}


@pytest.mark.parametrize("name", ["flatten", "conv1d"])
def test_models_of_classes_answer_with_their_class(store, small_spec, data_root, finish, monkeypatch, name):
    """With the weights of a run that was really trained, as the model itself says in this process."""
    spec = small_spec(name, encoding=ENCODING)
    data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, data_root)
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    run = finish(spec, [0.8])
    folder = store.files_dir(run.id)
    list(train(spec, data, 1, folder))
    wanted = replace(WANTED, runs=(run.id,))
    leave(store, wanted, monkeypatch)
    serve(store.root, idle_seconds=0.2)
    (step,) = Answer.of(store.root, wanted).steps[run.id]
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


def test_an_answer_whose_process_died_has_failed_and_can_be_asked_for_again(store, monkeypatch):
    dead = replace(ProcessIdentity.current(), pid=2**22 - 3).to_json()
    leave(store, WANTED, monkeypatch)
    Answer(RUNNING, "Writing", dead, {1: ()}, {}).write(store.root, WANTED.key)
    assert Answer.of(store.root, WANTED).state == FAILED
    assert list(open_requests(store.root)) == []
    ask(store, WANTED)
    assert list(open_requests(store.root)) == [WANTED]


def test_two_processes_do_not_answer_at_once(store):
    with generating.FileLock(process_file(store.root).with_suffix(".lock")):
        began = time.monotonic()
        serve(store.root, idle_seconds=60)
        assert time.monotonic() - began < 30


def test_what_is_no_request_is_thrown_away(store, monkeypatch):
    leave(store, WANTED, monkeypatch)
    folder = store.root / "generating"
    (folder / "odd.request.json").write_text("{")
    (folder / "other.request.json").write_text(json.dumps({"runs": [1], "question": "?"}))
    assert list(open_requests(store.root)) == [WANTED]
    assert {file.name for file in folder.glob("*.request.json")} == {f"{WANTED.key}.request.json"}


def test_old_requests_are_forgotten_with_their_answers(store, monkeypatch):
    monkeypatch.setattr(generation_requests, "MAX_ANSWERS", 2)
    for seed in range(4):
        request = replace(WANTED, seed=seed)
        leave(store, request, monkeypatch)
        Answer(DONE, "Written", "", {1: ()}, {}).write(store.root, request.key)
        os.utime(store.root / "generating" / f"{request.key}.request.json", (seed, seed))
    assert list(open_requests(store.root)) == []
    assert len(list((store.root / "generating").glob("*.json"))) == 2 * 2


@pytest.mark.parametrize(
    "changes",
    [{"runs": ()}, {"runs": tuple(range(61))}, {"text": "  "}, {"text": "a" * 3_000}, {"num_words": 0},
     {"num_words": 101}, {"temperature": 0.0}, {"temperature": 9.0}, {"top_k": -1}],
    ids=str,
)  # fmt: skip
def test_requests_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError, match="[Cc]hoose|word|at most 2,000"):
        replace(WANTED, **changes)
