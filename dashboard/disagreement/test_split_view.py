"""The test split on a page: its classes, from any file that contains them, and its texts, which are read on request."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cache.core.formatting import listed
from cache.results.results import Result
from cache.store.store import RunStore
from cache.tasks.text_tasks import ReadTestTexts
from dashboard.shell import session
from dashboard.shell.actions import redraw, run_action
from dashboard.shell.markdown import escape_markdown
from models.data.dataset import Dataset
from models.data.datasets import get_dataset
from models.encoded.encoded import encoded_classes
from models.encoded.test_split import read_test_classes, read_test_split

FOR_PREDICTIONS = "To see the predictions of these runs, their test texts must be read"


def classes(store: RunStore, results: Sequence[Result]) -> np.ndarray | None:
    """Return the classes of the test split, (examples,); None if they were not read yet. They do not depend on the
    encoding.
    """
    dataset = get_dataset(results[0].spec.dataset)
    for spec in {result.label: result.spec for result in results}.values():
        if (found := encoded_classes(dataset, spec.train_examples, spec.encoding, store.root)) is not None:
            return found
    return read_test_classes(dataset, store.root)


def follow_reading(store: RunStore, datasets: Sequence[Dataset], why: str) -> None:
    """Show that test texts are being read, and rerun the page when they are there.

    Args:
        store: The cache.
        datasets: The datasets whose texts the page needs.
        why: Why the texts are needed.
    """

    def being_read() -> list[Dataset]:
        return [dataset for dataset in datasets if ReadTestTexts(dataset.name).is_running(store.root)]

    if not being_read():
        return

    @st.fragment(run_every=1.0)
    @session.error_boundary()
    def panel() -> None:
        if not (left := being_read()):
            redraw()
        st.caption(f"Reading the test texts of {escape_markdown(listed([dataset.title for dataset in left]))} … {why}.")

    panel()


def offer_to_read(store: RunStore, dataset: Dataset, key: str, why: str = FOR_PREDICTIONS) -> None:
    """Offer to read the test texts, and show the progress.

    Args:
        store: The cache.
        dataset: The dataset.
        key: The key of the button.
        why: Why the texts are needed, as the start of a sentence.
    """
    task = ReadTestTexts(dataset.name)

    @st.fragment(run_every=1.0)
    @session.error_boundary()
    def panel() -> None:
        latest = task.status(store.root)
        if read_test_split(dataset, store.root) is not None:
            redraw()
        if latest and latest.is_running:
            st.caption(f"{escape_markdown(latest.message)} …")
            return
        if latest and latest.has_failed:
            st.error(escape_markdown(latest.message), icon=":material/error:")
        st.caption(f"{why}, which takes some seconds.")
        st.button(
            "Read the test texts", icon=":material/menu_book:", key=key, on_click=run_action,
            args=(task.start, store), disabled=store.read_only, help=session.reason(store),
        )  # fmt: skip

    panel()
