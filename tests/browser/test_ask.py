"""A sentence put to the models in a real browser, while something trains: no click is lost."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from cache.errands import Errand
from cache.generation_requests import process_file
from cache.launching import ensure_runners
from cache.processes import ProcessIdentity
from cache.runs import FINISHED
from cache.store import RunStore
from models.datasets import get_dataset
from models.encoding import TextEncoding
from models.spec import RunSpec, Training

EPOCHS = 10
QUERY = f"dataset=Rotten+Tomatoes+sentences&examples=1%2C000&length=20&vocabulary=1000&epochs={EPOCHS}&batch=16&seeds=5"


def spec(root, name, seed):
    dataset = get_dataset("rotten_tomatoes")
    return RunSpec.create(
        dataset=dataset.name,
        fingerprint=dataset.fingerprint(root),
        train_examples=1_000,
        encoding=TextEncoding(vocabulary_size=1_000, length=20),
        architecture=name,
        training=Training(batch_size=16),
        seed=seed,
    )


@pytest.fixture
def training(server):
    """The cache of a server, with a model that is trained, and slower ones that are in training."""
    store = RunStore(server.root)
    (done,) = store.submit([spec(server.root, "flatten", 0)], EPOCHS, "cpu")
    slow = store.submit([spec(server.root, "gru", seed) for seed in range(5)], EPOCHS, "cpu")
    until = time.monotonic() + 300
    while store.run(done).is_active:
        ensure_runners(store)
        assert time.monotonic() < until, "the run does not end"
        time.sleep(0.2)
    assert store.run(done).state == FINISHED
    yield store
    store.cancel(slow)
    status = Errand.of(process_file(server.root))
    owner = ProcessIdentity.from_json(status.owner) if status else None
    if owner and (process := owner.process()):
        process.kill()


def asked(store):
    """The texts that were asked."""
    return [json.loads(file.read_text())["text"] for file in (store.root / "generating").glob("*.request.json")]


def test_a_click_right_after_typing_asks_what_was_typed_while_something_trains(page, server, training):
    page.goto(f"{server.url}/compare?{QUERY}&models=Flatten&models=GRU&ask_open=true")
    expect(page.get_by_text(re.compile(r"batch \d+ of \d+")).first).to_be_visible(timeout=120_000)
    field = page.get_by_label("Your sentence", exact=True)
    texts = [f"The film is good for the {number} of us." for number in ("first", "second", "third")]
    for text in texts:
        field.fill("")
        field.press_sequentially(text)
        page.get_by_role("button", name=re.compile(r"^(forum )?Ask \d model")).click()
        expect(page.get_by_text(f"Answers to “{text}”")).to_be_visible(timeout=120_000)
    assert sorted(asked(training)) == sorted(texts)
