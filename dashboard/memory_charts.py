"""Accuracy against steps back, in the manner of ``dashboard.charts``: pure, an empty frame draws an empty chart."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard.charts import FIT_WIDTH, Layers, colour, dash, legend, of_band, readable, scale, with_seeds

PLOT_HEIGHT = 350
APART = 1.025
"""Neighbours on the axis stand apart by this factor: many architectures get exactly 100%."""


def accuracy_by_steps(accuracy: pd.DataFrame, means: pd.DataFrame, colours: Mapping[str, str], ink: str) -> Layers:
    """Mean test accuracy over seeds with a band of ± one standard deviation, every seed as a dot, and chance."""
    labels = [label for label in colours if label in set(means["label"])]
    shift = {label: APART ** (place - (len(labels) - 1) / 2) for place, label in enumerate(labels)}
    means, accuracy = (
        frame.assign(at=frame["steps"] * frame["label"].map(shift).astype(float)) for frame in (means, accuracy)
    )
    tested = sorted(set(means["steps"]))
    domain = [tested[0] * 0.8, tested[-1] * 1.25] if tested else [1, 100]
    x = alt.X(
        "at:Q", title="Steps back from either end", scale=alt.Scale(type="log", domain=domain, nice=False),
        axis=alt.Axis(values=tested, format="d", grid=False),
    )  # fmt: skip
    lowest = min([0.4, *accuracy["test_accuracy"] - 0.03])
    y = {
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
        opacity=alt.when(picked).then(alt.value(of_band(ink))).otherwise(alt.value(0.02)),
    )
    line = base.mark_line(strokeWidth=2.5).encode(
        y=alt.Y("mean:Q", **y), opacity=visible, strokeDash=dash(colours, shown)
    )
    points = base.mark_point(filled=True, size=70).encode(
        y=alt.Y("mean:Q", **y),
        opacity=visible,
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("steps:Q", title="Steps back"),
            alt.Tooltip("mean:Q", title="Mean test accuracy", format=".2%"),
            alt.Tooltip("std:Q", title="Standard deviation", format=".2%"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    dots = (
        alt.Chart(accuracy)
        .mark_point(filled=True, fill="white", strokeWidth=1.5, size=22)
        .encode(
            x=x,
            y=alt.Y("test_accuracy:Q", **y),
            stroke=alt.Stroke("label:N", scale=scale(colours), legend=None),
            opacity=visible,
            tooltip=[
                alt.Tooltip("label:N", title="Architecture"),
                alt.Tooltip("steps:Q", title="Steps back"),
                alt.Tooltip("seed:Q", title="Seed"),
                alt.Tooltip("test_accuracy:Q", title="Test accuracy", format=".2%"),
            ],
        )
    )
    chance = alt.Chart(pd.DataFrame({"chance": [0.5], "says": ["chance: 50%"]})).encode(y=alt.Y("chance:Q", **y))
    rule = chance.mark_rule(strokeDash=[6, 4], color=ink, opacity=0.6)
    says = chance.mark_text(align="left", dy=10, dx=4, color=ink, fontSize=13).encode(
        x=alt.XValue(0), text=alt.Text("says:N")
    )
    layers = rule, says, band, line, points.add_params(picked), dots
    title = "Generated data: accuracy by distance"
    return readable(*layers, ink=ink, height=PLOT_HEIGHT, title=title, autosize=FIT_WIDTH)
