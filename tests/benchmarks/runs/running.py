"""How soon the next queued run starts on the warm worker, and how soon a run that is cancelled has stopped."""

import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from cache.execution.launching import ensure_runners
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec, Training
from models.text.encoding import TextEncoding

ENCODING = TextEncoding(vocabulary_size=1_000, length=20)


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        try:
            ids = store.submit([spec_of(store, seed) for seed in range(6)], 1, "cpu")
            ensure_runners(store)
            wait_until(lambda: not any(run.is_active for run in store.runs_by_id(ids).values()))
            runs = sorted(store.runs_by_id(ids).values(), key=lambda run: run.started_at)
            gaps = [after.started_at - before.ended_at for before, after in pairwise(runs)]
            yield "end of one run to start of the next, median of 5", f"{median(gaps):.3f} s", "under 1 s"

            (run_id,) = store.submit(
                [spec_of(store, 99, architecture="gru", training=Training(batch_size=1))], 100, "cpu"
            )
            wait_until(lambda: store.run(run_id).progress.get("batch"))
            asked = time.time()
            store.cancel([run_id])
            wait_until(lambda: not store.run(run_id).is_active)
            yield "pressing Stop to the run having stopped", f"{store.run(run_id).ended_at - asked:.2f} s", "under 2 s"
        finally:
            if runner := store.live_runner("cpu"):
                runner.process().terminate()
                wait_until(lambda: not runner.is_alive())


def spec_of(store: RunStore, seed: int, **changes) -> RunSpec:
    dataset = get_dataset("rotten_tomatoes")
    question = {"architecture": "flatten", "train_examples": 500, "encoding": ENCODING, "seed": seed}
    fingerprint = dataset.fingerprint(store.root)
    return RunSpec.create(dataset=dataset.name, fingerprint=fingerprint, **question | changes)


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"Waited in vain for {seconds} s.")
        time.sleep(0.01)
