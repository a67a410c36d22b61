"""Styles that a theme cannot set: visible scrollbars, and chosen options that are readable on a dark page."""

import streamlit as st

SCROLLBARS = "[data-testid='stDataFrame'] .dvn-scroller { scrollbar-color: #8A8A8A transparent !important; }"
"""Streamlit's are invisible until the pointer is over a table."""
CHOSEN = "[data-testid='stMultiSelectTagsContainer'] [data-tag] * { color: #0E1117 !important; }"
"""Streamlit writes them in white, on the primary colour, which is light in the dark theme."""


def add() -> None:
    """Add the styles to the page. Call it once a page."""
    is_dark = st.context.theme.type == "dark"
    st.html(f"<style>{SCROLLBARS} {CHOSEN if is_dark else ''}</style>")
