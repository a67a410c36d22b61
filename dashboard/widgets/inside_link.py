"""A link to the page Inside from a page that shows results of runs."""

from collections.abc import Iterable, Sequence

import streamlit as st

from cache.core.formatting import count, listed
from cache.inference.generation_requests import runs_with_weights
from cache.results.results import Result
from cache.store.runs import Run
from cache.store.store import RunStore
from dashboard.shell import links, pages
from dashboard.shell.markdown import escape_markdown
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
    found: dict[str, tuple[Run, int]] = {}
    for result in cached:
        if run := open_runs[result.wanted_epochs].get(result.spec.identity):
            found.setdefault(result.label, (run, result.wanted_epochs))
    if not found:
        return False
    first = next(iter(found.values()))[0].spec
    dataset = get_dataset(first.dataset)
    if not text and isinstance(dataset, MemoryDataset):
        text = first_test_text(dataset)
    alike = {each: found[each] for each in found if _how_it_reads(found[each][0].spec) == _how_it_reads(first)}
    pages.link("inside", label, links.inside_query([run for run, _ in alike.values()], text), width="content")
    for epochs in sorted(by_epochs):
        note_longer([(each, run) for each, (run, wanted) in alike.items() if wanted == epochs], epochs, "there")
    return True


def note_longer(answering: Sequence[tuple[str, Run]], epochs: int, where: str = "here") -> None:
    """Say which runs of more epochs answer, because none of exactly so many has its weights.

    Args:
        answering: (label, run) of each.
        epochs: The number of epochs that is compared.
        where: "here", or "there" below a link.
    """
    longer = [(label, run) for label, run in answering if run.epochs > epochs]
    if longer:
        lengths = listed([f"{number:,}" for number in sorted({run.epochs for _, run in longer})])
        names = escape_markdown(listed(list(dict.fromkeys(label for label, _ in longer))))
        st.caption(
            f"{count(len(longer), 'model')} of {lengths} epochs {'answers' if len(longer) == 1 else 'answer'} {where} "
            f"({names}), because no run of exactly {count(epochs, 'epoch')} has its weights in this cache."
        )


def _how_it_reads(spec: RunSpec) -> tuple[object, ...]:
    return spec.dataset, spec.train_examples, spec.encoding, spec.task
