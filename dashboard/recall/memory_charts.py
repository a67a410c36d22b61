"""Charts of memory tests. Pure, as in ``dashboard.charts.charts``: an empty frame draws an empty chart."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.charts import (
    FIT,
    FIT_WIDTH,
    Layers,
    colour,
    dash,
    in_full,
    legend,
    look,
    of_band,
    readable,
    scale,
    tips,
    with_seeds,
)

PLOT_HEIGHT = 350
APART = 1.025
"""Dots that would overlap are moved apart by this factor, since many architectures reach exactly 100%."""
SMALL, LARGE = 190, 440
"""Height of the chart of all seeds in pixels."""
TOLD_APART_FROM = 0.12
"""The opacity of the dot of a seed that only guesses."""


def accuracy_by_steps(
    accuracy: pd.DataFrame, means: pd.DataFrame, chance: float, colours: Mapping[str, str], text_color: str
) -> Layers:
    """Mean test accuracy over seeds with a band of ± one standard deviation, every seed as a dot, and chance.

    If the seeds fall into two groups, there are only their dots and how many learnt it.
    """
    labels = [label for label in colours if label in set(means["label"])]
    shift = {label: APART ** (place - (len(labels) - 1) / 2) for place, label in enumerate(labels)}
    means, accuracy = (
        frame.assign(at=frame["steps"] * frame["label"].map(shift).astype(float)) for frame in (means, accuracy)
    )
    tested = sorted(set(means["steps"]))
    domain = [tested[0] * 0.8, tested[-1] * 1.25] if tested else [1, 100]
    x = alt.X(
        "at:Q", title="Steps back", scale=alt.Scale(type="log", domain=domain, nice=False),
        axis=alt.Axis(values=tested, format="d", grid=False),
    )  # fmt: skip
    lowest = min([chance - 0.1, *accuracy["test_accuracy"] - 0.03])
    y: dict[str, Any] = {
        "title": "Test accuracy",
        "scale": alt.Scale(domain=[lowest, 1.03], nice=False, zero=False),
        "axis": alt.Axis(format=".0%", values=[tenth / 10 for tenth in range(11)]),
    }
    picked = alt.selection_point(name="picked", fields=["label"], bind="legend")
    visible = alt.when(picked).then(alt.value(1)).otherwise(alt.value(0.1))
    shown = legend(labels, with_seeds(means))
    base = alt.Chart(means).encode(x=x, color=colour(colours, shown))
    band = base.mark_area(clip=True).encode(
        y=alt.Y("low:Q", **y),
        y2=alt.Y2("high:Q"),
        opacity=alt.when(picked).then(alt.value(of_band(text_color))).otherwise(alt.value(0.02)),
    )
    line = base.mark_line(strokeWidth=2.5).encode(
        y=alt.Y("mean:Q", **y), opacity=visible, strokeDash=dash(colours, shown)
    )
    points = base.mark_point(filled=True, size=70).encode(
        y=alt.Y("mean:Q", **y),
        opacity=visible,
        tooltip=tips(
            "label",
            "steps",
            alt.Tooltip("mean:Q", title="Mean test accuracy", format=".2%"),
            alt.Tooltip("std:Q", title="Standard deviation", format=".2%"),
            "n",
        ),
    )
    in_groups = means[means["groups"] != ""]
    in_groups = in_groups.assign(
        middle=(1 + chance) / 2,
        text=[f"{row.learnt:.0f} of {row.n} seeds" for row in in_groups.itertuples(index=False)],
    )
    groups = alt.Chart(in_groups).encode(x=x, y=alt.Y("middle:Q", **y), opacity=visible)
    groups = groups.mark_text(align="left", dx=8, fontSize=13).encode(
        color=colour(colours, shown), text=alt.Text("text:N"), tooltip=alt.Tooltip("groups:N", title="Seeds")
    )
    dots = (
        alt.Chart(accuracy)
        .mark_point(filled=True, fill="white", strokeWidth=1.5, size=22)
        .encode(
            x=x,
            y=alt.Y("test_accuracy:Q", **y),
            stroke=alt.Stroke("label:N", scale=scale(colours), legend=None),
            opacity=visible,
            tooltip=tips("label", "steps", "seed", "test_accuracy"),
        )
    )
    guessing = pd.DataFrame({"chance": [chance], "text": [f"chance: {chance:.0%}"]})
    at_chance = alt.Chart(guessing).encode(y=alt.Y("chance:Q", **y))
    rule = at_chance.mark_rule(strokeDash=[6, 4], color=text_color, opacity=0.6)
    chance_text = at_chance.mark_text(align="left", dy=10, dx=4, color=text_color, fontSize=13).encode(
        x=alt.XValue(0), text=alt.Text("text:N")
    )
    layers = rule, chance_text, band, line, points.add_params(picked), dots, groups
    title = "Generated data: accuracy by distance"
    return readable(*layers, text_color=text_color, height=PLOT_HEIGHT, title=title, autosize=FIT_WIDTH)


def seeds(frame: pd.DataFrame, colours: Mapping[str, str], large: bool, text_color: str) -> Layers:
    """A row for each test and architecture; at each distance a dot for each seed, the fuller the more it learnt."""
    tests, steps = list(dict.fromkeys(frame["test"])), sorted(set(frame["steps"]))
    size, font = (190, 18) if large else (46, 13)
    drawn = frame.assign(full=TOLD_APART_FROM + (1 - TOLD_APART_FROM) * frame["beyond_chance"])
    here = set(frame["architecture"])
    shown = legend([name for name in colours if name in here], of_lines=False, letter_width=10 if large else 7.5)
    base = alt.Chart(drawn).encode(
        x=alt.X("steps:O", title="Steps back", sort=steps, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("seed:O"),
        y=alt.Y("test:N", title=None, sort=tests, axis=alt.Axis(**in_full(tests, 20, font), domain=False, ticks=False)),
        yOffset=alt.YOffset("architecture:N", sort=list(colours)),
        tooltip=tips(
            alt.Tooltip("test:N", title="Test"),
            alt.Tooltip("architecture:N", title="Architecture"),
            "steps",
            "seed",
            "test_accuracy",
        ),
    )
    tone = alt.Color("architecture:N", scale=scale(colours), legend=shown)
    rings = base.mark_point(filled=False, size=size, strokeWidth=1.5).encode(color=tone)
    dots = base.mark_point(filled=True, size=size).encode(
        color=tone, opacity=alt.Opacity("full:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None)
    )
    config = look(text_color, font)
    height = LARGE if large else SMALL
    return readable(
        rings, dots, text_color=text_color, config=config, height=height, autosize=FIT if large else FIT_WIDTH
    )
