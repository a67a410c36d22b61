"""Charts on a page, which is drawn anew at every click: what shows the same values is taken from memory."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st
from altair.utils.data import to_values
from altair.utils.schemapi import disable_debug_mode

MOST_SPECS = 200
# Every part of a chart would be held against the schema as it is made, and the whole again, which takes as long as all
# the rest. The tests of the charts do it.
disable_debug_mode()

_frames: ContextVar[dict[int, tuple[str, pd.DataFrame, list]] | None] = ContextVar("frames", default=None)


def _each_once(frame: pd.DataFrame) -> dict[str, Any]:
    """Layers that show the same frame share its values, which are written out once. Charts are thinned where they are
    made, so there is no most of rows."""
    frames = _frames.get()
    if frames is None:
        return to_values(frame)
    if id(frame) not in frames:  # kept beside its values, so that no other gets its id meanwhile
        frames[id(frame)] = f"data-{len(frames) + 1}", frame, to_values(frame)["values"]
    return {"name": frames[id(frame)][0]}


alt.data_transformers.register("each_once", _each_once)
alt.data_transformers.enable("each_once")


def cached_spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """What ``page_spec`` gives, made once for the same values."""
    return _spec(chart.__qualname__, chart, *values)


def page_spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """``chart(*values)`` as a page shows it: its rows are sent as Arrow, which would else be made at every click."""
    drawn = spec(chart, *values)
    rows = {name: pa.Table.from_pandas(pd.DataFrame(each)) for name, each in drawn["datasets"].items()}
    return drawn | {"datasets": rows}


def spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """``chart(*values)`` as Vega-Lite."""
    token = _frames.set({})
    try:
        drawn = chart(*values).to_dict(validate=False)
        return drawn | {"datasets": {name: values for name, _, values in _frames.get().values()}}
    finally:
        _frames.reset(token)


@st.cache_data(show_spinner=False, max_entries=MOST_SPECS)
def _spec(name: str, _chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    return page_spec(_chart, *values)
