"""Charts on a page, which is drawn anew at every click: what shows the same values is taken from memory."""

from collections.abc import Callable
from typing import Any

import altair as alt
import streamlit as st

from dashboard import session

MOST_SPECS = 200


def show(description: str, chart: Callable[..., alt.TopLevelMixin], *values: Any) -> None:
    """Draws ``chart(*values, ink)``, as wide as there is room. ``description``: for those who do not see it."""
    st.vega_lite_chart(_spec(chart.__qualname__, chart, *values, session.ink()), width="stretch", alt=description)


@st.cache_data(show_spinner=False, max_entries=MOST_SPECS)
def _spec(name: str, _chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    with alt.data_transformers.disable_max_rows():  # charts are thinned where they are made
        return _chart(*values).to_dict()
