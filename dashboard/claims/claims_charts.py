"""The evidence for claims, like those of ``dashboard.charts.charts``: pure, an empty frame draws an empty chart."""

from collections.abc import Mapping
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from cache.claims.rules import DOES_NOT_HOLD, HOLDS, NOT_DECIDED
from dashboard.charts.charts import Layers, names, readable, scale

ROW = 36
LOGARITHMIC_FROM = 5
"""Ratios that differ by this factor are drawn on a logarithmic axis."""
TONES = {HOLDS: "#2E7A3C", DOES_NOT_HOLD: "#D1495B", NOT_DECIDED: "#8A8A8A"}
SHAPES = {HOLDS: "circle", DOES_NOT_HOLD: "square", NOT_DECIDED: "diamond"}
"""By shape as well as colour."""
ZONE = "#7FB08A"


def runs(each: pd.DataFrame, means: pd.DataFrame, title: str, colours: Mapping[str, str], text_color: str) -> Layers:
    """Every seed as a dot, the mean as a line across, and its interval. ``title`` is the title of the axis."""
    x: dict[str, Any] = {
        "title": title,
        "scale": alt.Scale(zero=False, nice=True, padding=12),
        "axis": alt.Axis(tickCount=5),
    }
    base = alt.Chart(means).encode(y=names(colours))
    whiskers = base.mark_rule(strokeWidth=2, color=text_color, opacity=0.55).encode(
        x=alt.X("low:Q", **x), x2=alt.X2("high:Q")
    )
    middles = base.mark_tick(thickness=3, height=22, color=text_color).encode(
        x=alt.X("mean:Q", **x),
        tooltip=[
            alt.Tooltip("label:N", title="Group"),
            alt.Tooltip("mean:Q", title="Mean", format=",.2f"),
            alt.Tooltip("low:Q", title="95% interval from", format=",.2f"),
            alt.Tooltip("high:Q", title="to", format=",.2f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    dots = (
        alt.Chart(each)
        .mark_point(filled=True, size=70, opacity=0.9, stroke=text_color, strokeWidth=0.6)
        .encode(
            y=names(colours),
            x=alt.X("value:Q", **x),
            fill=alt.Fill("label:N", scale=scale(colours), legend=None),
            tooltip=[
                alt.Tooltip("label:N", title="Group"),
                alt.Tooltip("seed:Q", title="Seed"),
                alt.Tooltip("value:Q", title=title, format=",.2f"),
                alt.Tooltip("run:Q", title="Run"),
                alt.Tooltip("device:N", title="Device"),
            ],
        )
    )
    return readable(whiskers, middles, dots, text_color=text_color, height=alt.Step(ROW))


def figures(frame: pd.DataFrame, title: str, text_color: str) -> Layers:
    """Each figure with its interval, above the zone that must contain the whole interval."""
    drawn, axis = _with_ends(frame)
    y = names(dict.fromkeys(frame["label"], ""))
    x: dict[str, Any] = {"title": title, "scale": axis, "axis": alt.Axis(tickCount=5, format="~f")}
    base = alt.Chart(drawn).encode(
        y=y,
        tooltip=[alt.Tooltip("label:N", title="Figure"), alt.Tooltip("verdict:N", title="95% interval of this mean"),
                 alt.Tooltip("sentence:N", title="In words")],
    )  # fmt: skip
    zones = base.mark_bar(color=ZONE, opacity=0.3, height=ROW - 8).encode(x=alt.X("from:Q", **x), x2=alt.X2("to:Q"))
    tone = alt.Color("verdict:N", scale=alt.Scale(domain=list(TONES), range=list(TONES.values())), legend=None)
    shape = alt.Shape("verdict:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=None)
    intervals = base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", **x), x2=alt.X2("high:Q"), color=tone)
    points = base.mark_point(filled=True, size=120, opacity=1, stroke=text_color, strokeWidth=1).encode(
        x=alt.X("value:Q", **x), fill=tone, shape=shape
    )
    return readable(zones, intervals, points, text_color=text_color, height=alt.Step(ROW))


def _with_ends(frame: pd.DataFrame) -> tuple[pd.DataFrame, alt.Scale]:
    """Zones without an end go to the edge of the plot. Returns the frame and the scale of the axis."""
    if frame.empty:
        return frame, alt.Scale(domain=[0, 1])
    known = frame[["low", "high", "from", "to"]].to_numpy(float)
    low, high = float(np.nanmin(known)), float(np.nanmax(known))
    kind: Literal["log", "linear"]
    if low > 0 and high / low >= LOGARITHMIC_FROM:
        low, high, kind = low / 1.15, high * 1.15, "log"
    else:
        air = 0.06 * (high - low) or 1.0
        low, high, kind = low - air, high + air, "linear"
    ends = frame.assign(**{"from": frame["from"].fillna(low), "to": frame["to"].fillna(high)})
    return ends, alt.Scale(type=kind, domain=[low, high], nice=False, zero=False)
