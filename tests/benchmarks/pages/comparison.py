"""Counting a line-up, and drawing a cached comparison of 8 architectures × 3 seeds, alone and among many other runs."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from statistics import median

import numpy as np
import streamlit as st

from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from dashboard.shell import session
from models.architectures import ARCHITECTURES
from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.experiments.spec import RunSpec
from models.layers.stack import count_params
from models.training.events import EpochFinished
from models.training.run_files import save_predictions
from tests.benchmarks.runs import scale
from tests.dashboard.pages import at_page

EPOCHS, NUM_TEST = 10, 2_452


def measure() -> Iterator[tuple[str, str, str]]:
    def count_all() -> None:
        for architecture in ARCHITECTURES.values():
            count_params(architecture.layers(10_000), (120,))

    yield "parameter counts of the whole line-up", f"{1_000 * median_seconds(count_all):.2f} ms", "under 50 ms"

    for others, promise in ((0, "under 0.3 s"), (1_000, "under 0.3 s"), (10_000, "under 1 s")):
        among = f", among {others:,} other runs" if others else ""
        again, new = _view(others)
        yield f"server time of a cached view, 8 architectures × 3 seeds{among}", f"{again:.3f} s", promise
        yield f"the same of 4 of them that nobody has looked at{among}", f"{new:.3f} s", ""


def _view(others: int) -> tuple[float, float]:
    """Seconds of the page, everything on it drawn from rows and kept predictions: again, and of new line-ups."""
    line_up = list(ARCHITECTURES.values())[:8]
    with tempfile.TemporaryDirectory() as folder:
        store = RunnerStore(Path(folder))
        scale.fill(store, others)
        fill(store, [entry.name for entry in line_up])
        os.environ["UNROLL_CACHE"] = folder
        app = at_page("compare", {"models": [entry.title for entry in line_up], "epochs": str(EPOCHS)}).run()
        said = " ".join(element.value for element in app.markdown)
        if app.exception or "24 of 24 runs cached" not in said or "cannot be told apart" not in said:
            raise RuntimeError("The page did not find its 24 runs, or could not judge them.")
        again = median_seconds(app.run)
        st.cache_data.clear()  # of what an earlier round has looked at
        line_ups = combinations([entry.name for entry in line_up], 4)
        new = median_seconds(lambda: app.button_group(key="models").set_value(next(line_ups)).run())
        if app.exception or not any("12 of 12 runs cached" in element.value for element in app.markdown):
            raise RuntimeError("The page did not show another line-up.")
        session._store_at.clear()
    return again, new


def fill(store: RunnerStore, names: list[str]) -> None:
    """Finished runs with made-up measurements and predictions: what is timed is the drawing."""
    imdb, random = get_dataset("imdb"), np.random.default_rng(0)
    fingerprint = imdb.fingerprint(store.root)
    file = path_of_test_split(imdb, store.root)
    file.parent.mkdir(parents=True)
    write_splits(file, {"test": Split(["Text"] * NUM_TEST, random.integers(0, 2, NUM_TEST).tolist())})
    device = session.devices("tensorflow")[0].name
    for name in names:
        for seed in range(3):
            spec = RunSpec.create(dataset="imdb", fingerprint=fingerprint, architecture=name, seed=seed)
            (run_id,) = store.submit([spec], EPOCHS, "cpu")
            store.claim("cpu", ProcessIdentity.current())
            store.mark_started(run_id, {"device": device}, None)
            for epoch in range(1, EPOCHS + 1):
                store.add_epoch(
                    run_id,
                    EpochFinished(epoch, 0.4, 0.9, 0.5, 0.7 + epoch / 100, 0.5, 0.8, 2.0, 0.1, epoch == 1),
                )
            staged = store.staging_dir / "benchmark"
            staged.mkdir()
            save_predictions(staged, {EPOCHS: random.random(NUM_TEST, dtype=np.float32)})
            store.finish(run_id, staged, {"device": device})


def median_seconds(function: Callable[[], object], times: int = 9) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return median(seconds)
