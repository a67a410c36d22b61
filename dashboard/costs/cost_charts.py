"""Charts of what architectures cost. Pure, as in ``dashboard.charts.charts``: an empty frame draws an empty chart."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from cache.core.formatting import count
from dashboard.charts.charts import (
    FIT_WIDTH,
    Layers,
    at_the_end,
    colour,
    legend,
    names,
    per_cent,
    readable,
    shape,
    tips,
    visible,
    with_room,
)
from dashboard.costs.cost_frames import pareto_front

BAR_STEP, SCATTER_HEIGHT = 34, 380
COST_TITLES = {
    "num_params": "Parameters",
    "seconds_per_epoch": "Seconds per epoch",
    "total_seconds": "Seconds in all",
}
LOGARITHMIC_FROM = 20
"""Costs that differ by this factor are drawn on a logarithmic axis."""


def parameter_bars(layers: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Draw the parameters of each label as a bar, stacked by layer, with the total at its end.

    Args:
        layers: A result of ``layers_frame``.
        colours: The colour of each label.
        text_color: The page's text colour.
    """
    base = alt.Chart(layers).encode(y=names(colours))
    bars = base.mark_bar().encode(
        x=alt.X(
            "num_params:Q",
            title="Parameters",
            scale=with_room(f"{total:,}" for total in layers["total"]),
            axis=alt.Axis(format=",d", tickCount=4),
        ),
        color=colour(colours, legend=None),
        opacity=alt.Opacity("position:O", scale=alt.Scale(range=[1, 0.4]), legend=None),
        order=alt.Order("position:Q"),
        tooltip=tips(
            "label",
            "layer",
            alt.Tooltip("formula:N", title="Formula"),
            "num_params",
            alt.Tooltip("num_trainable:Q", title="Trainable", format=",d"),
            alt.Tooltip("total:Q", title="All layers", format=",d"),
        ),
    )
    first = base.transform_filter("datum.position == 1")
    totals = at_the_end(first, text_color).encode(x=alt.X("total:Q"), text=alt.Text("total:Q", format=",d"))
    return readable(bars, totals, text_color=text_color, height=alt.Step(BAR_STEP))


def seconds_bars(seconds: pd.DataFrame, epochs: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Seconds of a steady epoch as a bar with its figure, each epoch as a dot.

    First epochs include tracing and compilation and would set the scale: see ``extra_bars``.
    """
    steady = epochs[~epochs["is_first"].astype(bool)]
    title = "Seconds per epoch"
    return _measured_bars(seconds, steady, "seconds_per_epoch", "train_seconds", title, colours, text_color)


def extra_bars(extra: pd.DataFrame, colours: Mapping[str, str], text_color: str) -> Layers:
    """Extra seconds of first epochs compared with steady ones: the mean over seeds as a bar, each seed as a dot."""
    means = extra.groupby("label", sort=False)["extra_seconds"].agg(["mean", "count"]).reset_index()
    means = means.rename(columns={"mean": "mean_extra", "count": "n"})
    title = "Extra seconds of the first epoch"
    return _measured_bars(means, extra, "mean_extra", "extra_seconds", title, colours, text_color)


def _measured_bars(
    means: pd.DataFrame,
    each: pd.DataFrame,
    mean: str,
    one: str,
    title: str,
    colours: Mapping[str, str],
    text_color: str,
) -> Layers:
    """The column ``mean`` as bars, and the column ``one`` of ``each`` as dots."""
    x: dict[str, Any] = {
        "title": title,
        "scale": with_room(f"{value:.2f}" for value in means[mean]),
        "axis": alt.Axis(tickCount=4),
    }
    base = alt.Chart(means).encode(y=names(colours), x=alt.X(f"{mean}:Q", **x))
    bars = base.mark_bar().encode(
        color=colour(colours, legend=None),
        tooltip=tips("label", alt.Tooltip(f"{mean}:Q", title=title, format=".2f"), "n"),
    )
    dots = (
        alt.Chart(each)
        .mark_point(filled=True, fill="white", stroke="#444444", strokeWidth=1, size=24, opacity=0.6)
        .encode(
            y=names(colours),
            x=alt.X(f"{one}:Q"),
            tooltip=tips(
                "label",
                "seed",
                *(["epoch"] if "epoch" in each else []),
                alt.Tooltip(f"{one}:Q", title="Seconds", format=".2f"),
            ),
        )
    )
    # The figure stands behind the last of bar and dots.
    longest = each.groupby("label", sort=False)[one].max().rename("longest")
    ends = means.merge(longest, on="label", how="left")
    figures = at_the_end(alt.Chart(ends).encode(y=names(colours)), text_color).encode(
        x=alt.X("longest:Q"), text=alt.Text(f"{mean}:Q", format=".2f")
    )
    return readable(bars, dots, figures, text_color=text_color, height=alt.Step(BAR_STEP))


def cost_title(cost: str, epochs: int) -> str:
    """The title of a cost: "Seconds in all 5 epochs" if it depends on the number of epochs."""
    return f"Seconds in all {count(epochs, 'epoch')}" if cost == "total_seconds" else COST_TITLES[cost]


def trade_off(points: pd.DataFrame, cost: str, epochs: int, colours: Mapping[str, str], text_color: str) -> Layers:
    """Test accuracy against a cost of runs with so many epochs, with error bars of ± one standard deviation over seeds.

    The Pareto front is drawn as steps through outlined points. For each point below it there is one that is at least as
    cheap and more accurate.
    """
    points = with_error_bars(points[points[cost].notna()], cost)
    there = set(points["label"])
    low, high = (points["cheap"].min(), points["dear"].max()) if len(points) else (1.0, 2.0)
    is_wide = low > 0 and high / low >= LOGARITHMIC_FROM
    x: dict[str, Any] = {
        "title": cost_title(cost, epochs) + (" (logarithmic)" if is_wide else ""),
        "scale": alt.Scale(type="log" if is_wide else "linear", zero=False, nice=False, padding=24),
        "axis": alt.Axis(format=",d" if cost == "num_params" else ",~r", tickCount=4, grid=False),
    }
    y: dict[str, Any] = {
        "title": "Test accuracy",
        "scale": alt.Scale(zero=False, nice=False, padding=20),
        "axis": alt.Axis(format=per_cent(points["high"].max() - points["low"].min()), tickCount=6),
    }
    picked = alt.selection_point(name="picked", fields=["label"], bind="legend")
    shown = legend([label for label in colours if label in there], of_lines=False)
    base = alt.Chart(points).encode(color=colour(colours, shown), opacity=visible("picked"))
    upright = base.mark_rule(strokeWidth=2).encode(alt.X(f"{cost}:Q", **x), alt.Y("low:Q", **y), y2=alt.Y2("high:Q"))
    level = base.mark_rule(strokeWidth=2).encode(
        alt.X("cheap:Q", **x), alt.Y("test_accuracy:Q", **y), x2=alt.X2("dear:Q")
    )
    dots = base.mark_point(filled=True, size=170, stroke=text_color).encode(
        alt.X(f"{cost}:Q", **x),
        alt.Y("test_accuracy:Q", **y),
        shape=shape(colours, shown),
        strokeWidth=alt.StrokeWidthValue(0, condition={"test": "datum.on_front", "value": 2.5}),
        tooltip=tips(
            "label",
            "test_accuracy",
            alt.Tooltip("test_accuracy_std:Q", title="± over seeds", format=".2%"),
            "n",
            "num_params",
            "seconds_per_epoch",
            alt.Tooltip("total_seconds:Q", title=cost_title("total_seconds", epochs), format=",.2f"),
            alt.Tooltip("num_timed:Q", title="Seeds timed"),
        ),
    )
    front = points[points["on_front"]].sort_values(cost)
    to_the_edge = front.tail(1).assign(**{cost: high})
    steps = (
        alt.Chart(pd.concat([front, to_the_edge]))
        .mark_line(interpolate="step-after", strokeDash=[5, 4], color=text_color, opacity=0.7)
        .encode(alt.X(f"{cost}:Q", **x), alt.Y("test_accuracy:Q", **y))
    )
    layers = steps, upright, level, dots.add_params(picked)
    return readable(*layers, text_color=text_color, height=SCATTER_HEIGHT, autosize=FIT_WIDTH)


def with_error_bars(points: pd.DataFrame, cost: str) -> pd.DataFrame:
    """Return the points with the ends of their error bars, and whether each is on the Pareto front."""
    by = points["test_accuracy_std"].fillna(0)
    aside = points[f"{cost}_std"].fillna(0) if f"{cost}_std" in points else 0
    return points.assign(
        low=(points["test_accuracy"] - by).clip(0.0, 1.0),
        high=(points["test_accuracy"] + by).clip(0.0, 1.0),
        cheap=points[cost] - aside,
        dear=points[cost] + aside,
        on_front=pd.Series(
            pareto_front(points[cost].tolist(), points["test_accuracy"].tolist()), points.index, dtype=bool
        ),
    )
