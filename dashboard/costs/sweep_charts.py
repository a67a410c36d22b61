"""Parallel coordinates, like those of ``dashboard.charts.charts``: pure, an empty frame draws an empty chart."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import FIT_WIDTH, Layers, background_of, colour, dash, legend, readable, visible
from dashboard.costs.sweep_frames import MISSING

HEIGHT = 380


def parallel_coordinates(
    lines: pd.DataFrame, ticks: pd.DataFrame, colours: Mapping[str, str] | None, text_color: str
) -> Layers:
    """A line for each variant through its values. Coloured by test accuracy if ``colours`` is None.

    The line next to the pointer is highlighted and shows its values.
    """
    axes = list(dict.fromkeys(lines["axis"]))
    x = alt.X(
        "axis:N",
        sort=axes,
        title=None,
        scale=alt.Scale(padding=0.5),
        axis=alt.Axis(
            orient="bottom",
            labelAngle=0,
            labelLimit=0,
            labelExpr="split(datum.label, ' ')",
            domain=False,
            ticks=False,
            labelPadding=10,
        ),
    )
    y = alt.Y("place:Q", scale=alt.Scale(domain=[MISSING - 0.06, 1.06], nice=False), axis=None)
    near = alt.selection_point(name="near", fields=["label"], nearest=True, on="pointerover", clear="pointerout")
    if colours is None:
        tone = alt.Color(
            "test_accuracy:Q", title="Test accuracy", scale=alt.Scale(scheme="viridis"),
            legend=alt.Legend(orient="bottom", format=".1%", columns=alt.ExprRef("max(1, floor(width / 70))")),
        )  # fmt: skip
    else:
        there = set(lines["label"])
        shown = legend([label for label in colours if label in there])
        tone = colour(colours, shown)
    values = lines.pivot(index="label", columns="axis", values="value").reindex(columns=axes)
    columns = {f"value{place}": axis for place, axis in enumerate(axes)}
    values.columns = list(columns)
    lines = lines.drop(columns="value").merge(values.reset_index(), on="label")
    base = alt.Chart(lines).encode(x, y, color=tone, detail=alt.Detail("label:N"), opacity=visible("near"))
    tooltip = [
        alt.Tooltip("label:N", title="Variant"),
        *(alt.Tooltip(f"{name}:N", title=axis) for name, axis in columns.items()),
    ]
    points = base.mark_point(filled=True, size=70).encode(tooltip=tooltip).add_params(near)
    rules = alt.Chart(pd.DataFrame({"axis": axes})).mark_rule(color=text_color, opacity=0.5).encode(x)
    written = alt.Chart(ticks).encode(x, y, text=alt.Text("text:N"))
    style: dict[str, Any] = {"align": "right", "dx": -8, "fontSize": 12}
    texts = (
        written.mark_text(**style, stroke=background_of(text_color), strokeWidth=4),
        written.mark_text(**style, color=text_color),
    )
    drawn = base.mark_line(strokeWidth=2.5)
    if colours is not None:
        drawn = drawn.encode(strokeDash=dash(colours, shown))
    return readable(rules, drawn, points, *texts, text_color=text_color, height=HEIGHT, autosize=FIT_WIDTH)
