"""Charts of layers, like those of ``dashboard.charts.charts``: pure, an empty frame draws an empty chart."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import (
    FIT_WIDTH,
    Layers,
    at_the_end,
    colour,
    in_full,
    legend,
    readable,
    scale,
    tips,
    with_room,
)
from dashboard.layers.layers_frames import boxes_frame, row_titles

ARROW, LINE, PADDING = 34, 17, 10
"""Heights in pixels: of an arrow with its shape, of a line in a box, of the space around them."""
HEADER = 44
BAR_STEP = 20
THIN, THICK = 1.2, 3.5
"""Frames of a layer that is the same in all architectures, and of one that is not."""


def flow(layers: pd.DataFrame, labels: Sequence[str], colours: Mapping[str, str], text_color: str) -> Layers:
    """A column of boxes for each of ``labels``, with the shape at every arrow.

    Rows are placed as for all labels of ``layers``, so that charts of some of them fit side by side.
    """
    boxes = boxes_frame(layers)
    box = PADDING + LINE * (1 + max(boxes["num_lines"], default=1))
    num_rows = int(layers["row"].max()) + 1 if len(layers) else 0
    height = num_rows * (ARROW + box) + ARROW
    boxes = boxes.assign(before=boxes["row"] * (ARROW + box), top=boxes["row"] * (ARROW + box) + ARROW)
    boxes = boxes.assign(bottom=boxes["top"] + box, first_line=boxes["top"] + (box - LINE * boxes["num_lines"]) / 2)
    boxes = boxes[boxes["label"].isin(labels)]
    y: dict[str, Any] = {"scale": alt.Scale(domain=[0, height], reverse=True, nice=False), "axis": None}
    axis = alt.Axis(
        orient="top", domain=False, ticks=False, labelFontWeight="bold", labelFontSize=14, labelAngle=0,
        labelPadding=20, minExtent=HEADER, maxExtent=HEADER, **in_full(labels, 24, 14),
    )  # fmt: skip
    x = alt.X(
        "label:N", title=None, sort=list(labels), axis=axis, scale=alt.Scale(paddingInner=0.08, paddingOuter=0.02)
    )
    there = boxes[boxes["layer"] != ""]
    base = alt.Chart(there).encode(x=x)
    frames = base.mark_rect(fillOpacity=0.1, cornerRadius=6).encode(
        y=alt.Y("top:Q", **y),
        y2="bottom:Q",
        fill=alt.Fill("label:N", scale=scale(colours), legend=None),
        stroke=alt.Stroke("label:N", scale=scale(colours), legend=None),
        strokeWidth=alt.StrokeWidthValue(THIN, condition={"test": "datum.differs", "value": THICK}),
        tooltip=tips(
            "label",
            "layer",
            alt.Tooltip("input_shape:N", title="Input shape"),
            alt.Tooltip("output_shape:N", title="Output shape"),
            alt.Tooltip("calculation:N", title="Parameters"),
        ),
    )
    limit = alt.ExprRef(f"width / {max(1, len(labels))} * 0.9 - 8")
    text: dict[str, Any] = {"color": text_color, "fontSize": 13, "limit": limit}
    code = base.mark_text(baseline="middle", fontWeight="bold", lineBreak="\n", lineHeight=LINE, **text).encode(
        y=alt.Y("first_line:Q", **y), text="code:N"
    )
    counts = base.mark_text(baseline="bottom", dy=-PADDING / 2, **text).encode(
        y=alt.Y("bottom:Q", **y), text="parameters:N"
    )
    shapes = base.transform_calculate(arrow="'↓ ' + datum.input_shape + (datum.row ? '' : ' tokens')").mark_text(
        baseline="middle", dy=ARROW / 2, **text
    ).encode(y=alt.Y("before:Q", **y), text="arrow:N")  # fmt: skip
    last = boxes[boxes["row"] == num_rows - 1]
    answers = (
        alt.Chart(last)
        .encode(x=x)
        .transform_calculate(arrow="'↓ ' + datum.output_shape")
        .mark_text(baseline="middle", dy=ARROW / 2, **text)
        .encode(y=alt.Y("bottom:Q", **y), text="arrow:N")
    )
    gaps = (
        alt.Chart(boxes[boxes["layer"] == ""])
        .mark_rule(strokeDash=[3, 4], strokeWidth=2, color=text_color, opacity=0.6)
        .encode(x=x, y=alt.Y("before:Q", **y), y2="bottom:Q")
    )
    marks = frames, gaps, code, counts, shapes, answers
    return readable(*marks, text_color=text_color, height=height, autosize=FIT_WIDTH)


def parameter_bars(layers: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Parameters of each layer, the architectures below each other within a layer, in the order of the legend."""
    titles = row_titles(layers)
    there = layers[layers["layer"] != ""]
    there = there.assign(title=[titles[row] for row in there["row"]])
    axis = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=0, labelOverlap=False, labelLineHeight=14)
    base = alt.Chart(there).encode(
        y=alt.Y("title:N", title=None, sort=list(titles.values()), axis=axis),
        yOffset=alt.YOffset("label:N", sort=list(colours), scale=alt.Scale(domain=list(colours), paddingInner=0.15)),
    )
    bars = base.mark_bar().encode(
        x=alt.X(
            "num_params:Q",
            title="Parameters",
            scale=with_room(f"{number:,}" for number in there["num_params"]),
            axis=alt.Axis(format=",d", tickCount=4),
        ),
        color=colour(colours, legend(list(colours), of_lines=False)),
        tooltip=tips("label", "layer", alt.Tooltip("calculation:N", title="Calculation"), "num_params"),
    )
    figures = at_the_end(base, text_color).encode(x=alt.X("num_params:Q"), text=alt.Text("num_params:Q", format=",d"))
    step = alt.Step(BAR_STEP, **{"for": "offset"})
    return readable(bars, figures, text_color=text_color, height=step, autosize=FIT_WIDTH)
