"""Charts of the page Inside, for its downloads and for gradients over the text. Pure."""

import json
from collections.abc import Mapping
from math import ceil

import altair as alt
import pandas as pd

from dashboard.charts.charts import Layers, in_full, readable

LEGEND_COLUMNS = 2
TOKENS_HEIGHT, NUMBER_WIDTH = 110, 30
"""Pixels below a chart for the names of the tokens, and those that the number of a row needs."""
OUT = "#1F5FBF"
"""Of what comes out: white text on it has a contrast of 4.5 to 1, and it has 3 to 1 with both backgrounds."""
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


def outline(frame: pd.DataFrame, text_color: str) -> Layers:
    """The outputs of a layer over the tokens: a box for each step, filled if it comes out."""
    names = {str(place): token for place, token in zip(frame["place"], frame["token"], strict=True)}
    axis = alt.Axis(labelExpr=f"({json.dumps(names)})[datum.label]", labelAngle=-60)
    parts = frame["part"].unique()
    base = alt.Chart(frame).encode(
        x=alt.X("place:O", title=None, axis=axis, scale=alt.Scale(paddingInner=0.1)),
        y=alt.Y(
            "part:N", title=None, sort=list(parts), axis=alt.Axis(**in_full(parts)), scale=alt.Scale(paddingInner=0.3)
        ),
        tooltip=["part:N", "token:N", "row:N"],
    )  # fmt: skip
    boxes = base.mark_rect(stroke=text_color, strokeWidth=1, fill=OUT).encode(
        fillOpacity=alt.condition("datum.comes_out", alt.value(1), alt.value(0)),
        strokeOpacity=alt.condition("datum.comes_out", alt.value(1), alt.value(0.35)),
    )
    has_room = alt.ExprRef(f"width / {max(1, len(names))} < {NUMBER_WIDTH} ? 0 : 1")
    numbers = base.mark_text(color="#FFFFFF", fontSize=12, opacity=has_room).encode(text="row:N")
    return readable(boxes, numbers, text_color=text_color, height=TOKENS_HEIGHT + 32 * len(parts))


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
