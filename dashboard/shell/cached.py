"""Values that a page shows. Streamlit draws the page again at every click, so values from the same results come from
memory.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cache.results.results import Result
from cache.results.study_results import StudyResults
from models.layers.stack import LayerSummary

MOST_KEPT = 300


def cached(make: Callable[..., Any], *values: Any) -> Any:
    """Return ``make(*values)``, computed once for the same values.

    Results, comparisons, studies, options and layers are hashed by a key, so the time does not grow with the number of
    epochs.

    Args:
        make: A pure function.
        *values: Its arguments.

    Returns:
        A new copy for each caller.
    """
    return _made(f"{make.__module__}.{make.__qualname__}", make, *values)


@st.cache_data(
    show_spinner=False,
    max_entries=MOST_KEPT,
    hash_funcs={
        Result: lambda each: each.key,
        "dashboard.charts.compared.Compared": lambda each: each.key,
        "dashboard.leaderboard.board_options.Options": lambda each: each.key,
        StudyResults: lambda each: each.key,
        LayerSummary: repr,
    },
)
def _made(name: str, _make: Callable[..., Any], *values: Any) -> Any:
    return _make(*values)
