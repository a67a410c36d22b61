"""DataFrames to Altair charts. Pure: no file, no session; an empty frame draws an empty chart.

``colours`` maps each label to its colour, in the order of the line-up; all charts share it. ``ink`` is the text colour
of the page, which depends on the theme.
"""

import math
from collections.abc import Mapping

import altair as alt
import pandas as pd

BAR_STEP = 34
PLOT_HEIGHT, LEGEND_ROW_HEIGHT, LEGEND_COLUMNS = 350, 24, 2
METRIC_TITLES = {
    "accuracy": "accuracy",
    "top5_accuracy": "top-5 accuracy",
    "perplexity": "perplexity",
    "loss": "loss (cross-entropy)",
}
SPLIT_TITLES = {"train": "Training", "validation": "Validation"}
FINE_RANGE = 0.08
"""Below this range of accuracies whole percentages would repeat along the axis."""


def parameter_bars(layers: pd.DataFrame, colours: Mapping[str, str], ink: str) -> alt.LayerChart:
    """Parameters of each label, stacked by layer, the total at the end of the bar."""
    base = alt.Chart(layers).encode(y=_labels(colours))
    bars = base.mark_bar().encode(
        x=alt.X("num_params:Q", title="Parameters", axis=alt.Axis(format=",d", tickCount=4)),
        color=_colour(colours, legend=None),
        opacity=alt.Opacity("position:O", scale=alt.Scale(range=[1, 0.4]), legend=None),
        order="position:Q",
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("layer:N", title="Layer"),
            alt.Tooltip("formula:N", title="Formula"),
            alt.Tooltip("num_params:Q", title="Parameters", format=",d"),
            alt.Tooltip("num_trainable:Q", title="Trainable", format=",d"),
            alt.Tooltip("total:Q", title="All layers", format=",d"),
        ],
    )
    first = base.transform_filter("datum.position == 1")
    totals = _at_the_end(first, ink).encode(x="total:Q", text=alt.Text("total:Q", format=",d"))
    return readable((bars + totals).properties(height=alt.Step(BAR_STEP)), ink)


def seconds_bars(seconds: pd.DataFrame, epochs: pd.DataFrame, colours: Mapping[str, str], ink: str) -> alt.LayerChart:
    """Seconds of a steady epoch as a bar with its figure, every epoch's own measurement as a dot on it.

    First epochs, which include tracing and compilation, would set the scale, and are left to the leaderboard.
    """
    base = alt.Chart(seconds).encode(y=_labels(colours), x=alt.X("seconds_per_epoch:Q", title="Seconds per epoch"))
    bars = base.mark_bar().encode(
        color=_colour(colours, legend=None),
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("seconds_per_epoch:Q", title="Seconds per epoch", format=".2f"),
            alt.Tooltip("n:Q", title="Seeds"),
            alt.Tooltip("device:N", title="Device"),
        ],
    )
    dots = (
        alt.Chart(epochs[~epochs["is_first"].astype(bool)])
        .mark_point(filled=True, fill="white", stroke="#444444", strokeWidth=1, size=24, opacity=0.6)
        .encode(
            y=_labels(colours),
            x="train_seconds:Q",
            tooltip=[
                alt.Tooltip("label:N", title="Architecture"),
                alt.Tooltip("seed:Q", title="Seed"),
                alt.Tooltip("epoch:Q", title="Epoch"),
                alt.Tooltip("train_seconds:Q", title="Seconds", format=".2f"),
            ],
        )
    )
    slowest = alt.Chart(_slowest(seconds, epochs)).encode(y=_labels(colours))
    figures = _at_the_end(slowest, ink).encode(x="slowest:Q", text=alt.Text("seconds_per_epoch:Q", format=".2f"))
    return readable((bars + dots + figures).properties(height=alt.Step(BAR_STEP)), ink)


def curves(
    bands: pd.DataFrame,
    metric: str,
    split: str,
    colours: Mapping[str, str],
    domain: tuple[float, float] | None,
    ink: str,
) -> alt.LayerChart:
    """Mean of a metric over seeds at each epoch of one split, with a band of ± one standard deviation.

    ``domain`` is the range of the y-axis, so that two charts can share it. A click in the legend isolates a label.
    """
    drawn = bands[bands["split"] == split]
    labels = [label for label in colours if label in set(drawn["label"])]
    legend = alt.Legend(
        values=labels, orient="bottom", columns=LEGEND_COLUMNS, labelLimit=0, title=None, symbolOpacity=1
    )
    picked = alt.selection_point(name="picked", fields=["label"], bind="legend")
    low, high = domain or shared_domain(drawn) or (0.0, 1.0)
    number = _number(metric, high - low)
    y = {
        "title": METRIC_TITLES[metric].capitalize(),
        "scale": alt.Scale(domain=[low, high], nice=False, zero=False),
        "axis": alt.Axis(format=number, tickCount=6),
    }
    base = alt.Chart(drawn).encode(
        x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, format="d", labelFlush=False)),
        color=_colour(colours, legend),
    )
    band = base.mark_area(clip=True).encode(
        y=alt.Y("low:Q", **y),
        y2="high:Q",
        opacity=alt.when(picked).then(alt.value(0.18)).otherwise(alt.value(0.03)),
    )
    visible = alt.when(picked).then(alt.value(1)).otherwise(alt.value(0.12))
    marked = base.encode(y=alt.Y("mean:Q", **y), opacity=visible)
    figure = ".2%" if metric.endswith("accuracy") else ",.4r" if metric == "perplexity" else ".4f"
    points = marked.mark_point(filled=True, size=45).encode(
        tooltip=[
            alt.Tooltip("label:N", title="Architecture"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("mean:Q", title=f"Mean {METRIC_TITLES[metric]}", format=figure),
            alt.Tooltip("low:Q", title="− 1 std", format=figure),
            alt.Tooltip("high:Q", title="+ 1 std", format=figure),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    chart = band + marked.mark_line(strokeWidth=2.5) + points.add_params(picked)
    # The height that Streamlit gives a chart holds its title and its legend, too.
    height = PLOT_HEIGHT + LEGEND_ROW_HEIGHT * math.ceil(len(labels) / LEGEND_COLUMNS)
    return readable(chart.properties(height=height, title=f"{SPLIT_TITLES[split]} {METRIC_TITLES[metric]}"), ink)


def _number(metric: str, span: float) -> str:
    """The format of an axis that spans so much."""
    if metric.endswith("accuracy"):
        return ".1%" if span < FINE_RANGE else ".0%"
    return ",.0f" if metric == "perplexity" else ".2f"


def shared_domain(bands: pd.DataFrame) -> tuple[float, float] | None:
    """The range that holds every mean and band, with a little air; None for an empty frame."""
    if bands.empty:
        return None
    low, high = bands[["mean", "low"]].min().min(), bands[["mean", "high"]].max().max()
    air = 0.04 * (high - low) or 0.01
    return low - air, high + air


def _slowest(seconds: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """``seconds`` with each label's slowest steady epoch, behind which there is room for a figure."""
    steady = epochs[~epochs["is_first"].astype(bool)]
    slowest = steady.groupby("label", sort=False)["train_seconds"].max().rename("slowest")
    return seconds.merge(slowest, on="label", how="left")


def _at_the_end(base: alt.Chart, ink: str) -> alt.Chart:
    return base.mark_text(align="left", dx=7, fontSize=13, color=ink)


def readable(chart: alt.LayerChart, ink: str) -> alt.LayerChart:
    """Type that can be read from the back of a room."""
    return (
        chart.configure_axis(labelFontSize=13, titleFontSize=14, labelColor=ink, titleColor=ink)
        .configure_legend(labelFontSize=13, labelColor=ink)
        .configure_title(fontSize=15, color=ink, anchor="start")
    )


def _labels(colours: Mapping[str, str]) -> alt.Y:
    return alt.Y("label:N", title=None, sort=list(colours), axis=alt.Axis(labelLimit=230))


def _colour(colours: Mapping[str, str], legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("label:N", scale=scale, legend=legend)
