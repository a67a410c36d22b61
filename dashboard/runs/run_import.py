"""Import of runs that were measured elsewhere."""

import streamlit as st

from cache.store.store import RunStore
from cache.transfer.bundles import import_upload
from dashboard.shell import render_slots, session
from dashboard.shell.actions import EXPECTED_ERRORS, sentence
from dashboard.shell.markdown import escape_markdown


def show(store: RunStore) -> None:
    with st.popover("Import", icon=":material/upload:", disabled=store.read_only, help=session.reason(store)):
        file = st.file_uploader(
            "A bundle of runs (.zip)", "zip", key="bundle", disabled=store.read_only,
            help="A file made by Export, for example on another machine.", max_upload_size=session.upload_megabytes(),
        )  # fmt: skip
        if file is None or st.session_state.get("imported_file") == file.file_id:
            return
        st.session_state["imported_file"] = file.file_id
        try:
            with st.spinner("Checking and importing"), render_slots.release():
                imported = import_upload(store, file)
        except EXPECTED_ERRORS as error:
            st.error(escape_markdown(sentence(error)), icon=":material/block:")
            return
        st.session_state["notice"] = imported.summary
        st.query_params["run"] = [str(run_id) for run_id in imported.new]
        st.rerun()


def show_notice() -> None:
    """Show the result of the latest import, until it is dismissed."""
    if notice := st.session_state.get("notice"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/download_done: {notice}", width="content")
            st.button("Dismiss", type="tertiary", key="dismiss_notice", on_click=st.session_state.pop, args=("notice",))
