"""What one process adds or deletes is known to every other at once: with real processes of each kind."""

import random
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.execution.launching import ensure_runners, stop_runners
from cache.inference.generation_requests import Answer, Request, ask, process_file
from cache.store.runs import FINISHED
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, RUNNING, TaskStatus
from models.data.datasets import available_datasets, get_dataset, load_user_datasets, user_datasets
from models.experiments.spec import RunSpec
from models.stacks.named_stacks import load_stacks, named_stacks, stack_title
from models.text.encoding import TextEncoding
from models.vectors.word_vectors import find_vectors, load_vectors, registered, title_of
from tests.waiting import wait_for

ENCODING = TextEncoding(500, 10)
STACK = "Embedding(8) → Flatten()"
ADD = f"""
import sys
from pathlib import Path
from cache.__main__ import main
from models.stacks.named_stacks import save_stack
from models.stacks.stack_parser import parse_stack
root, texts, vectors = sys.argv[1:]
assert main(["--cache", root, "add-dataset", texts, "--name", "Mails"]) == 0
assert main(["--cache", root, "add-vectors", vectors, "--name", "Small"]) == 0
save_stack(Path(root), "Flat one", parse_stack("{STACK}"))
"""
DELETE = """
import sys
from pathlib import Path
from cache.__main__ import main
from models.stacks.named_stacks import delete_stack
root, dataset, vectors = sys.argv[1:]
assert main(["--cache", root, "rm-dataset", dataset]) == 0
assert main(["--cache", root, "rm-vectors", vectors]) == 0
delete_stack(Path(root), "Flat one")
"""


@pytest.fixture(autouse=True)
def forget(tmp_path):
    yield
    for know in (load_user_datasets, load_stacks, load_vectors):
        know(tmp_path / "nowhere")


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "cache")
    yield store
    stop_runners(store)
    status = TaskStatus.of(process_file(store.root))
    if status and status.state == RUNNING and (process := ProcessIdentity.from_json(status.owner).process()):
        process.kill()


@pytest.fixture
def files(tmp_path):
    """(a CSV of 200 texts in two classes, a file of word vectors)"""
    chance, words = random.Random(0), [["good", "fine", "well"], ["bad", "poor", "dull"]]
    rows = (f"{chance.choice(words[n % 2])} film {chance.choice(words[n % 2])} {n},{'ba'[n % 2]}" for n in range(200))
    texts, vectors = tmp_path / "mails.csv", tmp_path / "glove.txt"
    texts.write_text("text,label\n" + "\n".join(rows) + "\n")
    vectors.write_text("good 1 2 3\nbad 3 2 1\nfilm 0.5 0.5 0.5\n")
    return texts, vectors


def elsewhere(script, *words):
    """Gives commands in another process."""
    command = [sys.executable, "-c", script, *map(str, words)]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=120)


def add_all(store, files):
    elsewhere(ADD, store.root, *files)


def delete_all(store):
    elsewhere(DELETE, store.root, user_datasets()[0].name, registered()[0].name)


def test_an_open_store_knows_what_commands_add_and_delete(store, files):
    add_all(store, files)
    (dataset,), (vectors,), (stack,) = user_datasets(), registered(), named_stacks()
    assert (dataset.title, vectors.title, stack.title) == ("Mails", "Small", "Composed: Flat one")
    assert available_datasets()[dataset.name] == get_dataset(dataset.name) and title_of(vectors.name) == "Small"
    assert stack_title(STACK) == "Composed: Flat one"
    delete_all(store)
    assert (user_datasets(), registered(), named_stacks()) == ([], [], [])
    assert get_dataset(dataset.name).is_deleted and find_vectors(vectors.name).is_deleted
    assert stack_title(STACK).startswith("Composed #")


def page():
    import streamlit as st

    from dashboard.shell import session
    from models.data.datasets import user_datasets
    from models.stacks.named_stacks import named_stacks
    from models.vectors.word_vectors import registered

    session.store()
    st.session_state["between"]()  # another process is at work while this page is drawn
    st.session_state["seen"] = [each.title for each in (*user_datasets(), *registered(), *named_stacks())]


@pytest.mark.slow
def test_a_server_knows_it_in_the_middle_of_a_page(store, files, monkeypatch):
    monkeypatch.setenv("UNROLL_CACHE", str(store.root))
    app = AppTest.from_function(page, default_timeout=120)
    for between, seen in (
        (lambda: add_all(store, files), ["Mails", "Small", "Composed: Flat one"]),
        (lambda: delete_all(store), []),
    ):
        app.session_state["between"] = between
        app.run()
        assert not app.exception and app.session_state["seen"] == seen


def ended(store, run_ids):
    wait_for(lambda: not any(store.run(run_id).is_active for run_id in run_ids))
    return [store.run(run_id) for run_id in run_ids]


def answered(store, run_ids):
    request = Request(tuple(run_ids), "a good film", 1, 1.0, 1, 0)
    ask(store, request)
    wait_for(lambda: Answer.of(store, request).has_ended, (store.root / "logs" / "generating.log").read_text)
    answer = Answer.of(store, request)
    assert (answer.state, answer.problems) == (DONE, {})
    return TaskStatus.of(process_file(store.root)).owner


def spec(dataset, architecture="flatten", **more):
    return RunSpec.create(
        dataset=dataset, fingerprint=get_dataset(dataset).fingerprint(None), encoding=ENCODING,
        architecture=architecture, **more,
    )  # fmt: skip


@pytest.mark.slow
def test_a_runner_and_an_inference_process_that_wait_know_it(store, files):
    """Train anything, add a CSV, word vectors and a stack within the runner's idle minutes, and train on them."""
    first = store.submit([spec("rotten_tomatoes", train_examples=200)], 1, "cpu")
    ensure_runners(store)
    assert [run.state for run in ended(store, first)] == [FINISHED]
    runner, inference = store.live_runner("cpu"), answered(store, first)

    add_all(store, files)
    mails, vectors = user_datasets()[0].name, registered()[0].name
    specs = [
        spec(mails),
        spec(mails, "composed", hyperparameters={"stack": named_stacks()[0].text}),
        spec(mails, "transfer", hyperparameters={"vectors": vectors, "embedding_dim": 3, "units": 4}),
    ]
    trained = ended(store, store.submit(specs, 1, "cpu"))
    assert [(run.state, run.reason) for run in trained] == [(FINISHED, None)] * 3
    assert answered(store, [run.id for run in trained]) == inference
    assert store.live_runner("cpu") == runner and ensure_runners(store) == []
