"""DataFrames to Altair charts. Pure: no file, no session; an empty frame draws an empty chart.

``colours`` maps each label to its colour, in the order of the line-up; all charts share it. ``ink`` is the text colour
of the page, which depends on the theme.
"""

import math
from collections.abc import Mapping

import altair as alt
import pandas as pd

BAR_STEP = 34
PLOT_HEIGHT, LEGEND_ROW_HEIGHT, LEGEND_COLUMNS = 330, 24, 2
METRIC_TITLES = {"accuracy": "Accuracy", "loss": "Loss (cross-entropy)"}


def parameter_bars(layers: pd.DataFrame, colours: Mapping[str, str], ink: str) -> alt.LayerChart:
    """Parameters of each label, stacked by layer, the total at the end of the bar."""
    base = alt.Chart(layers).encode(y=_labels(colours))
    bars = base.mark_bar().encode(
        x=alt.X("num_params:Q", title="Parameters", axis=alt.Axis(format="~s", tickCount=5)),
        color=_colour(colours, legend=None),
        opacity=alt.Opacity("position:O", scale=alt.Scale(range=[1, 0.4]), legend=None),
        order="position:Q",
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("layer:N", title="Layer"),
            alt.Tooltip("formula:N", title="Formula"),
            alt.Tooltip("num_params:Q", title="Parameters", format=","),
            alt.Tooltip("total:Q", title="Of in all", format=","),
        ],
    )
    totals = (
        base.transform_filter("datum.position == 1")
        .mark_text(align="left", dx=6, fontSize=13, color=ink)
        .encode(x="total:Q", text=alt.Text("total:Q", format=","))
    )
    return _readable((bars + totals).properties(height=alt.Step(BAR_STEP)))


def seconds_bars(epochs: pd.DataFrame, colours: Mapping[str, str]) -> alt.LayerChart:
    """Median training seconds of a steady epoch as a bar, every epoch's own measurement as a dot on it.

    First epochs, which include tracing and compilation, are hollow diamonds and not part of the median.
    """
    base = alt.Chart(epochs).encode(y=_labels(colours))
    steady = base.transform_filter("!datum.is_first")
    bars = (
        steady.transform_aggregate(median="median(train_seconds)", epochs="count()", groupby=["label"])
        .mark_bar()
        .encode(
            x=alt.X("median:Q", title="Training seconds per epoch"),
            color=_colour(colours, legend=None),
            tooltip=[
                alt.Tooltip("label:N", title="Architecture"),
                alt.Tooltip("median:Q", title="Median seconds", format=".2f"),
                alt.Tooltip("epochs:Q", title="Epochs measured"),
            ],
        )
    )
    details = [
        alt.Tooltip("label:N", title="Architecture"),
        alt.Tooltip("seed:Q", title="Seed"),
        alt.Tooltip("epoch:Q", title="Epoch"),
        alt.Tooltip("train_seconds:Q", title="Seconds", format=".2f"),
        alt.Tooltip("device:N", title="Device"),
    ]
    dots = steady.mark_point(filled=True, fill="white", stroke="#444444", strokeWidth=1, size=28, opacity=0.85).encode(
        x="train_seconds:Q", tooltip=details
    )
    first = (
        base.transform_filter("datum.is_first")
        .mark_point(shape="diamond", size=55, filled=False)
        .encode(x="train_seconds:Q", color=_colour(colours, legend=None), tooltip=details)
    )
    return _readable((bars + dots + first).properties(height=alt.Step(BAR_STEP)))


def curves(
    bands: pd.DataFrame, metric: str, split: str, colours: Mapping[str, str], domain: tuple[float, float] | None
) -> alt.LayerChart:
    """Mean of a metric over seeds at each epoch of one split, with a band of ± one standard deviation.

    ``domain`` is the range of the y-axis, so that two charts can share it. A click in the legend isolates a label.
    """
    labels = [label for label in colours if label in set(bands["label"])]
    legend = alt.Legend(
        values=labels, orient="bottom", columns=LEGEND_COLUMNS, labelLimit=0, title=None, symbolOpacity=1
    )
    picked = alt.selection_point(name="picked", fields=["label"], bind="legend")
    y_scale = alt.Scale(domain=domain, zero=False, nice=domain is None) if domain else alt.Scale(zero=False)
    base = (
        alt.Chart(bands)
        .transform_filter(alt.datum.split == split)
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, format="d")),
            color=_colour(colours, legend),
        )
    )
    band = base.mark_area().encode(
        y=alt.Y("low:Q", title=METRIC_TITLES[metric], scale=y_scale, axis=_metric_axis(metric)),
        y2="high:Q",
        opacity=alt.when(picked).then(alt.value(0.18)).otherwise(alt.value(0.03)),
    )
    visible = alt.when(picked).then(alt.value(1)).otherwise(alt.value(0.12))
    marked = base.encode(
        y=alt.Y("mean:Q", title=METRIC_TITLES[metric], scale=y_scale, axis=_metric_axis(metric)), opacity=visible
    )
    points = marked.mark_point(filled=True, size=45).encode(
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("mean:Q", title=f"Mean {metric}", format=".4f"),
            alt.Tooltip("low:Q", title="− 1 std", format=".4f"),
            alt.Tooltip("high:Q", title="+ 1 std", format=".4f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    chart = band + marked.mark_line(strokeWidth=2.5) + points.add_params(picked)
    # The height that Streamlit gives a chart holds its legend, too.
    height = PLOT_HEIGHT + LEGEND_ROW_HEIGHT * math.ceil(len(labels) / LEGEND_COLUMNS)
    return _readable(chart.properties(height=height))


def shared_domain(bands: pd.DataFrame) -> tuple[float, float] | None:
    """The range that holds every mean and band, with a little air; None for an empty frame."""
    if bands.empty:
        return None
    low, high = bands[["mean", "low"]].min().min(), bands[["mean", "high"]].max().max()
    air = 0.04 * (high - low) or 0.01
    return low - air, high + air


def _readable(chart: alt.LayerChart) -> alt.LayerChart:
    """Type that can be read from the back of a room."""
    return chart.configure_axis(labelFontSize=13, titleFontSize=14).configure_legend(labelFontSize=13)


def _labels(colours: Mapping[str, str]) -> alt.Y:
    return alt.Y("label:N", title=None, sort=list(colours), axis=alt.Axis(labelLimit=260))


def _colour(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("label:N", scale=scale, legend=legend)


def _metric_axis(metric: str) -> alt.Axis:
    return alt.Axis(format=".0%") if metric == "accuracy" else alt.Axis()
