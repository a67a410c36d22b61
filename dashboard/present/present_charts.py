"""Charts for a room: large type, one subject each. Pure. Each fills the height that a page gives it."""

import json
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import (
    FIT,
    LETTER_WIDTH,
    ON_A_PHONE,
    Layers,
    colour,
    dash,
    legend,
    look,
    per_cent,
    readable,
    scale,
    shape,
    tips,
)
from dashboard.costs.cost_charts import with_error_bars

SIZE, LEAST_SIZE = 22, 18
"""Font size in pixels; the smaller one is for phones and for many names."""
LETTERS = LETTER_WIDTH / 13
"""Width of a letter per pixel of font size."""
HEIGHT, STEP = 480, 36
"""In pixels: the height of a chart outside of a page, and the least height of a bar."""
FEW = 8
"""With more bars than this, names are in smaller type."""
MOST_LETTERS = 18
"""The longest name on one line."""


def bars(
    frame: pd.DataFrame, title: str, number: str, colours: Mapping[str, str], from_zero: bool, text_color: str
) -> Layers:
    """Draw a bar or a dot for each label, with its figure and a whisker for the spread.

    Args:
        frame: Columns ``label``, ``value``, ``low`` and ``high``, in the order of the rows.
        title: The title of the axis.
        number: The d3 format of the figures.
        colours: The colour of each label.
        from_zero: Whether the axis begins at zero, with bars; else it has dots.
        text_color: The page's text colour.
    """
    order = list(frame["label"])
    size = _size(SIZE if len(order) <= FEW else LEAST_SIZE)
    high = frame["high"].max() if len(frame) else 1.0
    least = 0.0 if from_zero or frame.empty else frame["low"].min()
    low = max(0.0, least - (0.2 * (high - least) or 0.01)) if least else 0.0
    letters = max((len(f"{value:{number}}") for value in frame["value"]), default=0)
    # The figure behind the longest bar fits on any screen.
    end = alt.ExprRef(f"width - 30 - {LETTERS * letters} * {size}")
    reach = alt.Scale(domain=[low, high], range=[0, end], nice=False)
    base = alt.Chart(frame).encode(
        y=_names(order),
        tooltip=tips("label", alt.Tooltip("value:Q", title=title, format=number), "n"),
    )
    x = alt.X("value:Q", title=title, scale=reach, axis=alt.Axis(format=number, tickCount=4))
    # The length of a bar has a meaning, so there are dots if the axis does not begin at zero.
    radius = max(6, min(14, 100 // max(1, len(order))))
    dots: dict[str, Any] = {"filled": True, "size": 3.1 * radius**2, "opacity": 1}
    drawn = base.mark_bar(height=alt.RelativeBandSize(0.6)) if from_zero else base.mark_point(**dots)
    drawn = drawn.encode(x=x, color=alt.Color("label:N", scale=scale(colours), legend=None))
    aside = 12 if from_zero else 6 + radius  # beside a dot, which may be wider than its whisker
    figures = base.mark_text(align="left", dx=aside, fontSize=alt.ExprRef(size), fontWeight="bold", color=text_color)
    layers = [drawn, figures.encode(x=alt.X("high:Q", scale=reach), text=alt.Text("value:Q", format=number))]
    if (frame["high"] > frame["low"]).any():  # an empty group of marks would be an image without a name
        whiskers = base.transform_filter("datum.high > datum.low").mark_rule(strokeWidth=3, color=text_color)
        layers.insert(1, whiskers.encode(x=alt.X("low:Q", scale=reach), x2=alt.X2("high:Q")))
    return _large(*layers, text_color=text_color, size=size, height=max(HEIGHT, STEP * len(order)))


def curves(frame: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Draw a thick line for each label; ``frame`` comes from ``present_frames.curves``."""
    return arriving(frame, colours, int(frame["epoch"].max()) if len(frame) else 1, text_color)


def arriving(frame: pd.DataFrame, colours: Mapping[str, str], epochs: int, text_color: str) -> Layers:
    """Draw the curves of a training that goes on, with room for so many ``epochs``."""
    low, high = (frame["accuracy"].min(), frame["accuracy"].max()) if len(frame) else (0.0, 1.0)
    air = 0.06 * (high - low) or 0.01
    shown = _legend(frame, colours)
    reach = alt.Scale(domain=[1, epochs] if epochs > 1 else [0.5, 1.5], nice=False)
    base = alt.Chart(frame).encode(
        x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, format="d"), scale=reach),
        y=alt.Y(
            "accuracy:Q",
            title="Validation accuracy",
            scale=alt.Scale(domain=[low - air, high + air], nice=False),
            axis=alt.Axis(format=per_cent(high - low), tickCount=5),
        ),
        color=colour(colours, shown),
        tooltip=tips("label", "epoch", alt.Tooltip("accuracy:Q", title="Validation accuracy", format=".2%"), "n"),
    )
    lines = base.mark_line(strokeWidth=5).encode(strokeDash=dash(colours, shown, times=2))
    points = base.mark_point(filled=True, size=140, opacity=1)
    return _large(lines, points, text_color=text_color)


def trade_off(frame: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Draw a dot for each label: test accuracy against seconds per epoch, with whiskers of ± one standard deviation.

    Args:
        frame: A result of ``cost_frames.trade_off_frame``.
        colours: The colour of each label.
        text_color: The page's text colour.
    """
    frame = with_error_bars(frame[frame["seconds_per_epoch"].notna()], "seconds_per_epoch")
    x: dict[str, Any] = {
        "title": "Seconds per epoch",
        "scale": alt.Scale(nice=True),
        "axis": alt.Axis(tickCount=5, grid=False),
    }
    y: dict[str, Any] = {
        "title": "Test accuracy",
        "scale": alt.Scale(zero=False, nice=False, padding=20),
        "axis": alt.Axis(format=per_cent(frame["high"].max() - frame["low"].min()), tickCount=5),
    }
    shown = _legend(frame, colours, of_lines=False)
    base = alt.Chart(frame).encode(color=colour(colours, shown))
    upright = base.mark_rule(strokeWidth=3).encode(
        alt.X("seconds_per_epoch:Q", **x), alt.Y("low:Q", **y), y2=alt.Y2("high:Q")
    )
    level = base.mark_rule(strokeWidth=3).encode(
        alt.X("cheap:Q", **x), alt.Y("test_accuracy:Q", **y), x2=alt.X2("dear:Q")
    )
    dots = base.mark_point(filled=True, size=400, opacity=1).encode(
        alt.X("seconds_per_epoch:Q", **x),
        alt.Y("test_accuracy:Q", **y),
        shape=shape(colours, shown),
        tooltip=tips("label", "test_accuracy", "seconds_per_epoch", "n"),
    )
    return _large(upright, level, dots, text_color=text_color)


def seeds(frame: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Draw a dot for each run of a label.

    Args:
        frame: Columns ``label``, ``seed``, ``value`` and ``new``; new runs have a figure.
        colours: The colour of each label.
        text_color: The page's text colour.
    """
    span = frame["value"].max() - frame["value"].min() if len(frame) else 0.0
    base = alt.Chart(frame).encode(
        x=alt.X(
            "value:Q",
            title="Test accuracy",
            scale=alt.Scale(zero=False, nice=False, padding=60),
            axis=alt.Axis(format=per_cent(span), tickCount=4),
        ),
        y=_names(list(dict.fromkeys(frame["label"]))),
        tooltip=tips("label", "seed", alt.Tooltip("value:Q", title="Test accuracy", format=".2%")),
    )
    old = base.transform_filter("!datum.new").mark_point(size=300, strokeWidth=3, opacity=1, color=text_color)
    new = base.transform_filter("datum.new")
    dots = new.mark_point(filled=True, size=700, opacity=1).encode(
        color=alt.Color("label:N", scale=scale(colours), legend=None)
    )
    figures = new.mark_text(dy=-28, fontSize=alt.ExprRef(_size(SIZE)), fontWeight="bold", color=text_color).encode(
        text=alt.Text("value:Q", format=".1%")
    )
    return _large(old, dots, figures, text_color=text_color)


def _names(order: list[str]) -> alt.Y:
    """An axis on which long names take two or more lines."""
    lines = {label: wrap(label, MOST_LETTERS) for label in order}
    axis = alt.Axis(
        labelExpr=f"({json.dumps(lines)})[datum.label]", labelLimit=0, labelPadding=12, labelFlush=False,
        labelOverlap=False,
    )  # fmt: skip
    return alt.Y("label:N", sort=order, title=None, axis=axis)


def _legend(frame: pd.DataFrame, colours: Mapping[str, str], of_lines: bool = True) -> alt.Legend:
    there = set(frame["label"])
    return legend([label for label in colours if label in there], of_lines=of_lines, letter_width=0.5 * LEAST_SIZE)


def _size(pixels: int) -> str:
    """An expression of Vega: large, but smaller on a phone, where only names would fit otherwise."""
    return f"({ON_A_PHONE} ? {LEAST_SIZE} : {pixels})"


def _large(*layers: alt.TopLevelMixin, text_color: str, size: str = _size(SIZE), height: int = HEIGHT) -> Layers:
    config = look(text_color, alt.ExprRef(size), titlePadding=12)
    config.legend.labelFontSize = LEAST_SIZE
    return readable(*layers, text_color=text_color, config=config, height=height, autosize=FIT)
