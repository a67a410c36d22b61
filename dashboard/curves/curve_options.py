"""How curves are drawn: the choices and their widgets, each bound to the URL by its key."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cache.core.limits import MAX_EPOCHS
from dashboard.shell import links
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.training import metrics
from models.training.metrics import metrics_of

METRICS = {task: tuple(metric.key for metric in metrics_of(task)) for task in (CLASSIFICATION, NEXT_WORD)}
METRIC_NAMES = {metric.key: metric.title for metric in metrics.METRICS}
EPOCH, EXAMPLES, SECONDS = "epoch", "examples", "seconds"
AXES = {EPOCH: "Epochs", EXAMPLES: "Examples seen", SECONDS: "Seconds"}
DEVIATION, INTERVAL, RANGE = "deviation", "interval", "range"
BANDS = {DEVIATION: "± 1 standard deviation", INTERVAL: "95% interval of the mean", RANGE: "minimum to maximum"}
CHOICES = {
    **{key: [METRIC_NAMES[metric] for metric in METRICS[task]] for task, key in links.METRIC_KEYS.items()},
    "x": list(AXES.values()),
    "band": list(BANDS.values()),
}
"""The allowed values of each key in the URL."""
RANGES = {"smoothing": (0.0, 0.95), "from_epoch": (1, MAX_EPOCHS)}


@dataclass(frozen=True)
class CurveOptions:
    """How curves are drawn. ``only`` are the labels to draw, all if empty. ``smoothing`` is the weight of earlier
    values, 0 to 1.
    """

    metric: str = "accuracy"
    axis: str = EPOCH
    band: str = DEVIATION
    smoothing: float = 0.0
    from_epoch: int = 1
    same_scale: bool = False
    only: tuple[str, ...] = ()


def choose_curves(task: str, labels: Sequence[str]) -> CurveOptions:
    """Ask how curves are drawn.

    Args:
        task: "classification" or "next_word".
        labels: The labels that can be hidden.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Metric", METRICS[task], default="accuracy", required=True, format_func=METRIC_NAMES.__getitem__,
            key=links.METRIC_KEYS[task], bind="query-params", width="content",
        )  # fmt: skip
        axis = st.segmented_control(
            "Against", list(AXES), default=EPOCH, required=True,
            format_func=AXES.__getitem__, key="x", bind="query-params",
            width="content", help="Seconds of training only, summed up to each epoch.",
        )  # fmt: skip
        band = st.selectbox(
            "Band over seeds", list(BANDS), format_func=BANDS.__getitem__, key="band", bind="query-params", width=250,
            help="The 95% interval of the mean over seeds (Student's t). With few seeds it is wide.",
        )  # fmt: skip
        smoothing = st.slider(
            "Smoothing", *RANGES["smoothing"], 0.0, 0.05, key="smoothing", bind="query-params", width=170,
            help="Exponential moving average: the weight of the earlier values. The thin line shows the values "
                 "before smoothing; band and best epoch belong to it.",
        )  # fmt: skip
        from_epoch = st.number_input(
            "From epoch", *RANGES["from_epoch"], 1, key="from_epoch", bind="query-params", width=130,
            help="Hides the first epochs, so that the scale fits the others.",
        )  # fmt: skip
        only = st.multiselect(
            "Show only", labels, key="only", bind="query-params", placeholder="all architectures", width=360
        )
        same_scale = st.toggle("Same scale in both", key="same_scale", bind="query-params", width="content")
    return CurveOptions(metric, axis, band, round(smoothing, 2), int(from_epoch), same_scale, tuple(only))
