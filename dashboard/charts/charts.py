"""What all charts share. A chart is a pure function of DataFrames: no file, no session; an empty frame draws an empty
chart.

``colours`` maps each label to its colour, in the order of the line-up; all charts share it. ``text_color`` is
the text colour of the page, which depends on the theme.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.colours import styles

FINE_RANGE, FINEST_RANGE = 0.08, 0.006
"""Below these ranges of accuracies, axis labels in whole percentages, or in tenths of them, would repeat."""
FIT = alt.AutoSizeParams(type="fit", contains="padding")
FIT_WIDTH = alt.AutoSizeParams(type="fit-x", contains="padding")
"""The height is the plot's own, however many rows the legend below it has."""
MOST_LETTERS = 28
"""The longest label on one line of an axis."""
LETTER_WIDTH = 7.5
"""Width of a letter in the legend, in pixels."""
FIGURE_GAP = 7
"""Between a bar and the figure behind it, in pixels."""
AXIS_WIDTH = 80
"""The widest axis beside a legend with letters of ``LETTER_WIDTH``, in pixels."""
PAPER_WIDTH = 760
"""Width of a chart outside of a page, in pixels."""
ON_A_PHONE = "isFinite(containerSize()[0]) && containerSize()[0] < 600"
"""Whether names in full would leave too little room for what is drawn, as an expression of Vega."""
DASHES = ((1, 0), (8, 4), (2, 3), (12, 3, 3, 3), (5, 2))
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down")
"""By the style of a colour; a diamond is left for what is best."""

TIPS = {
    "label": alt.Tooltip("label:N", title="Architecture"),
    "layer": alt.Tooltip("layer:N", title="Layer"),
    "seed": alt.Tooltip("seed:Q", title="Seed"),
    "n": alt.Tooltip("n:Q", title="Seeds"),
    "epoch": alt.Tooltip("epoch:Q", title="Epoch"),
    "steps": alt.Tooltip("steps:Q", title="Steps back"),
    "num_params": alt.Tooltip("num_params:Q", title="Parameters", format=",d"),
    "seconds_per_epoch": alt.Tooltip("seconds_per_epoch:Q", title="Seconds per epoch", format=",.2f"),
    "test_accuracy": alt.Tooltip("test_accuracy:Q", title="Test accuracy", format=".2%"),
}
"""What tooltips say of the columns that many charts have."""


def per_cent(span: float) -> str:
    """Return the number format of an accuracy axis on which no two ticks read alike.

    Args:
        span: The range of accuracies on the axis, 0 to 1.

    Returns:
        A d3 format such as ".1%".
    """
    return ".2%" if span < FINEST_RANGE else ".1%" if span < FINE_RANGE else ".0%"


class Layers(alt.TopLevelMixin, alt.TopLevelLayerSpec):
    """The same as ``alt.layer`` in half the time: that copies all layers several times to move their selections out of
    them, which Vega-Lite does not need.
    """


def readable(*layers: Any, text_color: str, config: alt.Config | None = None, **properties: Any) -> Layers:
    """Put layers on top of each other, in type that can be read from the back of a room.

    Args:
        *layers: Altair charts, the lowest first.
        text_color: The page's text colour, "#RRGGBB".
        config: The chart's configuration; ``look(text_color)`` if None.
        **properties: Further properties of the layered chart, such as ``height``.
    """
    return Layers(layer=list(layers), config=config or look(text_color), **properties)


def look(text_color: str, size: int | alt.ExprRef | None = None, **axis: Any) -> alt.Config:
    """Return the configuration of a chart: font sizes and text colours.

    Args:
        text_color: The page's text colour, "#RRGGBB".
        size: The font size of all text but the chart's title, in pixels; 13 or 14 if None.
        **axis: Further settings of the axes.
    """
    label, title = size or 13, size or 14
    return alt.Config(
        axis=alt.AxisConfig(
            labelFontSize=label, titleFontSize=title, labelColor=text_color, titleColor=text_color, **axis
        ),
        legend=alt.LegendConfig(labelFontSize=label, titleFontSize=label, labelColor=text_color, titleColor=text_color),
        title=alt.TitleConfig(fontSize=15, color=text_color, anchor="start"),
    )


def background_of(text_color: str) -> str:
    """Return the background that suits ``text_color`` ("#RRGGBB"): letters with an edge in this colour stay readable on
    lines.
    """
    return "#FFFFFF" if int(text_color[1:3], 16) < 128 else "#16161A"


def names(labels: Iterable[str]) -> alt.Y:
    """Return the y-axis of a bar chart, one row for each label in order; long labels take two lines."""
    labels = list(labels)
    return alt.Y("label:N", title=None, sort=labels, axis=alt.Axis(**in_full(labels)))


def in_full(labels: Iterable[str], most: int = MOST_LETTERS, font_size: float = 13) -> dict[str, Any]:
    """Return axis settings that show each label in full.

    Args:
        labels: All labels of the axis.
        most: Labels with more letters than this take two lines.
        font_size: The height of a line, in pixels.
    """
    lines = {label: wrap(label, len(label) // 2 + 6) if len(label) > most else [label] for label in labels}
    return {
        "labelExpr": f"({json.dumps(lines)})[datum.label]",
        "labelLimit": 0,
        "labelLineHeight": font_size,
        "labelOverlap": False,
    }


def with_room(figures: Iterable[str], gap: float = FIGURE_GAP, **properties: Any) -> alt.Scale:
    """Return a horizontal scale that leaves room for the longest figure behind its mark, however narrow the chart is.

    Args:
        figures: The texts that are written behind the marks.
        gap: Pixels between a mark and its figure.
        **properties: Further properties of the scale, such as ``domain``.
    """
    room = gap + LETTER_WIDTH * max(map(len, figures), default=0) + 6
    return alt.Scale(range=[0, alt.ExprRef(f"max(20, width - {room})")], **properties)


def colour(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Color:
    """Return the colour encoding of the labels."""
    return alt.Color("label:N", scale=scale(colours), legend=legend)


def scale(colours: Mapping[str, str]) -> alt.Scale:
    """Return the colour scale of the labels, in their order."""
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def dash(colours: Mapping[str, str], legend: alt.Legend | None, times: float = 1) -> alt.StrokeDash:
    """Return an encoding that gives lines with similar colours different dashes.

    Args:
        colours: The colour of each label, "#RRGGBB".
        legend: The legend of the colours; both encodings must have the same one.
        times: The factor by which the dashes are longer than usual.
    """
    dashes = [[times * part for part in DASHES[style]] for style in styles(tuple(colours.values()))]
    return alt.StrokeDash("label:N", scale=alt.Scale(domain=list(colours), range=dashes), legend=legend)


def shape(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Shape:
    """Return an encoding that gives points with similar colours different shapes; ``legend`` as for ``dash``."""
    shapes = [SHAPES[style] for style in styles(tuple(colours.values()))]
    return alt.Shape("label:N", scale=alt.Scale(domain=list(colours), range=shapes), legend=legend)


def legend(
    labels: Sequence[str],
    texts: Mapping[str, str] = {},
    *,
    of_lines: bool = True,
    letter_width: float = LETTER_WIDTH,
) -> alt.Legend:
    """Return a legend below the plot, in as many columns as fit.

    Args:
        labels: The labels in order.
        texts: The texts that are shown in place of labels.
        of_lines: Whether symbols are lines; else they are points.
        letter_width: The width of a letter, in pixels; the symbols grow with it.
    """
    larger = letter_width / LETTER_WIDTH
    width = 60 * larger + letter_width * max((len(texts.get(label, label)) for label in labels), default=0)
    edge = AXIS_WIDTH * larger
    # The plot's width changes during the layout, after the height of the legend is fixed. Naming it here causes a new
    # layout when it changes.
    room = f"(isFinite(containerSize()[0]) ? containerSize()[0] : {PAPER_WIDTH}) + 0 * width"
    # Long enough to show a dash; points have no ring.
    symbol: dict[str, Any] = {"symbolType": "stroke", "symbolSize": 700 * larger**2, "symbolStrokeWidth": 3 * larger}
    if not of_lines:
        symbol = {"symbolSize": 120 * larger**2, "symbolStrokeWidth": 0}
    if texts:
        symbol["labelExpr"] = f"({json.dumps(dict(texts))})[datum.label]"
    return alt.Legend(
        **symbol,
        values=list(labels),
        orient="bottom",
        title=None,
        symbolOpacity=1,
        symbolLimit=0,
        columns=alt.ExprRef(f"max(1, floor(({room} - {edge}) / {width}))"),
        labelLimit=alt.ExprRef(f"max(100, width - {36 * larger if of_lines else 24})"),
    )


def with_seeds(means: pd.DataFrame) -> dict[str, str]:
    """Return legend texts with the number of seeds: "GRU (n = 3)", or "(n = 2 to 3)" where it varies.

    Args:
        means: A row for each point, with columns ``label`` and ``n``.

    Returns:
        The text of each label; empty if every line is a single run, which has no band.
    """
    if means.empty or means["n"].max() < 2:
        return {}
    seeds: dict[str, set[int]] = {}
    for label, n in zip(means["label"], means["n"], strict=True):
        seeds.setdefault(label, set()).add(n)
    return {
        label: f"{label} (n = {min(each)})" if len(each) == 1 else f"{label} (n = {min(each)} to {max(each)})"
        for label, each in seeds.items()
    }


def tips(*columns: str | alt.Tooltip) -> list[alt.Tooltip]:
    """Return the lines of a tooltip: the columns that ``TIPS`` knows by their names, and others."""
    return [TIPS[column] if isinstance(column, str) else column for column in columns]


def of_band(text_color: str) -> float:
    """Return the opacity of a band behind its line, 0 to 1; dark backgrounds need more."""
    return 0.16 if background_of(text_color) == "#FFFFFF" else 0.34


def at_the_end(base: alt.Chart, text_color: str) -> alt.Chart:
    """Return ``base`` as text behind the end of a bar."""
    return base.mark_text(align="left", dx=FIGURE_GAP, fontSize=13, color=text_color)


def visible(picked: str, opacity: float = 1.0, otherwise: float = 0.1) -> alt.OpacityValue:
    """Return an opacity that highlights a selection.

    Args:
        picked: The name of the selection parameter; an empty selection contains everything.
        opacity: The opacity of what is selected, 0 to 1.
        otherwise: The opacity of the rest, 0 to 1.
    """
    return alt.OpacityValue(otherwise, condition={"param": picked, "value": opacity})
