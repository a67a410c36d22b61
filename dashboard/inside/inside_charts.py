"""Charts of the page Inside, for its downloads and for gradients over the text. Pure."""

from collections.abc import Mapping
from math import ceil

import altair as alt
import pandas as pd

from dashboard.charts.charts import Layers, readable

LEGEND_COLUMNS = 2
LOWEST = 1e-8
"""Smaller gradients are drawn here, because the logarithm of zero is undefined."""


def heat_map(frame: pd.DataFrame, bounds: tuple[float, float], unit_name: str, text_color: str) -> Layers:
    """Tokens × units; colours diverge around 0, or grow from it."""
    low, high = bounds
    tokens = dict(zip(frame["position"], frame["token"], strict=True))
    names = alt.Axis(
        labelExpr=f"({ {str(place): token for place, token in tokens.items()} })[datum.label]", labelAngle=-60
    )
    cells = alt.Chart(frame).mark_rect().encode(
        x=alt.X("position:O", title=None, axis=names),
        y=alt.Y("unit:O", title=unit_name, sort=None),
        color=alt.Color(
            "value:Q", title=None,
            scale=alt.Scale(domain=[low, high], scheme="redblue" if low < 0 else "purples", reverse=low < 0),
        ),
        tooltip=["token:N", "unit:O", alt.Tooltip("value:Q", format=".4f")],
    )  # fmt: skip
    return readable(cells, text_color=text_color, height=max(120, 12 * frame["unit"].nunique()))


def gradients(frame: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """The length of the gradient by the distance to the end of the text, on a logarithmic scale."""
    drawn = frame.assign(gradient=frame["gradient"].clip(lower=LOWEST))
    base = alt.Chart(drawn).encode(
        x=alt.X(
            "back:Q", title="Tokens before the end of the text", scale=alt.Scale(reverse=True),
            axis=alt.Axis(format="d", tickMinStep=1),
        ),
        y=alt.Y(
            "gradient:Q", title="Length of the gradient", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g"),
        ),
        color=alt.Color(
            "label:N", title=None, scale=alt.Scale(domain=list(colours), range=list(colours.values())),
            legend=alt.Legend(orient="bottom", columns=LEGEND_COLUMNS, labelLimit=0),
        ),
        tooltip=["label:N", "token:N", alt.Tooltip("gradient:Q", format=".2e")],
    )  # fmt: skip
    height = 220 + 40 * ceil(len(colours) / LEGEND_COLUMNS)  # the legend stands within it
    return readable(
        base.mark_line(strokeWidth=2), base.mark_point(filled=True, size=40), text_color=text_color, height=height
    )
