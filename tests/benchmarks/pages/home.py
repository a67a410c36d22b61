"""Drawing Home, with all studies cached, alone and among many other runs; and a step of the tour."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cache.results.study_results import fetch_studies
from cache.store.manifest import RunManifest
from cache.store.rows import insert_finished
from cache.store.store import RunStore
from dashboard.shell import session
from models.experiments.studies import EPOCHS, STUDIES
from models.training.events import EpochFinished
from tests.benchmarks.pages.comparison import median_seconds
from tests.benchmarks.runs import scale
from tests.dashboard.pages import at_page

EPOCH_ROWS = tuple(
    EpochFinished(number, 0.4, 0.9, 0.5, 0.7 + number / 100, 0.5, 0.8, 2.0, 0.1, number == 1, 0.9, 0.8, 0.7)
    for number in range(1, EPOCHS + 1)
)


def measure() -> Iterator[tuple[str, str, str]]:
    for others in (0, 10_000):
        among = f", among {others:,} other runs" if others else ""
        with tempfile.TemporaryDirectory() as folder:
            store = RunStore(Path(folder))
            scale.fill(store, others)
            _fill(store)
            os.environ["UNROLL_CACHE"] = folder
            for page, query in (("home", {}), ("tour", {"step": "5", "seen": "overfitting"})):
                app = at_page(page, query).run()
                said = " ".join(element.value for element in app.markdown)
                if app.exception or ("12 of 12 runs cached" not in said and page == "home"):
                    raise RuntimeError(f"The page {page} did not find its runs.")
                seconds = median_seconds(app.run)
                yield f"server time of {page}, all studies cached{among}", f"{seconds:.3f} s", "under 0.3 s"
            session._store_at.clear()


def _fill(store: RunStore) -> None:
    """Made-up runs of all studies: what is timed is asking and drawing."""
    device = session.devices("tensorflow")[0].name
    found = fetch_studies(store, STUDIES, "tensorflow", device)
    specs = {result.spec.identity: result.spec for each in found.values() for result in each.runs}
    with store.db.transaction() as db:
        for spec in specs.values():
            insert_finished(db, RunManifest(spec, EPOCH_ROWS, {"device": device}, None, 0.0, 0.0, 0.0, {}), files={})
