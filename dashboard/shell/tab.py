"""The view in a few words: for the browser's tab, and for the names of downloaded files."""

import re

import streamlit as st

SHOWN = "shown in the tab"
MAX_TITLE, MAX_FILE = 60, 90


def name(page: str, *shown: str) -> None:
    """Set the title of the browser's tab, such as "Compare: GRU, LSTM · Unroll"."""
    names = ", ".join(shown)
    if len(names) > MAX_TITLE:
        names = f"{names[: MAX_TITLE - 1].rstrip(' ,')}…"
    st.session_state[SHOWN] = (page, *shown)
    st.set_page_config(page_title=f"{page}: {names} · Unroll" if names else f"{page} · Unroll")


def file_name(what: str, ending: str) -> str:
    """Return the name of a downloaded file, such as "compare-gru-lstm-seconds-per-epoch.csv".

    Args:
        what: What is in the file.
        ending: The ending without a dot.
    """
    shown = slug(" ".join(st.session_state.get(SHOWN, ("unroll",))))
    end = f"{slug(what)}.{ending}"
    return f"{shown[: max(MAX_FILE - len(end), 20)].rstrip('-')}-{end}"


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "chart"
