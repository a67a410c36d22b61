"""Charts on a page. Streamlit draws the page again at every click, so charts of the same values come from memory."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from altair.utils.data import to_values
from altair.utils.schemapi import disable_debug_mode

MOST_SPECS = 200
# For frames of a few dozen rows, Python strings take three quarters of the time of Arrow's.
pd.set_option("mode.string_storage", "python")
# Validating every part of a chart, and the whole again, would double the time. The tests of the charts validate.
disable_debug_mode()

Frames = dict[int, tuple[str, pd.DataFrame]]
_frames: ContextVar[Frames | None] = ContextVar("frames", default=None)


def _each_once(frame: Any) -> dict[str, Any]:
    """Layers that show the same frame share it by a name. Charts limit their rows themselves, so there is no maximum
    here.
    """
    frames = _frames.get()
    if frames is None:
        return to_values(frame)
    name, _ = frames.setdefault(id(frame), (f"data-{len(frames) + 1}", frame))
    return {"name": name}


alt.data_transformers.register("each_once", _each_once)
alt.data_transformers.enable("each_once")


def cached_spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """Return ``page_spec(chart, *values)``, computed once for the same values."""
    return _spec(chart.__qualname__, chart, *values)


def spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """``chart(*values)`` as Vega-Lite that stands alone."""
    return _drawn(lambda frame: to_values(frame)["values"], chart, *values)


def page_spec(chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    """The same as a page shows it: rows are sent to the browser as Arrow, converted once and not at every click."""
    return _drawn(_arrow, chart, *values)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Missing and infinite values become null, as in ``to_values``."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, column in enumerate(table.columns):
        if pa.types.is_floating(column.type) and pc.any(is_infinite := pc.is_inf(column)).as_py():
            finite = pc.if_else(is_infinite, None, column)
            table = table.set_column(place, table.field(place), finite)
    return table


def _drawn(rows: Callable, chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    frames: Frames = {}
    token = _frames.set(frames)
    try:
        drawn = chart(*values).to_dict(validate=False)
        return drawn | {"datasets": {name: rows(frame) for name, frame in frames.values()}}
    finally:
        _frames.reset(token)


@st.cache_data(show_spinner=False, max_entries=MOST_SPECS)
def _spec(name: str, _chart: Callable[..., alt.TopLevelMixin], *values: Any) -> dict[str, Any]:
    return page_spec(_chart, *values)
