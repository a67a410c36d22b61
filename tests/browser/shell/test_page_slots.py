"""Pages are drawn while others work for long: as many people as are drawn at once check files or export."""

import os
import time
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from cache.store.manifest import RunManifest
from cache.store.rows import insert_finished
from cache.store.store import RunStore
from dashboard.shell.render_slots import NUM_SLOTS
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.training.events import EpochFinished
from models.training.run_files import PREDICTIONS


@pytest.fixture(scope="module")
def endless(server):
    """A file of a run whose reader waits until something is written to it."""
    store, dataset = RunStore(server.root), get_dataset("imdb")
    spec = RunSpec.create(dataset=dataset.name, fingerprint=dataset.fingerprint(server.root), architecture="flatten")
    epochs = (EpochFinished(1, 0.4, 0.9, 0.5, 0.8, 0.6, 0.8, 2.0, 0.1, True),)
    record = RunManifest(spec, epochs, {"device": "Test CPU"}, None, 0.0, 0.0, 0.0, {})
    with store.db.transaction() as db:
        run_id = insert_finished(db, record, files={PREDICTIONS: "0" * 64})
    file = store.files_dir(run_id) / PREDICTIONS
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    return file


def check_files(page, url):
    page.goto(f"{url}/runs?view=Storage")
    page.get_by_role("button", name="Check all files").click()
    expect(page.get_by_text("1 of 1 run", exact=True)).to_be_visible(timeout=120_000)


def export(page, url):
    page.goto(f"{url}/runs?run=1")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Make ready 1 run").click()
    expect(page.get_by_text("Preparing the file")).to_be_visible(timeout=120_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "ends_with"),
    [(check_files, "is missing or changed"), (export, "is damaged or missing")],
)
def test_pages_are_drawn_while_others_work_for_long(browser, server, endless, work, ends_with):
    contexts = [browser.new_context() for _ in range(NUM_SLOTS + 1)]
    *busy, free = (context.new_page() for context in contexts)
    for page in (*busy, free):
        page.set_default_timeout(120_000)
    for page in busy:
        work(page, server.url)
    free.goto(f"{server.url}/compare")
    expect(free.get_by_text("runs cached")).to_be_visible(timeout=120_000)
    until = time.monotonic() + 120
    waiting = list(busy)
    while waiting:
        assert time.monotonic() < until, "the work does not end"
        with suppress(OSError):  # there is no reader
            os.close(os.open(endless, os.O_WRONLY | os.O_NONBLOCK))
        waiting = [page for page in waiting if not page.get_by_text(ends_with).first.is_visible()]
    for context in contexts:
        context.close()
