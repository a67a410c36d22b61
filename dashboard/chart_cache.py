"""Charts on a page, which is drawn anew at every click: what shows the same values is taken from memory."""

from collections.abc import Callable
from typing import Any

import altair as alt
import streamlit as st

MOST_SPECS = 200


def cached_spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """What ``spec`` gives, made once for the same values."""
    return _spec(chart.__qualname__, chart, *values)


def spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """``chart(*values)`` as Vega-Lite."""
    with alt.data_transformers.disable_max_rows():  # charts are thinned where they are made
        return chart(*values).to_dict()


@st.cache_data(show_spinner=False, max_entries=MOST_SPECS)
def _spec(name: str, _chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    return spec(_chart, *values)
