"""Counting a line-up, and drawing a cached comparison of 8 architectures × 3 seeds from rows."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from streamlit.testing.v1 import AppTest

from cache.processes import ProcessIdentity
from cache.runner_store import RunnerStore
from dashboard import session
from models.architectures import ARCHITECTURES
from models.datasets import get_dataset
from models.events import EpochFinished
from models.spec import RunSpec
from models.stack import count_params

EPOCHS = 10
APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def measure() -> Iterator[tuple[str, str, str]]:
    def count_all() -> None:
        for architecture in ARCHITECTURES.values():
            count_params(architecture.layers(10_000), (120,))

    yield "parameter counts of the whole line-up", f"{1_000 * _median_seconds(count_all):.2f} ms", "under 50 ms"

    line_up = list(ARCHITECTURES.values())[:8]
    with tempfile.TemporaryDirectory() as folder:
        fill(RunnerStore(Path(folder)), [entry.name for entry in line_up])
        os.environ["UNROLL_CACHE"] = folder
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params["models"] = [entry.title for entry in line_up]
        app.query_params["epochs"] = str(EPOCHS)
        app.run()
        drawn = [element.value for element in app.markdown if "24 of 24 runs cached" in element.value]
        if app.exception or not drawn:
            raise RuntimeError("The page did not find its 24 runs.")
        seconds = _median_seconds(app.run)
        session._store_at.clear()
    yield "server time of a cached view, 8 architectures × 3 seeds", f"{seconds:.3f} s", "under 0.3 s"


def fill(store: RunnerStore, names: list[str]) -> None:
    """Finished runs with made-up measurements: what is timed is the drawing."""
    fingerprint = get_dataset("imdb").fingerprint(store.root)
    device = session.devices("tensorflow")[0].name
    for name in names:
        for seed in range(3):
            spec = RunSpec.create(dataset="imdb", fingerprint=fingerprint, architecture=name, seed=seed)
            (run_id,) = store.submit([spec], EPOCHS, "cpu")
            store.claim("cpu", ProcessIdentity.current())
            store.begin(run_id, {"device": device}, None)
            for epoch in range(1, EPOCHS + 1):
                store.add_epoch(
                    run_id,
                    EpochFinished(epoch, 0.4, 0.9, 0.5, 0.7 + epoch / 100, 0.5, 0.8, 2.0, 0.1, epoch == 1),
                )
            staged = store.staging_dir / "benchmark"
            staged.mkdir()
            store.finish(run_id, staged, {"device": device})


def _median_seconds(function: Callable[[], object], times: int = 9) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return median(seconds)
