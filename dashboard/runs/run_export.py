"""Export of runs: choose a format, prepare the file, download it."""

import io
from collections.abc import Sequence
from datetime import date

import streamlit as st

from cache.core.formatting import count
from cache.store.runs import FINISHED, Run
from cache.store.store import RunStore
from cache.transfer.bundles import export_bundle
from cache.transfer.exports import export
from dashboard.shell import render_slots, session
from dashboard.shell.actions import EXPECTED_ERRORS, sentence
from dashboard.shell.markdown import escape_markdown
from models.training.run_files import BEST_WEIGHTS

BUNDLE, BUNDLE_WITH_WEIGHTS = "bundle", "bundle-with-weights"
FORMATS = {
    BUNDLE: "Bundle, to import into another Unroll",
    BUNDLE_WITH_WEIGHTS: "Bundle with the best weights",
    "csv": "CSV tables of runs and epochs (zip)",
    "parquet": "Parquet tables of runs and epochs (zip)",
    "tensorboard": "TensorBoard event files (zip)",
}


def show(store: RunStore, runs: Sequence[Run]) -> None:
    """Prepares the file before the download, so that an error is a sentence on the page."""
    kind = st.radio("As", list(FORMATS), format_func=FORMATS.__getitem__, key="export_as")
    is_bundle = kind in (BUNDLE, BUNDLE_WITH_WEIGHTS)
    ids = [run.id for run in runs if run.state == FINISHED or not is_bundle]
    if not ids:
        st.caption("Only finished runs go into a bundle; none is selected.")
        return
    if len(ids) < len(runs):
        st.caption(f"{len(ids)} of {count(len(runs), 'run')}: only finished ones go into a bundle.")
    if kind == BUNDLE_WITH_WEIGHTS and (missing := sum(BEST_WEIGHTS not in run.files for run in runs if run.id in ids)):
        st.caption(f"{count(missing, 'run')} {'has' if missing == 1 else 'have'} no weights in this cache.")
    made = st.session_state.get("export")
    if made and made[0] == (kind, ids):
        st.download_button(
            f"Download {count(len(ids), 'run')}",
            made[1],
            file_name=f"unroll-{date.today()}-{count(len(ids), 'run').replace(' ', '-')}-{kind}.zip",
            mime="application/zip",
            type=session.primary_button_type(),
            icon=":material/download:",
            on_click="ignore",
        )
    elif st.button(
        f"Make ready {count(len(ids), 'run')}", type=session.primary_button_type(), icon=":material/inventory_2:",
        key="make_export",
    ):  # fmt: skip
        try:
            with st.spinner("Preparing the file"), render_slots.release():
                made = _made(store, ids, kind)
        except EXPECTED_ERRORS as error:
            st.error(escape_markdown(sentence(error)), icon=":material/block:")
            return
        st.session_state["export"] = (kind, ids), made
        st.rerun(scope="app")


def _made(store: RunStore, ids: Sequence[int], kind: str) -> bytes:
    """The file to download.

    Raises:
        ValueError: A run cannot be exported in this format.
        KeyError: A run does not exist.
        OSError: A file cannot be read.
    """
    file = io.BytesIO()
    if kind not in (BUNDLE, BUNDLE_WITH_WEIGHTS):
        export(store, ids, kind, file)
        return file.getvalue()
    bar = st.progress(0.0, text="Checking the files")

    def show_progress(done: int, total: int) -> None:
        bar.progress(done / total, text=f"{done:,} of {count(total, 'file')}")

    export_bundle(store, ids, file, weights=ids if kind == BUNDLE_WITH_WEIGHTS else (), on_progress=show_progress)
    return file.getvalue()
