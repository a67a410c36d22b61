"""Tables on a page, which is drawn anew at every click: of the same results they are taken from memory."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cache.results import Result
from dashboard.board_columns import Column

MOST_FRAMES = 300


def cached_frame(make: Callable[..., Any], *values: Any) -> Any:
    """``make(*values)``, made once for the same values; each caller has a copy of its own. ``make`` has to be pure."""
    return _frame(f"{make.__module__}.{make.__qualname__}", make, *values)


@st.cache_data(
    show_spinner=False,
    max_entries=MOST_FRAMES,
    hash_funcs={Result: lambda each: each.key, Column: lambda each: each.key},
)
def _frame(name: str, _make: Callable[..., Any], *values: Any) -> Any:
    return _make(*values)
