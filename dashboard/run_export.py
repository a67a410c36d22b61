"""Taking runs away: chosen, made ready, downloaded."""

import io
from collections.abc import Sequence
from datetime import date

import streamlit as st

from cache.bundles import export_bundle
from cache.exports import export
from cache.runs import FINISHED, Run
from cache.store import RunStore
from cache.wording import count
from dashboard import session
from dashboard.plain import plain

BUNDLE, BUNDLE_WITH_WEIGHTS = "bundle", "bundle-with-weights"
FORMATS = {
    BUNDLE: "Bundle, to import into another Unroll",
    BUNDLE_WITH_WEIGHTS: "Bundle with the best weights",
    "csv": "CSV tables of runs and epochs (zip)",
    "parquet": "Parquet tables of runs and epochs (zip)",
    "tensorboard": "TensorBoard event files (zip)",
}


def show(store: RunStore, runs: Sequence[Run]) -> None:
    """Made ready first, so that what cannot be exported is told and not met by a browser that waits."""
    kind = st.radio("As", list(FORMATS), format_func=FORMATS.get, key="export_as")
    is_bundle = kind in (BUNDLE, BUNDLE_WITH_WEIGHTS)
    ids = [run.id for run in runs if run.state == FINISHED or not is_bundle]
    if not ids:
        st.caption("Only finished runs go into a bundle; none is selected.")
        return
    if len(ids) < len(runs):
        st.caption(f"{len(ids)} of {count(len(runs), 'run')}: only finished ones go into a bundle.")
    made = st.session_state.get("export")
    if made and made[0] == (kind, ids):
        st.download_button(
            f"Download {count(len(ids), 'run')}",
            made[1],
            file_name=f"unroll-{date.today()}-{count(len(ids), 'run').replace(' ', '-')}-{kind}.zip",
            mime="application/zip",
            type=session.prominent(),
            icon=":material/download:",
            on_click="ignore",
        )
    elif st.button(f"Make ready {count(len(ids), 'run')}", type=session.prominent(), icon=":material/inventory_2:"):
        file = io.BytesIO()
        try:
            with st.spinner("Making the file"):
                if is_bundle:
                    export_bundle(store, ids, file, weights=ids if kind == BUNDLE_WITH_WEIGHTS else ())
                else:
                    export(store, ids, kind, file)
        except (ValueError, KeyError, OSError) as error:
            st.error(plain(str(error.args[0])), icon=":material/block:")
            return
        st.session_state["export"] = (kind, ids), file.getvalue()
        st.rerun(scope="app")
