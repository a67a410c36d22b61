"""Charts of a dataset, like those of ``dashboard.charts.charts``: pure, an empty frame draws an empty chart."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import Layers, names, readable

SPLIT_COLOURS = {"train": "#2060D8", "validation": "#C87800", "test": "#B080C8", "all": "#2060D8"}
BARS, RULE = "#2060D8", "#BB3100"
"""From ``colours.PALETTE``."""
CLASS_STEP, WORD_STEP, HEIGHT = 26, 21, 300


def class_bars(balance: pd.DataFrame, classes: Sequence[str], text_color: str) -> Layers:
    """Texts of each class, stacked by split."""
    splits = [split for split in SPLIT_COLOURS if split in set(balance["split"])]
    legend = alt.Legend(orient="bottom", title=None) if len(splits) > 1 else None
    bars = (
        alt.Chart(balance)
        .mark_bar()
        .encode(
            y=names(classes),
            x=alt.X("num_texts:Q", title="Texts", axis=alt.Axis(format=",d", tickCount=4, tickMinStep=1)),
            color=alt.Color(
                "split:N",
                legend=legend,
                scale=alt.Scale(domain=splits, range=[SPLIT_COLOURS[split] for split in splits]),
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("label:N", title="Class"),
                alt.Tooltip("split:N", title="Split"),
                alt.Tooltip("num_texts:Q", title="Texts", format=",d"),
                alt.Tooltip("share:Q", title="Share of the split", format=".1%"),
            ],
        )
        .transform_calculate(place=f"indexof({splits!r}, datum.split)")
    )
    return readable(bars, text_color=text_color, height=alt.Step(CLASS_STEP))


def length_bars(lengths: pd.DataFrame, cut: int | None, unit: str, text_color: str) -> Layers:
    """The number of texts by number of tokens, with a rule at ``cut``, where longer texts are cut off."""
    top = max(lengths["end"].max() if len(lengths) else 1, (cut or 0) * 1.05)
    x = alt.X(
        "start:Q",
        title=f"{unit.capitalize()} in a text",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickMinStep=1, format=",d"),
    )
    bars = (
        alt.Chart(lengths)
        .mark_rect(color=BARS, opacity=0.85)
        .encode(
            x=x,
            x2=alt.X2("end:Q"),
            y=alt.Y(
                "num_texts:Q",
                title="Texts",
                axis=alt.Axis(format=",d", tickMinStep=1),
                scale=alt.Scale(domain=[0, 1.15 * (lengths["num_texts"].max() if len(lengths) else 1)]),
            ),
            y2=alt.datum(0),
            tooltip=[
                alt.Tooltip("start:Q", title=f"{unit.capitalize()} from", format=",d"),
                alt.Tooltip("end:Q", title="to below", format=",d"),
                alt.Tooltip("num_texts:Q", title="Texts", format=",d"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
            ],
        )
    )
    layers = [bars]
    if cut is not None:
        at = alt.Chart(pd.DataFrame({"cut": [cut], "text": [f"cut at {cut:,}"]})).encode(x=alt.X("cut:Q"))
        layers.append(at.mark_rule(color=RULE, strokeWidth=2.5))
        side: dict[str, Any] = {"align": "left", "dx": 6} if cut < 0.7 * top else {"align": "right", "dx": -6}
        layers.append(at.mark_text(color=RULE, baseline="top", fontSize=13, fontWeight="bold", y=2, **side)
                      .encode(text=alt.Text("text:N")))  # fmt: skip
    return readable(*layers, text_color=text_color, height=HEIGHT)


def word_bars(words: pd.DataFrame, text_color: str) -> Layers:
    """The most frequent words, the most frequent on top."""
    bars = (
        alt.Chart(words)
        .mark_bar(color=BARS)
        .encode(
            y=alt.Y("word:N", title=None, sort=words["word"].tolist(), axis=alt.Axis(labelOverlap=False)),
            x=alt.X(
                "occurrences:Q", title="Occurrences in the training texts", axis=alt.Axis(format=",d", tickCount=4)
            ),
            tooltip=[
                alt.Tooltip("word:N", title="Token"),
                alt.Tooltip("occurrences:Q", title="Occurrences", format=",d"),
                alt.Tooltip("share:Q", title="Share of all tokens", format=".2%"),
            ],
        )
    )
    return readable(bars, text_color=text_color, height=alt.Step(WORD_STEP))
