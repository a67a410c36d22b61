"""Charts of learning curves, means over seeds. Pure, as in ``dashboard.charts.charts``: an empty frame draws an empty
chart.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from cache.core.formatting import count
from dashboard.charts.charts import FIT_WIDTH, Layers, colour, dash, legend, of_band, readable, visible, with_seeds
from dashboard.curves.curve_frames import MOST_POINTS, best_frame, drawn
from dashboard.curves.curve_options import EPOCH, EXAMPLES, SECONDS, CurveOptions
from models.training.metrics import BY_KEY, METRICS

METRIC_TITLES = {metric.key: metric.in_sentence for metric in METRICS} | {"loss": "loss (cross-entropy)"}
SPLIT_TITLES = {"validation": "Validation", "train": "Training"}
AXIS_TITLES = {EPOCH: "Epoch", EXAMPLES: "Training examples seen", SECONDS: "Seconds of training"}
HEIGHT, GAP = 600, 0.08
"""Of both panels together in pixels, and the share of it between them."""
FIGURES = {metric.key: f",.{metric.decimals}{'%' if metric.is_share else 'f'}" for metric in METRICS}
TICKS = {metric.key: "%" if metric.is_share else ",f" for metric in METRICS}
"""With enough decimals that no two ticks read alike, however an axis is zoomed."""
MOST_DOTS = 25
"""With more epochs than this, dots would hide the lines."""
PICKED = "picked"
ZOOM = "wheel![event.ctrlKey || event.metaKey || event.altKey]"
"""Without a key the wheel scrolls the page, as everywhere."""
MOVE = "[pointerdown, window:pointerup] > window:pointermove!"
WITHIN = ("y() < group().height / 2", "y() > group().height / 2")
"""Whether the pointer is in the upper (0) or the lower panel (1)."""
Edges = tuple[str, str]
"""Top and bottom of a panel, as expressions of the view's height."""


class Baseline(NamedTuple):
    """The accuracy of an answer without reading, 0 to 1, its name at the rule, and a sentence."""

    accuracy: float
    name: str
    explanation: str


def curves(
    bands: pd.DataFrame, options: CurveOptions, colours: Mapping[str, str], baseline: Baseline | None, text_color: str
) -> Layers:
    """Draw validation above training over one x-axis: a line with its band for each label, and a diamond at its best
    validation epoch.

    A rule marks the ``baseline`` of validation, if that is within the scale. A metric that is not measured while
    training has one panel. Both panels are one view with two scales, so that the chart takes any width and the pointer
    works on both. The zoom changes both along the x-axis, and only the panel under the pointer along the y-axis.
    """
    seen = drawn(bands, options)
    there = set(seen["label"])
    labels = [label for label in colours if label in there]
    best, places = best_frame(bands, options.metric), set(_places(seen))
    best = best[pd.Series([place in places for place in _places(best)], best.index, dtype=bool)]
    x = alt.X(
        "x:Q",
        title=AXIS_TITLES[options.axis],
        scale=alt.Scale(domain=_x_domain(seen), nice=False, zero=False, padding=12),
        axis=_x_axis(options.axis),
    )
    picked = alt.selection_point(name=PICKED, fields=["label"], bind="legend")
    zoom = alt.selection_interval(name="zoom", encodings=["x"], bind="scales", zoom=ZOOM, translate=MOVE)
    shown = legend(labels, with_seeds(seen))
    shared: dict[str, Any] = {"x": x, "color": colour(colours, shown)}
    dashes = dash(colours, shown)
    panels = []
    splits = _splits(options.metric)
    for place, split in enumerate(splits):
        edges = _edges(place, len(splits))
        of_split = seen[seen["split"] == split]
        domain = scale_domain(seen if options.same_scale else of_split)
        y, clip = _y(options.metric, split, domain, edges), _inside(edges)
        marks = [
            *_lines(of_split, options, y, clip, dashes, text_color),
            _best(best[best["split"] == split], y, clip, text_color),
        ]
        marks[0] = marks[0].add_params(
            *((picked, zoom) if place == 0 else ()), _zoom_of_panel(split, place, len(splits))
        )
        panel = Layers(layer=marks, encoding=alt.SharedEncoding(**shared))
        if split == "validation" and baseline and domain[0] < baseline.accuracy < domain[1]:
            panel = Layers(layer=[panel, *_baseline(baseline, y, clip, text_color)])
        panels.append(panel)
    return readable(
        *panels,
        _pointer(seen, labels, options, x, text_color),
        text_color=text_color,
        resolve=alt.Resolve(scale={"y": "independent"}),
        height=HEIGHT,
        autosize=FIT_WIDTH,
    )


def _places(rows: pd.DataFrame) -> Iterable[tuple[str, str, int]]:
    return zip(rows["label"], rows["split"], rows["epoch"], strict=True)


def _x_domain(seen: pd.DataFrame) -> list[float]:
    if seen.empty:
        return [0.0, 1.0]
    low, high = float(seen["x"].min()), float(seen["x"].max())
    return [low, high] if low < high else [low / 2, low * 1.5]


def _x_axis(axis: str) -> alt.Axis:
    if axis == SECONDS:
        return alt.Axis(grid=False, format=",~r", tickCount=6)
    return alt.Axis(grid=False, format=",d", tickMinStep=1, tickCount=6 if axis == EXAMPLES else 10, labelFlush=False)


def _splits(metric: str) -> list[str]:
    """The splits that have a curve, a panel each, the upper one first."""
    return [split for split in SPLIT_TITLES if split in BY_KEY[metric].splits]


def _y(metric: str, split: str, domain: tuple[float, float], edges: Edges) -> dict:
    """The axis of a panel."""
    top, bottom = edges
    pixels = [alt.ExprRef(bottom), alt.ExprRef(top)]
    return {
        "title": f"{SPLIT_TITLES[split]} {METRIC_TITLES[metric]}",
        "scale": alt.Scale(domain=list(domain), range=pixels, nice=False, zero=False),
        "axis": alt.Axis(format=TICKS[metric], tickCount=6, orient="left", grid=True),
    }


def _edges(place: int, number: int) -> Edges:
    """Of the upper (0) or the lower (1) of two panels, or of a single one."""
    middle = (f"height * {(1 - GAP) / 2}", f"height * {(1 + GAP) / 2}")
    return "0" if place == 0 else middle[1], middle[0] if place + 1 < number else "height"


def _inside(edges: Edges) -> alt.ExprRef:
    """An expression that clips marks to their panel, however it is zoomed. An ordinary clip would use the view, which
    contains both.
    """
    top, bottom = edges
    return alt.ExprRef(f"pathShape('M0,' + ({top}) + 'H' + width + 'V' + ({bottom}) + 'H0Z')")


def _zoom_of_panel(split: str, place: int, number: int) -> alt.Parameter:
    here = WITHIN[place] if number > 1 else "true"
    return alt.selection_interval(
        name=f"zoom_{split}",
        encodings=["y"],
        bind="scales",
        zoom=f"{ZOOM}[{here}]",
        translate=MOVE.replace("pointerdown", f"pointerdown[{here}]"),
    )


def _lines(
    of_split: pd.DataFrame, options: CurveOptions, y: dict, clip: alt.ExprRef, dashes: alt.StrokeDash, text_color: str
) -> list[alt.Chart]:
    """Band, line and dots. If lines are smoothed, the measured ones are drawn thin behind them."""
    base = alt.Chart(of_split)
    raw = alt.Y("mean:Q", **y)
    marks = [
        base.mark_area(clip=clip).encode(
            y=alt.Y("low:Q", **y), y2=alt.Y2("high:Q"), opacity=visible(PICKED, of_band(text_color), 0.02)
        ),
        base.mark_line(clip=clip, strokeWidth=2.5).encode(
            y=alt.Y("smooth:Q", **y), opacity=visible(PICKED, 1, 0.1), strokeDash=dashes
        ),
    ]
    if options.smoothing:
        marks.append(base.mark_line(clip=clip, strokeWidth=1).encode(y=raw, opacity=visible(PICKED, 0.6, 0.06)))
    if of_split["epoch"].nunique() <= MOST_DOTS:
        marks.append(base.mark_point(clip=clip, filled=True, size=30).encode(y=raw, opacity=visible(PICKED, 1, 0.1)))
    return marks


def _best(best: pd.DataFrame, y: dict, clip: alt.ExprRef, text_color: str) -> alt.Chart:
    return (
        alt.Chart(best)
        .mark_point(clip=clip, filled=True, shape="diamond", size=170, stroke=text_color, strokeWidth=1.5)
        .encode(y=alt.Y("mean:Q", **y), opacity=visible(PICKED))
    )


def _baseline(baseline: Baseline, y: dict, clip: alt.ExprRef, text_color: str) -> list[alt.Chart]:
    text = f"{baseline.name}: {100 * baseline.accuracy:.3g}%"
    base = alt.Chart(pd.DataFrame({"mean": [baseline.accuracy], "text": [text]})).encode(y=alt.Y("mean:Q", **y))
    return [
        base.mark_rule(clip=clip, strokeDash=[6, 4], color=text_color, opacity=0.6),
        base.mark_text(clip=clip, align="right", dy=-9, fontSize=13, color=text_color).encode(
            x=alt.XValue("width"), text=alt.Text("text:N")
        ),
    ]


def _pointer(seen: pd.DataFrame, labels: Sequence[str], options: CurveOptions, x: alt.X, text_color: str) -> alt.Chart:
    """A rule through both panels that follows the pointer and shows the values of every label."""
    near = alt.selection_point(name="near", nearest=True, on="pointerover", clear="pointerout", encodings=["x"])
    columns = {f"value{place}": label for place, label in enumerate(labels)}
    return (
        alt.Chart(pointer_frame(seen, labels, options))
        .mark_rule(color=text_color, clip=True)
        .encode(
            x=x,
            opacity=alt.OpacityValue(0, condition={"param": "near", "value": 0.6, "empty": False}),
            tooltip=[
                alt.Tooltip("at:N", title=AXIS_TITLES[options.axis]),
                *(alt.Tooltip(f"{name}:N", title=label) for name, label in columns.items()),
            ],
        )
        .add_params(near)
    )


def pointer_frame(seen: pd.DataFrame, labels: Sequence[str], options: CurveOptions) -> pd.DataFrame:
    """A row for each place on the x-axis: ``at`` in words, and the texts of all labels in numbered columns value0 and
    so on.

    Against seconds these are the values of the last epoch that the label had finished by then.
    """
    places = sorted(set(seen["x"]))
    places = places[:: -(-len(places) // MOST_POINTS) or 1]
    names = ("split", "label", "epoch", "x", "mean", "low", "high", "n")
    rows = list(zip(*(seen[name].tolist() for name in names), strict=True))
    training = {(label, epoch): mean for split, label, epoch, _, mean, *_ in rows if split == "train"}
    texts: dict[str, dict[float, str]] = {label: {} for label in labels}
    for split, label, epoch, x, mean, low, high, n in sorted(rows, key=lambda row: row[2]):
        if split == "validation":
            texts[label][x] = _point_text(epoch, mean, low, high, n, training.get((label, epoch)), options)
    table = {"x": pd.Series(places, dtype=float), "at": [_at(x, options.axis) for x in places]}
    for number, label in enumerate(labels):
        at = texts[label]
        if options.axis == SECONDS:
            table[f"value{number}"] = _latest(at, places)
        else:
            table[f"value{number}"] = [at.get(x, "–") for x in places]
    return pd.DataFrame(table)


def _latest(texts: Mapping[float, str], places: Sequence[float]) -> list[str]:
    """The latest text at each place; both are in ascending order."""
    known = sorted(texts)
    return [texts[known[past - 1]] if (past := bisect_right(known, x)) else "–" for x in places]


def _at(x: float, axis: str) -> str:
    return f"{x:,.4g}" if axis == SECONDS and x < 1_000 else f"{x:,.0f}"


def _point_text(
    epoch: int, mean: float, low: float, high: float, n: int, training: float | None, options: CurveOptions
) -> str:
    """Such as "86.10% (85.20% to 87.00%), training 95.00%, 3 seeds"."""
    number = FIGURES[options.metric]
    spread = "" if pd.isna(low) else f" ({low:{number}} to {high:{number}})"
    beside = "" if training is None else f", training {training:{number}}"
    figures = f"{mean:{number}}{spread}{beside}"
    return f"{figures}, {count(n, 'seed')}{'' if options.axis == EPOCH else f', epoch {epoch}'}"


def scale_domain(bands: pd.DataFrame) -> tuple[float, float]:
    """The range of the y-axis: all means, and bands up to the same width again on either side, with a little space.

    The 95% interval of two seeds is so wide that no lines could be distinguished if all of it had to be visible.
    """
    if bands.empty:
        return 0.0, 1.0
    low, high = bands["mean"].min(), bands["mean"].max()
    missing = (0.01 * abs(high) or 0.01) - (high - low)
    if missing > 0:  # nearly constant: narrower, the axis would show differences that mean nothing
        low, high = low - missing / 2, high + missing / 2
    span = high - low
    lowest, highest = bands["low"].min(), bands["high"].max()
    if lowest < low:
        low = max(lowest, low - span)
    if highest > high:
        high = min(highest, high + span)
    return float(low - 0.04 * span), float(high + 0.04 * span)


def described(bands: pd.DataFrame, options: CurveOptions) -> str:
    """The alternative text of the chart: what is drawn, and where each line is best."""
    best = best_frame(bands, options.metric)
    best = best[best["split"] == "validation"]
    if options.only:
        best = best[best["label"].isin(options.only)]
    number = FIGURES[options.metric]
    best_points = [
        f"{label} {mean:{number}} at epoch {epoch}"
        for label, mean, epoch in zip(best["label"], best["mean"], best["epoch"], strict=True)
    ]
    what = f"{METRIC_TITLES[options.metric]} by {AXIS_TITLES[options.axis].lower()}"
    splits = " and, below, ".join(SPLIT_TITLES[split].lower() for split in _splits(options.metric))
    return f"Lines: {splits} {what}. Best on validation: {'; '.join(best_points)}."
