"""Charts of the cached runs of a study, small for a tile or large for a room. Pure; an empty frame draws an empty
chart.
"""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import (
    FIT,
    FIT_WIDTH,
    LETTER_WIDTH,
    Layers,
    colour,
    dash,
    in_full,
    legend,
    look,
    per_cent,
    readable,
    tips,
    with_room,
)

ROW, GAP = 30, 9
SMALL, LARGE = 190, 440
"""Height of a sweep in pixels."""


def ranking(frame: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Draw a dot for each label, with a whisker for its spread and its figure.

    Bars would have to begin at zero, where all would look alike.

    Args:
        frame: Columns ``label``, ``value``, ``low``, ``high`` and ``n``, in the order of the rows.
        colours: The colour of each label.
        text_color: The page's text colour.
    """
    low, high = (frame["low"].min(), frame["high"].max()) if len(frame) else (0.0, 1.0)
    span = (high - low) or 0.01
    figures = (f"{value:.1%}" for value in frame["value"])
    scale = with_room(figures, GAP, domain=[low - 0.1 * span, high + 0.05 * span], nice=False, zero=False)
    x: dict[str, Any] = {"scale": scale, "axis": None}
    names = alt.Axis(
        **in_full(frame["label"], 20), domain=False, ticks=False, labelPadding=10, labelFlush=False, grid=True
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", title=None, sort=list(frame["label"]), axis=names),
        tooltip=tips("label", alt.Tooltip("value:Q", title="Test accuracy", format=".2%"), "n"),
    )
    whiskers = base.mark_rule(strokeWidth=2, color=text_color).encode(x=alt.X("low:Q", **x), x2=alt.X2("high:Q"))
    dots = base.mark_point(filled=True, size=150, opacity=1).encode(
        x=alt.X("value:Q", **x), color=colour(colours, legend=None)
    )
    figures = base.mark_text(align="left", dx=GAP, fontSize=13, color=text_color).encode(
        x=alt.X("high:Q", **x), text=alt.Text("value:Q", format=".1%")
    )
    config = look(text_color, 13)
    return readable(
        whiskers, dots, figures, text_color=text_color, config=config, height=alt.Step(ROW), autosize=FIT_WIDTH
    )


def sweep(frame: pd.DataFrame, setting: str, colours: Mapping[str, str], large: bool, text_color: str) -> Layers:
    """Draw a line for each label over the values of a setting, with a whisker for the spread at each.

    Args:
        frame: A result of ``sweep_frame``.
        setting: The title of the x-axis.
        colours: The colour of each label.
        large: Whether it is for a room; else for a tile.
        text_color: The page's text colour.
    """
    values = sorted(set(frame["x"]))
    low, high = (frame["low"].min(), frame["high"].max()) if len(frame) else (0.0, 1.0)
    air = 0.08 * (high - low) or 0.01
    there = set(frame["label"])
    width, size, font = (5, 240, 20) if large else (2.5, 60, 13)
    letter = 10 if large else LETTER_WIDTH
    longest = len(f"{values[-1]:,}") if values else 0  # half of it is beyond the last line
    x = alt.X(
        "x:Q",
        title=setting,
        scale=alt.Scale(
            type="log",
            nice=False,
            domain=[values[0] / 1.15, values[-1] * 1.15] if values else [1, 10],
            range=[0, alt.ExprRef(f"max(20, width - {0.3 * letter * longest})")],
        ),
        axis=alt.Axis(values=values, format=",d", grid=False, labelOverlap=False),
    )
    y: dict[str, Any] = {
        "title": "Test accuracy" if large else None,  # a tile is narrow, and its caption has the title
        "scale": alt.Scale(domain=[low - air, high + air], nice=False, zero=False),
        "axis": alt.Axis(format=per_cent(high - low), tickCount=6 if large else 4),
    }
    shown = legend([label for label in colours if label in there], letter_width=letter)
    base = alt.Chart(frame).encode(
        x=x,
        color=colour(colours, shown),
        tooltip=tips(
            "label",
            alt.Tooltip("x:Q", title=setting, format=",d"),
            alt.Tooltip("value:Q", title="Test accuracy", format=".2%"),
            "n",
        ),
    )
    value = alt.Y("value:Q", **y)
    marks = (
        base.mark_rule(strokeWidth=width / 2).encode(y=alt.Y("low:Q", **y), y2=alt.Y2("high:Q")),
        base.mark_line(strokeWidth=width).encode(y=value, strokeDash=dash(colours, shown, times=2 if large else 1)),
        base.mark_point(filled=True, size=size, opacity=1).encode(y=value),
    )
    height = LARGE if large else SMALL
    return readable(
        *marks,
        text_color=text_color,
        config=look(text_color, font),
        height=height,
        autosize=FIT if large else FIT_WIDTH,
    )
