"""Charts of where models disagree. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

import altair as alt
import pandas as pd

from dashboard.charts.charts import FIT_WIDTH, Layers, colour, dash, in_full, legend, readable

CELL, MAX_FIGURES, SHORT = 64, 6, 12
SCHEME: Literal["blues"] = "blues"


def agreement(frame: pd.DataFrame, text_color: str) -> Layers:
    """A matrix of shares; figures in the cells while they fit."""
    labels = list(dict.fromkeys(frame["first"]))
    axis = alt.Axis(**in_full(labels), labelFlush=False, title=None)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "second:N",
            sort=labels,
            axis=alt.Axis(**in_full(labels), labelFlush=False, title=None, labelAngle=_angle(labels)),
        ),
        y=alt.Y("first:N", sort=labels, axis=axis),
        tooltip=[
            alt.Tooltip("first:N", title="Of"),
            alt.Tooltip("second:N", title="and"),
            alt.Tooltip("share:Q", title="Same answer", format=".1%"),
            alt.Tooltip("pairs:Q", title="Pairs of runs"),
        ],
    )
    return _matrix(base, "Same answer", len(labels), text_color)


def confusion(frame: pd.DataFrame, label: str, text_color: str) -> Layers:
    """One model's classes against its answers, each row summing up to 1."""
    own = frame[frame["label"] == label]
    classes = list(dict.fromkeys(own["truth"]))
    base = alt.Chart(own).encode(
        x=alt.X(
            "answer:N",
            sort=classes,
            title="Answer",
            axis=alt.Axis(**in_full(classes), labelAngle=_angle(classes), labelFlush=False),
        ),
        y=alt.Y("truth:N", sort=classes, title="Class", axis=alt.Axis(**in_full(classes), labelFlush=False)),
        tooltip=[
            alt.Tooltip("truth:N", title="Class"),
            alt.Tooltip("answer:N", title="Answer"),
            alt.Tooltip("share:Q", title="Of the class", format=".1%"),
            alt.Tooltip("examples:Q", title="Examples, mean over seeds", format=",.1f"),
        ],
    )
    return _matrix(base, "Of the class", len(classes), text_color, domain=(0, 1))


def calibration(frame: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Accuracy against confidence; a model on the diagonal is right as often as its confidence says."""
    labels = [label for label in colours if label in set(frame["label"])]
    low = min(frame["confidence"].min(), frame["accuracy"].min(), 0.5) if len(frame) else 0.5
    scale = alt.Scale(domain=[max(0.0, low - 0.02), 1.0], nice=False)
    diagonal = alt.Chart(pd.DataFrame({"at": [max(0.0, low - 0.02), 1.0]}))
    line = diagonal.mark_line(strokeDash=[4, 4], color=text_color, opacity=0.6).encode(
        x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale)
    )
    shown = legend(labels)
    base = alt.Chart(frame).encode(
        x=alt.X("confidence:Q", title="Confidence in the answer", scale=scale, axis=alt.Axis(format="%")),
        y=alt.Y("accuracy:Q", title="Share of right answers", scale=scale, axis=alt.Axis(format="%")),
        color=colour(colours, shown),
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("confidence:Q", title="Mean confidence", format=".1%"),
            alt.Tooltip("accuracy:Q", title="Right", format=".1%"),
            alt.Tooltip("examples:Q", title="Answers", format=","),
        ],
    )
    lines = base.mark_line(strokeWidth=2).encode(strokeDash=dash(colours, shown))
    drawn = lines + base.mark_point(filled=True, size=60)
    return readable(line, drawn, text_color=text_color, height=420, autosize=FIT_WIDTH)


def _angle(names: Sequence[str]) -> int:
    """The angle of the names below a matrix, at which all of them are readable."""
    return 0 if len(names) <= MAX_FIGURES and all(len(name) < SHORT for name in names) else -90


def _matrix(
    base: alt.Chart, title: str, size: int, text_color: str, domain: tuple[float, float] | None = None
) -> Layers:
    shares = base.data["share"].dropna()
    low, high = domain or ((shares.min(), shares.max()) if len(shares) else (0.0, 1.0))
    scale = alt.Scale(scheme=SCHEME, domain=[low, high], zero=False)
    cells = base.mark_rect().encode(
        color=alt.Color(
            "share:Q",
            scale=scale,
            legend=alt.Legend(title=title, titleColor=text_color, format=".0%", orient="bottom", gradientLength=160),
        )
    )
    if size > MAX_FIGURES:
        return readable(cells, text_color=text_color, height=alt.Step(26))
    is_dark = f"datum.share > {low + 0.7 * (high - low)}"
    figures = base.mark_text(fontSize=13).encode(
        text=alt.Text("share:Q", format=".1%"),
        color=alt.condition(is_dark, alt.value("#FFFFFF"), alt.value("#000000")),
        opacity=alt.condition("isValid(datum.share)", alt.value(1), alt.value(0)),
    )
    return readable(cells, figures, text_color=text_color, height=alt.Step(CELL))
