"""Four models of 64 units read 120 tokens: how long the first and the next answers take, and a step in a browser."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, InsideRequest, ask, process_file
from cache.store.runner_store import RunnerStore
from cache.store.runs import Run
from cache.tasks.task_status import TaskStatus
from models.data.datasets import get_dataset
from models.encoded.encoded import fit_tokenizers
from models.experiments.spec import RunSpec
from models.training.events import EpochFinished
from models.training.keras_model import fresh_model
from models.training.run_files import BEST_WEIGHTS, STATE, save_arrays, save_predictions
from tests.browser.conftest import ARGUMENTS, Server

MODELS = (("lstm", 0), ("lstm", 1), ("gru", 0), ("simple_rnn", 0))
UNITS, LENGTH, STEPS = 64, 120, 100
TYPING_SECONDS = 20
"""Time that somebody takes to write a text after opening the page."""
WORDS = "not a good film and not as bad as they say but long".split()


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = RunnerStore(Path(folder))
        runs = [_finished(store, *model) for model in MODELS]
        spec = runs[0].spec
        fit_tokenizers(get_dataset(spec.dataset), spec.train_examples, [spec.encoding], store.root)
        texts = [" ".join(WORDS[(place * step) % len(WORDS)] for place in range(LENGTH)) for step in (1, 3, 5, 7)]
        seconds = [_answered(store, InsideRequest(tuple(run.id for run in runs), text)) for text in texts]
        yield "4 models read 120 tokens: the process has to start", f"{seconds[0]:.1f} s", "under 5 s"
        yield "the same for the next texts, median of 3", f"{median(seconds[1:]):.2f} s", "under 1 s"
        _end_process(store)
        generation_requests.start_early(store, [run.id for run in runs])
        time.sleep(TYPING_SECONDS)
        again = _answered(store, InsideRequest(tuple(run.id for run in runs), f"{texts[0]} again"))
        yield f"a first text {TYPING_SECONDS} s after the page was opened", f"{again:.2f} s", "under 5 s"
        server = Server(store.root)
        server.start()
        try:
            yield (
                "a step of the cursor in a browser: median, and slowest of 100",
                _steps(server, texts[0], runs),
                "under 50 ms",
            )
        finally:
            server.stop()
            _end_process(store)


def _end_process(store: RunnerStore) -> None:
    status = TaskStatus.of(process_file(store.root))
    owner = ProcessIdentity.from_json(status.owner) if status else None
    if owner and (process := owner.process()):
        process.kill()
        process.wait(60)


def _finished(store: RunnerStore, name: str, seed: int) -> Run:
    """A run with the weights with which its training would begin."""
    dataset = get_dataset("imdb")
    spec = RunSpec.create(
        dataset=dataset.name, fingerprint=dataset.fingerprint(None), architecture=name, seed=seed,
        hyperparameters={"units": UNITS},
    )  # fmt: skip
    (run_id,) = store.submit([spec], 1, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(run_id, {"device": "none: not trained"}, None)
    store.add_epoch(run_id, EpochFinished(1, 0.7, 0.5, 0.7, 0.5, 0.7, 0.5, 1.0, 0.1, True))
    staged = store.staging_dir / f"{run_id}"
    staged.mkdir(parents=True)
    save_arrays(staged / BEST_WEIGHTS, fresh_model(spec).get_weights())
    save_arrays(staged / STATE, [], epoch=1, best_accuracy=0.5)
    save_predictions(staged, {})
    store.finish(run_id, staged, {"device": "none: not trained"})
    return store.run(run_id)


def _answered(store: RunnerStore, request: InsideRequest) -> float:
    began = time.perf_counter()
    ask(store, request)
    while not ((answer := Answer.of(store, request)) and answer.has_ended):
        time.sleep(0.01)
    if answer.problems:
        raise RuntimeError(str(answer.problems))
    return time.perf_counter() - began


def _steps(server: Server, text: str, runs: list[Run]) -> str:
    """Each from the key to the numbers and the layout being there."""
    query = urlencode(
        {"inside_text": text, "inside_models": [run.title for run in runs], "inside_units": "All"}, doseq=True
    )
    chromium = next(
        path for path in (shutil.which("chromium"), shutil.which("google-chrome"), os.environ.get("CHROME")) if path
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 1200})
        page.goto(f"{server.url}/inside?{query}")
        stepper = page.locator(".stepper[tabindex]")
        stepper.wait_for(timeout=60_000)
        page.locator("section.model").nth(3).wait_for(timeout=60_000)
        stepper.press("Home")
        times = stepper.evaluate(
            """(root, steps) => Array.from({ length: steps }, () => {
                const began = performance.now();
                root.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
                root.getBoundingClientRect();
                return performance.now() - began;
            })""",
            STEPS,
        )
        browser.close()
    return f"{median(times):.1f}, {max(times):.1f} ms"
