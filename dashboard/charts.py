"""What all charts share. A chart is a pure function of DataFrames: no file, no session; an empty frame draws an empty
chart.

``colours`` maps each label to its colour, in the order of the line-up; all charts share it. ``ink`` is the text colour
of the page, which depends on the theme.
"""

from collections.abc import Mapping, Sequence

import altair as alt

FINE_RANGE = 0.08
"""Below this range of accuracies whole percentages would repeat along the axis."""
FIT_WIDTH = alt.AutoSizeParams(type="fit-x", contains="padding")
"""The height is the plot's own, however many rows the legend below it has."""
LETTER_WIDTH = 7.5
"""Of the legend's type, in pixels."""


def readable(chart: alt.TopLevelMixin, ink: str) -> alt.TopLevelMixin:
    """Type that can be read from the back of a room."""
    return (
        chart.configure_axis(labelFontSize=13, titleFontSize=14, labelColor=ink, titleColor=ink)
        .configure_legend(labelFontSize=13, titleFontSize=13, labelColor=ink, titleColor=ink)
        .configure_title(fontSize=15, color=ink, anchor="start")
    )


def names(colours: Mapping[str, str]) -> alt.Y:
    """The axis of bars, one for each label."""
    return alt.Y("label:N", title=None, sort=list(colours), axis=alt.Axis(labelLimit=230))


def colour(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("label:N", scale=scale, legend=legend)


def legend(labels: Sequence[str]) -> alt.Legend:
    """Below the plot, in as many columns as its width has room for."""
    width = 40 + LETTER_WIDTH * max(map(len, labels), default=0)
    return alt.Legend(
        values=list(labels),
        orient="bottom",
        title=None,
        symbolOpacity=1,
        columns=alt.ExprRef(f"max(1, floor(width / {width}))"),
        labelLimit=alt.ExprRef("max(100, width - 24)"),
    )


def at_the_end(base: alt.Chart, ink: str) -> alt.Chart:
    """Text behind a bar."""
    return base.mark_text(align="left", dx=7, fontSize=13, color=ink)
