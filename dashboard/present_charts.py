"""Charts for a room: large type, one thing each. Pure."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard.charts import FIT_WIDTH, LETTER_WIDTH, ON_A_PHONE, Layers, colour, dash, legend, look, readable, scale

SIZE = 24
LETTERS = LETTER_WIDTH * SIZE / 13
"""Width of one, as ``charts`` has it of smaller type."""
SMALL = 14
TYPE = f"({ON_A_PHONE} ? {SMALL} : {SIZE})"
"""Large, but on a phone, on which nothing but names would be left."""
STEP, LEAST_STEP, HEIGHT = 84, 36, 680
"""Many bars move together, so that all are on one screen while their names can be read."""
CURVE_HEIGHT = 520


def bars(frame: pd.DataFrame, title: str, number: str, colours: Mapping[str, str], from_zero: bool, ink: str) -> Layers:
    """A bar, or a dot, for each label in the order of the frame, with its figure behind it and a whisker for spread."""
    order = list(frame["label"])
    step = min(STEP, max(LEAST_STEP, HEIGHT // max(1, len(order))))
    high = frame["high"].max() if len(frame) else 1.0
    least = 0.0 if from_zero or frame.empty else frame["low"].min()
    low = max(0.0, least - (0.2 * (high - least) or 0.01)) if least else 0.0
    letters = max((len(f"{value:{number}}") for value in frame["value"]), default=0)
    # On any screen the figure behind the longest bar has its place.
    end = alt.ExprRef(f"width - 30 - {LETTERS / SIZE * letters} * {TYPE}")
    reach = alt.Scale(domain=[low, high], range=[0, end], nice=False)
    axis = alt.Axis(labelLimit=420, labelPadding=12, labelFlush=False, labelOverlap=False)
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=axis),
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("value:Q", title=title, format=number),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    x = alt.X("value:Q", title=title, scale=reach, axis=alt.Axis(format=number, tickCount=4))
    # A bar stands for its whole length: where the axis does not begin at zero, there are dots.
    thick = 0.55 * step
    drawn = base.mark_bar(size=thick) if from_zero else base.mark_point(filled=True, size=0.42 * thick**2, opacity=1)
    drawn = drawn.encode(x=x, color=alt.Color("label:N", scale=scale(colours), legend=None))
    aside = 12 if from_zero else 6 + 0.33 * thick  # beside a dot, which may be wider than its whisker
    figures = base.mark_text(align="left", dx=aside, fontSize=alt.ExprRef(TYPE), fontWeight="bold", color=ink)
    layers = [drawn, figures.encode(x=alt.X("high:Q", scale=reach), text=alt.Text("value:Q", format=number))]
    if (frame["high"] > frame["low"]).any():  # an empty group of marks would be a picture without a name
        whiskers = base.transform_filter("datum.high > datum.low").mark_rule(strokeWidth=3, color=ink)
        layers.insert(1, whiskers.encode(x=alt.X("low:Q", scale=reach), x2=alt.X2("high:Q")))
    return readable(*layers, ink=ink, config=_large(ink), height=alt.Step(step))


def curves(frame: pd.DataFrame, colours: Mapping[str, str], ink: str) -> Layers:
    """A thick line for each label."""
    low, high = (frame["accuracy"].min(), frame["accuracy"].max()) if len(frame) else (0.0, 1.0)
    air = 0.06 * (high - low) or 0.01
    there = set(frame["label"])
    shown = legend([label for label in colours if label in there], letter_width=LETTERS)
    base = alt.Chart(frame).encode(
        x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y(
            "accuracy:Q",
            title="Validation accuracy",
            scale=alt.Scale(domain=[low - air, high + air], nice=False),
            axis=alt.Axis(format=".0%", tickCount=5),
        ),
        color=colour(colours, shown),
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("accuracy:Q", title="Validation accuracy", format=".2%"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    lines = base.mark_line(strokeWidth=5).encode(strokeDash=dash(colours, shown, times=2))
    points = base.mark_point(filled=True, size=140, opacity=1)
    return readable(lines, points, ink=ink, config=_large(ink), height=CURVE_HEIGHT, autosize=FIT_WIDTH)


def _large(ink: str) -> alt.Config:
    return look(ink, alt.ExprRef(TYPE), titlePadding=16)
