"""What a session has chosen, when it comes to another page by a link or by the menu."""

from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import links

PAGE = "page arrived at"


def arrive(page: str) -> None:
    """Call it before any widget. A link means what it says, whatever was chosen before; what it leaves open stays, or
    is the default after a link to a whole comparison. Settings that the page shares with the one before are taken over.
    The browser's way back leads to what the address says.

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
        if key not in said and links.is_setting(key, page)
    }
    is_whole = links.WHOLE in said or run.is_history_navigation
    for key in list(st.session_state):
        if key in said or key in dropped or (is_whole and links.is_setting(key)):
            del st.session_state[key]
    if dropped:
        st.query_params.from_dict(said | dropped)
        st.rerun()  # widgets begin with the address as it was when the run began
