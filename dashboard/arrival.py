"""What a session has chosen, when it comes to another page by a link or by the menu."""

from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import links

PAGE = "page arrived at"


def arrive(page: str) -> None:
    """Call it before any widget. A link means what it says, whatever was chosen before; what it leaves open stays, or
    is the default after a link to a whole comparison. What the page shares with the one before is taken over. The
    browser's way back leads to what the address says.

    Streamlit by itself goes on with the earlier choice where a link asks for a widget's default; and of what both pages
    bind to the address it drops what the second's says, and what a link to the first has chosen.
    """
    if st.session_state.get(PAGE) == page:
        return
    st.session_state[PAGE] = page
    run = get_script_run_ctx()
    said = {key: st.query_params.get_all(key) for key in st.query_params}
    asked = parse_qs(run.query_string, keep_blank_values=True)
    dropped = {
        key: list(dict.fromkeys(values))  # the earlier page's address comes with the link's, which says the same
        for key, values in asked.items()
        if key not in said and links.is_shared(key, page)
    }
    for key in list(st.session_state):
        if key in dropped:
            st.session_state[key] = st.session_state[key]  # for when the page does not draw it at once
        elif (
            key in said
            or (links.WHOLE in said and links.is_setting(key))
            or (run.is_history_navigation and links.is_shared(key, page))
        ):
            del st.session_state[key]
    if dropped:
        st.query_params.from_dict(said | dropped)
        st.rerun()  # widgets begin with the address as it was when the run began


def address() -> dict[str, list[str]]:
    """What the address says of this view, for a link to another page that shows it."""
    return {key: st.query_params.get_all(key) for key in sorted(st.query_params) if key != links.WHOLE}
