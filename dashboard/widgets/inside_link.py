"""A link to the page Inside from a page that shows results of runs."""

from collections.abc import Iterable

from cache.inference.generation_requests import runs_with_weights
from cache.results.results import Result
from cache.store.runs import Run
from cache.store.store import RunStore
from dashboard.shell import links, pages
from models.data.datasets import get_dataset
from models.data.memory_tests import MemoryDataset, first_test_text
from models.experiments.spec import RunSpec


def show(store: RunStore, results: Iterable[Result], label: str, text: str = "") -> bool:
    """Draw a link that opens models on the page Inside; on generated data, with one of its test texts.

    Args:
        store: The cache.
        results: The first result of each label that is trained and has its weights is opened. Models that read texts in
            another way than the first one are left out.
        label: The text of the link.
        text: The text that they read; by default the page's own.

    Returns:
        Whether there is such a model; else nothing is drawn.
    """
    cached = [result for result in results if result.is_cached]
    by_epochs: dict[int, list[Run]] = {}
    for result in cached:
        by_epochs.setdefault(result.wanted_epochs, []).append(result.asked_run)
    open_runs = {epochs: runs_with_weights(store, runs, epochs) for epochs, runs in by_epochs.items()}
    found: dict[str, Run] = {}
    for result in cached:
        if run := open_runs[result.wanted_epochs].get(result.spec.identity):
            found.setdefault(result.label, run)
    runs = list(found.values())
    if not runs:
        return False
    first = runs[0].spec
    dataset = get_dataset(first.dataset)
    if not text and isinstance(dataset, MemoryDataset):
        text = first_test_text(dataset)
    alike = [run for run in runs if _how_it_reads(run.spec) == _how_it_reads(first)]
    pages.link("inside", label, links.inside_query(alike, text), width="content")
    return True


def _how_it_reads(spec: RunSpec) -> tuple[object, ...]:
    return spec.dataset, spec.train_examples, spec.encoding, spec.task
