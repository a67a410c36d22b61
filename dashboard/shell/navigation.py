"""The page that a session opens follows its address."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.shell import links

PAGE = "page arrived at"
PLACES = "places"
"""The key of the latest address of each page, which says where the reader is on it."""
EMBED = ("embed", "embed_options")
"""Streamlit's own parameters, which must not be set."""


def on_page_enter(page: str) -> None:
    """Make URL and session state agree when the page changes. Call it before any widget.

    After Back and Forward the page shows what the URL says, and defaults for the rest. Parameters of a link win over
    earlier choices. Other values stay, but take their defaults after a link to a whole comparison. The menu opens a
    page as it was left, with the latest values of what pages share.

    Streamlit restores the values that are bound to widgets, but removes from the URL what the earlier page has bound,
    too.

    Args:
        page: The name of the page that is opened.
    """
    _follow_renamed()
    before = st.session_state.get(PAGE)
    st.session_state[PAGE] = page
    if before in (None, page):
        return
    st.session_state.pop(f"url_problems of {page}", None)  # of an earlier link
    if (run := get_script_run_ctx()) is None:
        return
    asked = parse_qs(run.query_string, keep_blank_values=True)
    address = {key: list(dict.fromkeys(values)) for key, values in asked.items() if key.lower() not in EMBED}
    if not run.is_history_navigation:
        # A click on the logo with Ctrl held keeps parameters that the earlier page has bound.
        address = {key: address[key] for key in address if key in st.query_params or links.is_shared(key, page)}
        for key in list(st.session_state):
            if key in address or (links.WHOLE in address and links.is_setting(str(key))):
                del st.session_state[key]
        address = address or st.session_state.get(PLACES, {}).get(page, {})
    _replace(address)


def _follow_renamed() -> None:
    """Give parameters of links from before their names of today."""
    address = {key: st.query_params.get_all(key) for key in st.query_params}
    for (key, value), (name, meant) in links.RENAMED.items():
        if address.get(key) == [value]:
            del address[key]
            _replace(address | {name: [meant]})


def _replace(address: Mapping[str, Sequence[str]]) -> None:
    st.query_params.from_dict(address)
    if run := get_script_run_ctx():
        with run.session_state.query_params() as query_params:
            query_params.set_initial_query_params_from_current()  # from which widgets take their values


def leave(page: str) -> None:
    """Remember where the reader is on ``page``. Call it after the page was drawn."""
    places = {key: st.query_params.get_all(key) for key in st.query_params if links.is_place(key, page)}
    st.session_state.setdefault(PLACES, {})[page] = places


def address() -> dict[str, list[str]]:
    """Return the URL parameters of this view, for a link to another page that shows it."""
    return {key: st.query_params.get_all(key) for key in sorted(st.query_params) if key != links.WHOLE}
