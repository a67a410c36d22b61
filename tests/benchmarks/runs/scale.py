"""A cache of 10,000 runs × 10 epochs, made up, and what it takes to ask it."""

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, fields
from pathlib import Path
from statistics import median

from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.store.database import marks
from cache.store.manifest import MANIFEST
from cache.store.rows import summarise
from cache.store.runs import FINISHED
from cache.store.store import RunStore
from models.architectures import ARCHITECTURES
from models.experiments.spec import RunSpec
from models.training.events import EpochFinished
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, STATE

NUM_RUNS, NUM_EPOCHS = 10_000, 10
DEVICE = "Test CPU"


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        identities = fill(store)
        chosen = random.Random(0).sample(identities, 60)
        lookup = _milliseconds(lambda: store.best_runs(chosen, NUM_EPOCHS, DEVICE))
        yield f"looking up 60 identities among {NUM_RUNS:,} runs", f"{lookup:.1f} ms", "under 20 ms"
        query = parse("units>=32 seed<9000 state=finished")
        listed = _milliseconds(lambda: list_runs(store, query, sort="test_accuracy"))
        yield (
            f"the list of {NUM_RUNS:,} runs, filtered and sorted, 500 of them read",
            f"{listed:.1f} ms",
            "under 100 ms",
        )
        words = _milliseconds(lambda: list_runs(store, parse("lstm"), sort="learning_rate"))
        yield "the same, found by a word, sorted by a setting", f"{words:.1f} ms", "under 100 ms"
        curves = _milliseconds(lambda: store.epochs(range(1, 51)))
        yield "the curves of 50 runs", f"{curves:.1f} ms", "under 100 ms"
        size = sum(path.stat().st_size for path in Path(folder).glob("runs.sqlite*")) / 1e6
        yield f"the database of {NUM_RUNS:,} runs × {NUM_EPOCHS} epochs", f"{size:.1f} MB", "under 40 MB"


def fill(store: RunStore, num_runs: int = NUM_RUNS) -> list[str]:
    """Writes the runs straight into the tables; returns their identities."""
    chance, names = random.Random(0), list(ARCHITECTURES)
    columns = [field.name for field in fields(EpochFinished)]
    environment = json.dumps({"device": DEVICE, "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"}})
    files = json.dumps(dict.fromkeys((MANIFEST, BEST_WEIGHTS, PREDICTIONS, STATE), "0" * 64))
    identities = []
    with store.db.transaction() as db:
        for run_id in range(1, num_runs + 1):
            spec = RunSpec.create(
                dataset="imdb", fingerprint="0" * 16, architecture=names[run_id % len(names)], seed=run_id
            )
            identities.append(spec.identity)
            db.execute(
                "INSERT INTO runs (id, identity, spec, lane, epochs, num_params, state, position, device, environment, "
                "files, created_at) VALUES (?, ?, ?, 'cpu', ?, ?, ?, ?, ?, ?, ?, 0)",
                (run_id, spec.identity, spec.to_json(), NUM_EPOCHS, 1, FINISHED, run_id, DEVICE, environment, files),
            )
            for number in range(1, NUM_EPOCHS + 1):
                measured = (chance.random() for _ in range(8))
                epoch = EpochFinished(number, *measured, is_first=number == 1)
                db.execute(
                    f"INSERT INTO epochs (run_id, {', '.join(columns)}) VALUES (?, {marks(columns)})",
                    (run_id, *astuple(epoch)),
                )
            summarise(db, run_id)
    return identities


def _milliseconds(function: Callable[[], object], times: int = 15) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return 1_000 * median(seconds)
