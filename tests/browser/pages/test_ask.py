"""A sentence put to the models in a real browser, while something trains: no click is lost."""

import re
import threading
import time

import pytest
from playwright.sync_api import expect

from cache.core.processes import ProcessIdentity
from cache.inference.generation_requests import Request, process_file
from cache.tasks.task_status import TaskStatus
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from tests.browser.conftest import Server

EPOCHS = 2
QUERY = f"dataset=Rotten+Tomatoes+sentences&examples=1%2C000&length=20&vocabulary=1000&epochs={EPOCHS}&seeds=1"


def spec(root, name):
    dataset = get_dataset("rotten_tomatoes")
    return RunSpec.create(
        dataset=dataset.name,
        fingerprint=dataset.fingerprint(root),
        train_examples=1_000,
        encoding=TextEncoding(vocabulary_size=1_000, length=20),
        architecture=name,
    )


@pytest.fixture
def training(store, finish):
    """A cache with a trained Flatten, and a GRU in training, which this process tells of as its runner."""
    finish(spec(store.root, "flatten"), [0.7] * EPOCHS)
    store.submit([spec(store.root, "gru")], EPOCHS, "cpu")
    me, ended = ProcessIdentity.current(), threading.Event()
    store.announce_runner("cpu", me, cpu().name)
    run = store.claim("cpu", me)
    store.mark_started(run.id, {"device": cpu().name}, None)

    def go_on():
        batch = 0
        while not ended.wait(0.2):
            batch += 1
            store.set_progress(run.id, epoch=1, batch=batch, num_batches=1_000_000, seconds=batch)

    thread = threading.Thread(target=go_on)
    thread.start()
    yield store
    ended.set()
    thread.join()
    status = TaskStatus.of(process_file(store.root))
    owner = ProcessIdentity.from_json(status.owner) if status else None
    if owner and (process := owner.process()):
        process.kill()


@pytest.fixture
def server(training):
    server = Server(training.root)
    server.start()
    yield server
    server.stop()


def asked(store):
    """The texts that were asked."""
    rows = store.db.read("SELECT request FROM inference_requests")
    return [Request.from_json(row["request"]).text for row in rows]


@pytest.mark.slow
def test_a_click_right_after_typing_asks_what_was_typed_while_something_trains(page, server, training):
    page.goto(f"{server.url}/compare?{QUERY}&models=Flatten&models=GRU&ask_open=true")
    expect(page.get_by_text(re.compile(r"batch [\d,]+ of"))).to_be_visible(timeout=150_000)
    field, texts = page.get_by_label("Your sentence", exact=True), []
    for number in ("first", "second"):
        texts.append(f"The film is good for the {number} of us.")
        field.fill("")
        field.press_sequentially(texts[-1])
        page.get_by_role("button", name="Ask 1 model").click()
        until = time.monotonic() + 60
        while len(asked(training)) < len(texts):
            assert time.monotonic() < until, "the click asked nothing"
            page.wait_for_timeout(100)
        assert sorted(asked(training)) == sorted(texts)
    expect(page.get_by_text(re.compile("Starting TensorFlow|Loading the models|Answers to"))).to_be_visible()
