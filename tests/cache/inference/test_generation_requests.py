"""Requests as rows: each is kept and answered once, also if several ask at the same time; old ones are deleted."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest

from cache.core.access import CacheReadOnly
from cache.core.device_lock import DeviceLock
from cache.core.paths import device_lock
from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import (
    MAX_ANSWERS,
    Answer,
    InsideRequest,
    Request,
    ask,
    open_requests,
    runs_with_weights,
)
from cache.inference.request_store import request_store
from cache.store.runs import QUEUED
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED, RUNNING, STOPPED, TaskStatus
from models.training.generation import Candidate, Step

WANTED = Request(runs=(1, 2), text="The film is", num_words=4, temperature=1.0, top_k=5, seed=0)
ME = ProcessIdentity.current()
DEAD = replace(ME, pid=2**22 - 3).to_json()
STEP = Step("good", 0.1 + 0.2, 0.4, (Candidate("good", 0.1 + 0.2, 0.4), Candidate("“bad”", 0.2, 0.4)))
WRITTEN = Answer(DONE, "Written", ME.to_json(), {1: (STEP, STEP), 2: ()}, {2: "The weights are gone."})
ASK = """
import sys
from cache.inference import generation_requests
from cache.inference.generation_requests import Request, ask
from cache.store.store import RunStore
generation_requests.ensure_process = lambda store: None
store, name = RunStore(sys.argv[1]), sys.argv[2]
for number in range(10):
    ask(store, Request((1,), "The same for all", 1, 1.0, 1, number))
    ask(store, Request((1,), f"Of {name} alone", 1, 1.0, 1, number))
"""


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """Records instead of starting processes."""
    calls = []
    monkeypatch.setattr(generation_requests, "ensure_process", calls.append)
    return calls


def num_rows(store):
    return store.db.read("SELECT COUNT(*) AS number FROM inference_requests")[0]["number"]


def test_a_run_of_exactly_the_compared_epochs_answers(store, small_spec, finish):
    exact, longer = finish(small_spec(), [0.7] * 2), finish(small_spec(), [0.7] * 3)
    longest = finish(small_spec(), [0.7] * 4)

    def found(run, epochs=2):
        return runs_with_weights(store, [run], epochs)[run.identity].id

    assert found(longer) == found(longest) == exact.id
    (store.files_dir(exact.id) / "best_weights.npz").unlink()
    assert (found(exact), found(longest)) == (longer.id, longest.id)
    (store.files_dir(longer.id) / "best_weights.npz").unlink()
    assert found(longer) == longest.id
    assert runs_with_weights(store, [exact], 5) == {} == runs_with_weights(store, [], 2)


def test_a_request_waits_until_it_is_answered(store, started):
    assert Answer.of(store, WANTED) is None
    ask(store, WANTED)
    assert (Answer.of(store, WANTED).state, open_requests(store), started) == (QUEUED, [WANTED], [store])
    Answer(RUNNING, "Writing", ME.to_json(), {1: (STEP,), 2: ()}, {}).write(store, WANTED)
    assert open_requests(store) == [] and not Answer.of(store, WANTED).has_ended
    WRITTEN.write(store, WANTED)
    assert Answer.of(store, WANTED) == WRITTEN, "to the last digit"
    times = store.db.read("SELECT asked_at <= answered_at AS in_order FROM inference_requests")
    assert [row["in_order"] for row in times] == [1]


def test_an_answer_is_not_asked_for_again(store, started):
    ask(store, WANTED)
    WRITTEN.write(store, WANTED)
    ask(store, WANTED)
    assert (Answer.of(store, WANTED), open_requests(store), len(started)) == (WRITTEN, [], 1)


@pytest.mark.parametrize(
    ("state", "owner", "message"),
    [(FAILED, ME.to_json(), "No model could answer."), (RUNNING, DEAD, STOPPED)],
    ids=["it failed", "its process died"],
)
def test_a_failed_answer_is_forgotten_when_it_is_asked_again(store, started, state, owner, message):
    """One whose process died has failed, too."""
    ask(store, WANTED)
    Answer(state, "No model could answer.", owner, {1: (STEP,)}, {2: "Gone."}).write(store, WANTED)
    found = Answer.of(store, WANTED)
    assert (found.state, found.message, found.has_ended) == (FAILED, message, True)
    assert open_requests(store) == []
    ask(store, WANTED)
    assert Answer.of(store, WANTED) == Answer(QUEUED, "", "", {}, {})
    assert (open_requests(store), len(started)) == ([WANTED], 2)


def test_the_first_asked_is_answered_first_from_one_index(tmp_path):
    store = RunStore(tmp_path, clock=count().__next__)
    asked = [replace(WANTED, seed=seed) for seed in (2, 0, 1)]
    for request in asked:
        ask(store, request)
    assert open_requests(store) == asked
    seen = []
    store.db.read = lambda sql, values: seen.append((sql, values)) or []
    open_requests(store)
    (query,) = seen
    (plan,) = RunStore(tmp_path).db.read(f"EXPLAIN QUERY PLAN {query[0]}", query[1])
    assert "USING INDEX inference_requests_by_state" in plan["detail"]


@pytest.mark.parametrize("text", ["{", "[]", '{"runs": [1], "question": "?"}', '{"text": "?"}'])
def test_a_request_of_another_version_is_left_out(store, text):
    ask(store, WANTED)
    ask(store, replace(WANTED, seed=1))
    with store.db.transaction() as db:
        db.execute("UPDATE inference_requests SET request = ? WHERE key = ?", (text, WANTED.key))
    assert open_requests(store) == [replace(WANTED, seed=1)]


def test_what_was_asked_longest_ago_is_forgotten_with_its_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(generation_requests, "MAX_ANSWERS", 3)
    store = RunStore(tmp_path, clock=count().__next__)
    first, second, third, fourth, fifth = (replace(WANTED, seed=seed) for seed in range(5))
    for request in (first, second, third, first, fourth, fifth):  # the first was asked again
        ask(store, request)
        WRITTEN.write(store, request)
    kept = [request.seed for request in (first, second, third, fourth, fifth) if Answer.of(store, request)]
    assert (kept, num_rows(store)) == ([0, 3, 4], 3)
    WRITTEN.write(store, second)
    assert num_rows(store) == 3, "a late answer restores nothing"


def test_twenty_threads_ask_the_same_at_once(store):
    stores, ready = [RunStore(store.root) for _ in range(20)], threading.Barrier(20)

    def ask_it(own):
        ready.wait()
        ask(own, WANTED)
        return Answer.of(own, WANTED).state

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask_it, stores)) == [QUEUED] * 20
    assert (open_requests(store), num_rows(store)) == ([WANTED], 1)


def test_processes_ask_at_once_while_a_training_writes(store, small_spec):
    store.submit([small_spec()], 1, "cpu")
    run = store.claim("cpu", ME)
    command = [sys.executable, "-c", ASK, str(store.root)]
    askers = [subprocess.Popen([*command, name], cwd=PROJECT_ROOT, stderr=subprocess.PIPE) for name in "abcd"]
    batches = 0
    while any(asker.poll() is None for asker in askers):
        batches += 1
        store.set_progress(run.id, epoch=1, batch=batches)
        time.sleep(0.01)
    assert [asker.communicate(timeout=60)[1] for asker in askers] == [b""] * 4
    assert num_rows(store) == len(open_requests(store)) == 10 + 4 * 10
    assert store.run(run.id).progress["batch"] == batches


def test_a_locked_database_is_waited_for(store):
    held, asked = threading.Event(), threading.Event()

    def hold():
        with store.db.transaction():
            held.set()
            asked.wait(0.5)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    ask(store, WANTED)
    asked.set()
    holder.join()
    assert open_requests(store) == [WANTED]


def test_a_table_of_as_many_answers_as_are_kept(store):
    requests = [replace(WANTED, seed=seed) for seed in range(MAX_ANSWERS)]
    for request in requests:
        ask(store, request)
        WRITTEN.write(store, request)
    ask(store, replace(WANTED, seed=MAX_ANSWERS))
    assert num_rows(store) == MAX_ANSWERS
    assert open_requests(store) == [replace(WANTED, seed=MAX_ANSWERS)]


def test_a_read_only_cache_shows_answers(store):
    ask(store, WANTED)
    WRITTEN.write(store, WANTED)
    for locked in (RunStore(store.root, read_only=True), store.view("You have not signed in.")):
        assert Answer.of(locked, WANTED) == WRITTEN
        assert Answer.of(locked, replace(WANTED, seed=1)) is None


def test_the_same_question_has_the_same_key_however_often_it_is_written():
    assert Request.from_json(WANTED.to_json()) == WANTED
    assert Request.from_json(json.dumps(json.loads(WANTED.to_json()))).key == WANTED.key
    assert replace(WANTED, seed=1).key != WANTED.key


@pytest.mark.parametrize(
    "changes",
    [{"runs": ()}, {"runs": tuple(range(61))}, {"text": "  "}, {"text": "a" * 3_000}, {"num_words": 0},
     {"num_words": 101}, {"temperature": 0.0}, {"temperature": 9.0}, {"top_k": -1}],
    ids=str,
)  # fmt: skip
def test_requests_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError, match="[Cc]hoose|word|at most 2,000"):
        replace(WANTED, **changes)


@pytest.mark.parametrize(
    ("runs", "text", "problem"),
    [
        ((), "a", "Choose one to 4 models"),
        ((1, 2, 3, 4, 5), "a", "Choose one to 4 models"),
        ((1,), "…", "at least one word"),
    ],
)
def test_what_cannot_be_looked_into_is_refused(runs, text, problem):
    with pytest.raises(ValueError, match=problem):
        InsideRequest(runs, text)


def test_model_that_was_not_trained_is_opened_before_training_alone():
    assert InsideRequest(("{}", 1), "a", is_fresh=True).runs == ("{}", 1)
    with pytest.raises(ValueError, match="before training"):
        InsideRequest(("{}",), "a")


def test_other_seeds_are_limited_and_part_of_the_key_once_there_are_any():
    alone = InsideRequest((1,), "a")
    assert json.loads(alone.to_json()) == {"is_fresh": False, "runs": [1], "text": "a"}
    both = replace(alone, others=(2, 3))
    assert InsideRequest.from_json(both.to_json()) == both and both.key != alone.key
    with pytest.raises(ValueError, match="At most 9 other seeds"):
        replace(alone, others=tuple(range(37)))


def test_problem_of_a_model_without_a_run_is_found_by_its_spec(store):
    wanted = InsideRequest(("{}", 1), "a", is_fresh=True)
    ask(store, wanted)
    Answer(DONE, "Read", ME.to_json(), {}, {"{}": "It cannot be read.", 1: "Gone."}).write(store, wanted)
    assert Answer.of(store, wanted).problems == {"{}": "It cannot be read.", 1: "Gone."}
    assert open_requests(store) == []


def test_weights_after_an_epoch_are_part_of_the_key_once_they_are_asked_for():
    best = InsideRequest((1,), "a")
    after = replace(best, kept_epoch=3)
    assert InsideRequest.from_json(after.to_json()) == after and after.key != best.key
    for wrong in ({"kept_epoch": 0}, {"kept_epoch": 3, "is_fresh": True}):
        with pytest.raises(ValueError, match="Choose the weights"):
            replace(best, **wrong)


@pytest.fixture
def early(monkeypatch, tmp_path):
    """Starts of the process before anything is asked, as (store, arguments)."""
    calls = []
    monkeypatch.setenv("UNROLL_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setattr(generation_requests, "_start_process", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(generation_requests, "Thread", Now)
    return calls


class Now:
    """A thread that is done once it was started."""

    def __init__(self, target, daemon):
        self.start = target


def test_process_is_started_early_with_the_models_to_load(store, early):
    generation_requests.start_early(store, (3, 4))
    assert early == [(store, "--load", "[3, 4]")]
    TaskStatus(RUNNING, "", ME.to_json(), 0.0).write(generation_requests.process_file(store.root))
    generation_requests.start_early(store, (3, 4))
    assert len(early) == 1, "it runs"


def test_process_is_not_started_early_while_anything_trains_or_waits(store, small_spec, early):
    (run_id,) = store.submit([small_spec()], 1, "cpu")
    generation_requests.start_early(store, (3,))
    store.claim("cpu", ME)
    generation_requests.start_early(store, (3,))
    store.fail(run_id, "because")
    lock = DeviceLock(device_lock("cpu"))
    lock.acquire()
    generation_requests.start_early(store, (3,))
    lock.release()
    generation_requests.start_early(store.view("You have not signed in."), (3,))
    assert early == []


def test_read_only_cache_is_asked_beside_itself(store, monkeypatch):
    ask(store, WANTED)
    WRITTEN.write(store, WANTED)
    waiting = replace(WANTED, seed=1)
    ask(store, waiting)
    begun = []
    monkeypatch.undo()
    monkeypatch.setattr(generation_requests, "start", lambda *arguments, log: begun.append(arguments))
    reader = RunStore(store.root, read_only=True)
    assert Answer.of(reader, WANTED) == WRITTEN, "what was answered is there"
    assert Answer.of(reader, waiting) is None and generation_requests.ask_problem(reader) is None
    ask(reader, waiting)
    scratch = request_store(reader)
    assert open_requests(scratch) == [waiting] and scratch.root != store.root
    ((requests, file, _, *arguments),) = begun
    assert (requests, file.is_relative_to(scratch.root)) == (scratch, True)
    assert arguments == ["--runs", str(store.root)]
    assert request_store(RunStore(store.root, read_only=True)) is scratch and request_store(store) is store


def test_who_may_not_change_a_cache_that_others_may_change_cannot_ask(store):
    visitor = store.view("You have not signed in.")
    assert request_store(visitor) is visitor
    assert generation_requests.ask_problem(visitor) == "You have not signed in."
    with pytest.raises(CacheReadOnly):
        ask(visitor, WANTED)
