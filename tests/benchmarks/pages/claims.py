"""Judging all claims by made-up runs, as many as their studies have: when something has changed, and at every look."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cache.claims import CLAIMS, groups
from cache.claims.claim_results import ClaimResult, evaluate_claim
from cache.claims.evidence import gather, specs_of
from cache.core.processes import ProcessIdentity
from cache.store.runner_store import RunnerStore
from dashboard.shell import session
from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.experiments.studies import EPOCHS, NUM_SEEDS
from models.training.events import EpochFinished
from models.training.run_files import save_predictions
from tests.benchmarks.pages.comparison import NUM_TEST, median_seconds
from tests.dashboard.pages import at_page


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = RunnerStore(Path(folder))
        num_runs = fill(store)
        device, classes = session.devices("tensorflow")[0].name, {"imdb": np.ones(NUM_TEST, int)}

        def judged() -> list[ClaimResult]:
            evidence = gather(store, groups(), "tensorflow", device, classes)
            return [evaluate_claim(claim, evidence) for claim in CLAIMS.values()]

        if len({run_id for each in judged() for run_id in each.run_ids}) != num_runs:
            raise RuntimeError("Not all runs were judged by.")
        seconds = median_seconds(judged, times=5)
        yield f"judging {len(CLAIMS)} claims by {num_runs} runs", f"{seconds:.3f} s", "under 0.5 s"
        os.environ["UNROLL_CACHE"] = folder
        app = at_page("claims").run()
        if app.exception or not any(f"by {num_runs} runs" in each.value for each in app.markdown):
            raise RuntimeError("The page did not find its runs.")
        yield f"server time of the page Claims, {num_runs} runs", f"{median_seconds(app.run):.3f} s", "under 0.3 s"
        session._store_at.clear()


def fill(store: RunnerStore) -> int:
    """Finished runs of every group; returns how many."""
    random, device = np.random.default_rng(0), session.devices("tensorflow")[0].name
    file = path_of_test_split(get_dataset("imdb"), store.root)
    file.parent.mkdir(parents=True)
    write_splits(file, {"test": Split(["Text"] * NUM_TEST, [1] * NUM_TEST)})
    asked = {}
    for group in groups():
        fingerprint = get_dataset(group.dataset).fingerprint(store.root / "tfds")
        specs = specs_of(group, "tensorflow", fingerprint)[:NUM_SEEDS]
        asked |= {spec.identity: spec for spec in specs if group.epochs == EPOCHS}
    for spec in asked.values():
        (run_id,) = store.submit([spec], EPOCHS, "cpu")
        store.claim("cpu", ProcessIdentity.current())
        store.mark_started(run_id, {"device": device}, None)
        curve = 0.7 + 0.02 * random.random(EPOCHS).cumsum()
        for number, accuracy in enumerate(curve, start=1):
            store.add_epoch(
                run_id,
                EpochFinished(
                    number, 0.4, 0.95, 0.5, accuracy, 0.5, accuracy - 0.01, 2 + random.random(), 0.1, number == 1
                ),
            )
        staged = store.staging_dir / "benchmark"
        staged.mkdir()
        save_predictions(staged, {EPOCHS: random.random(NUM_TEST, dtype=np.float32)})
        store.finish(run_id, staged, {"device": device})
    return len(asked)
