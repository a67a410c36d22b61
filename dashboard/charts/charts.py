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
"""Below these ranges of accuracies whole percentages, or tenths of them, would repeat along the axis."""
FIT = alt.AutoSizeParams(type="fit", contains="padding")
FIT_WIDTH = alt.AutoSizeParams(type="fit-x", contains="padding")
"""The height is the plot's own, however many rows the legend below it has."""
MOST_LETTERS = 28
"""On one line of an axis."""
LETTER_WIDTH = 7.5
"""Of the legend's type, in pixels."""
FIGURE_GAP = 7
"""Between a bar and the figure behind it, in pixels."""
AXIS_WIDTH = 80
"""At most, beside a legend in such type."""
PAPER_WIDTH = 760
"""Of a chart that is no part of a page."""
ON_A_PHONE = "isFinite(containerSize()[0]) && containerSize()[0] < 600"
"""Whether names in full would leave too little room for what is drawn, as an expression of Vega."""
DASHES = ((1, 0), (8, 4), (2, 3), (12, 3, 3, 3), (5, 2))
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down")
"""By the style of a colour; a diamond is left for what is best."""


def per_cent(span: float) -> str:
    """The format of an axis of accuracies that spans so much, so that no two ticks read alike."""
    return ".2%" if span < FINEST_RANGE else ".1%" if span < FINE_RANGE else ".0%"


class Layers(alt.TopLevelMixin, alt.TopLevelLayerSpec):
    """What ``alt.layer`` makes, in half its time: that copies all layers several times over to lift their selections
    out of them, where Vega-Lite takes them as well."""


def readable(*layers: Any, text_color: str, config: alt.Config | None = None, **properties: Any) -> Layers:
    """Layers above one another, in type that can be read from the back of a room."""
    return Layers(layer=list(layers), config=config or look(text_color), **properties)


def look(text_color: str, size: int | alt.ExprRef | None = None, **axis: Any) -> alt.Config:
    """``size`` is that of all type but a title's; ``axis`` is what else axes look like."""
    label, title = size or 13, size or 14
    return alt.Config(
        axis=alt.AxisConfig(
            labelFontSize=label, titleFontSize=title, labelColor=text_color, titleColor=text_color, **axis
        ),
        legend=alt.LegendConfig(labelFontSize=label, titleFontSize=label, labelColor=text_color, titleColor=text_color),
        title=alt.TitleConfig(fontSize=15, color=text_color, anchor="start"),
    )


def background_of(text_color: str) -> str:
    """What stands out least behind ``text_color``: an edge of it keeps letters legible upon lines."""
    return "#FFFFFF" if int(text_color[1:3], 16) < 128 else "#16161A"


def names(labels: Iterable[str]) -> alt.Y:
    """The axis of bars, one for each label; long ones take two lines."""
    labels = list(labels)
    return alt.Y("label:N", title=None, sort=labels, axis=alt.Axis(**in_full(labels)))


def in_full(labels: Iterable[str], most: int = MOST_LETTERS, font_size: float = 13) -> dict[str, Any]:
    """Settings of an axis that writes each label whole: on two lines if it has more than ``most`` letters."""
    lines = {label: wrap(label, len(label) // 2 + 6) if len(label) > most else [label] for label in labels}
    return {
        "labelExpr": f"({json.dumps(lines)})[datum.label]",
        "labelLimit": 0,
        "labelLineHeight": font_size,
        "labelOverlap": False,
    }


def with_room(figures: Iterable[str], gap: float = FIGURE_GAP, **properties: Any) -> alt.Scale:
    """A horizontal scale that ends where the longest of these figures, written ``gap`` pixels behind its mark, still
    fits beside it, however narrow the chart is."""
    room = gap + LETTER_WIDTH * max(map(len, figures), default=0) + 6
    return alt.Scale(range=[0, alt.ExprRef(f"max(20, width - {room})")], **properties)


def colour(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Color:
    return alt.Color("label:N", scale=scale(colours), legend=legend)


def scale(colours: Mapping[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def dash(colours: Mapping[str, str], legend: alt.Legend | None, times: float = 1) -> alt.StrokeDash:
    """Tells lines apart whose colours somebody could confuse; ``legend`` must be that of the colours."""
    dashes = [[times * part for part in DASHES[style]] for style in styles(tuple(colours.values()))]
    return alt.StrokeDash("label:N", scale=alt.Scale(domain=list(colours), range=dashes), legend=legend)


def shape(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Shape:
    """The same for points."""
    shapes = [SHAPES[style] for style in styles(tuple(colours.values()))]
    return alt.Shape("label:N", scale=alt.Scale(domain=list(colours), range=shapes), legend=legend)


def legend(
    labels: Sequence[str],
    texts: Mapping[str, str] = {},
    *,
    of_lines: bool = True,
    letter_width: float = LETTER_WIDTH,
) -> alt.Legend:
    """Below the plot, in as many columns as its width has room for. ``texts`` are shown in place of their labels."""
    larger = letter_width / LETTER_WIDTH
    width = 60 * larger + letter_width * max((len(texts.get(label, label)) for label in labels), default=0)
    edge = AXIS_WIDTH * larger
    # The plot's own width changes while it is laid out, when the height for the legend's rows is already taken; it is
    # named only for the sake of a new layout when it does.
    room = f"(isFinite(containerSize()[0]) ? containerSize()[0] : {PAPER_WIDTH}) + 0 * width"
    # Long enough to show a dash; or a point without the ring that some of them have.
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
    """For the legend of ``means`` over ``n`` seeds, each label with that number: "GRU (n = 3)", or "(n = 2 to 3)" where
    it is not everywhere the same. Nothing where every line is one run: then there is no band."""
    if means.empty or means["n"].max() < 2:
        return {}
    seeds: dict[str, set[int]] = {}
    for label, n in zip(means["label"], means["n"], strict=True):
        seeds.setdefault(label, set()).add(n)
    return {
        label: f"{label} (n = {min(each)})" if len(each) == 1 else f"{label} (n = {min(each)} to {max(each)})"
        for label, each in seeds.items()
    }


def of_band(text_color: str) -> float:
    """How strongly to draw a band behind its line: on dark ground the same would not be seen."""
    return 0.16 if background_of(text_color) == "#FFFFFF" else 0.34


def at_the_end(base: alt.Chart, text_color: str) -> alt.Chart:
    """Text behind a bar."""
    return base.mark_text(align="left", dx=FIGURE_GAP, fontSize=13, color=text_color)


def visible(picked: str, opacity: float = 1.0, otherwise: float = 0.1) -> alt.OpacityValue:
    """How strongly to draw what is in the selection of that name, and all else. An empty selection holds everything."""
    return alt.OpacityValue(otherwise, condition={"param": picked, "value": opacity})
