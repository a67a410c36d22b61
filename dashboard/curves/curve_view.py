"""The curves of Compare with their captions."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from cache.core.formatting import count
from cache.results.results import Result, timed
from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.charts.plots import Plot, show
from dashboard.curves import curve_charts, curve_frames
from dashboard.curves.curve_charts import Baseline
from dashboard.curves.curve_options import BANDS, EXAMPLES, SECONDS, CurveOptions
from dashboard.shell import session
from dashboard.shell.cached import cached
from dashboard.shell.markdown import escape_markdown
from models.encoded.encoded import encoded_classes
from models.experiments.comparison import Comparison
from models.machine.devices import Device
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.training.metrics import BY_KEY, VALIDATION

UNEQUAL = 1.1
"""From this many times as frequent as the mean, the most frequent class is the better baseline to compare with."""


def curves(store: RunStore, compared: Compared, options: CurveOptions) -> list[Plot]:
    """Draw learning curves with a caption, and return the plot; none before the first epoch."""
    comparison, results, device = compared.comparison, compared.results, compared.device
    drawn = timed(results, device.name, compared.include_contended) if options.axis == SECONDS else results
    baseline = None
    if comparison.task == CLASSIFICATION and options.metric == "accuracy":
        baseline = baseline_of(store, comparison)
    plot = cached(_curves, drawn, options, comparison.num_train, compared.colours, baseline, session.text_color())
    if plot is None:
        _nothing(results, options, device)
        return []
    show(plot)
    line = "Line: one seed, without a band."
    if plot.frame["n"].max() > 1:
        line = (
            f"Line: mean over n seeds (see the legend). Band: {BANDS[options.band]} over seeds. The tooltip shows "
            "the number of seeds at each epoch."
        )
    notes = [
        line,
        "Diamond: the epoch with the best mean on the validation split, also marked on the training curve. The "
        "leaderboard has the best epoch of each seed.",
    ]
    if options.smoothing:
        notes.append("Thick line: smoothed. Thin line, band and diamond: as measured.")
    if options.axis == SECONDS:
        notes.append(_of_seconds(results, drawn, device))
    if options.axis == EXAMPLES and comparison.task == NEXT_WORD:
        notes.append(f"One epoch is assumed to have {comparison.num_train:,} words; a small dataset has fewer.")
    if baseline:
        notes.append(escape_markdown(baseline.explanation))
    st.caption(" ".join(notes))
    st.caption(
        "Click a name in the legend to show it alone, Shift-click to add others, double-click for all. Ctrl or ⌘ "
        "and the wheel, or a pinch, zooms both axes at the pointer; drag to move, double-click to reset."
    )
    return [plot]


def baseline_of(store: RunStore, comparison: Comparison) -> Baseline:
    """Return the accuracy without reading: that of the most frequent class, where the classes were encoded."""
    dataset = comparison.dataset
    classes = encoded_classes(dataset, comparison.train_examples, comparison.encoding, store.root, VALIDATION)
    if classes is not None and len(classes):
        counts = np.bincount(classes, minlength=dataset.num_classes)
        if counts.max() > UNEQUAL * counts.mean():
            share, name = float(counts.max() / len(classes)), dataset.labels[int(counts.argmax())]
            return Baseline(
                share, f"always “{name}”", f"Always “{name}”: {share:.1%}, the accuracy of giving every text of the "
                "validation split its most frequent class. Drawn if it is within the scale."
            )  # fmt: skip
    chance = 1 / dataset.num_classes
    return Baseline(
        chance, "chance", f"Chance: {100 * chance:.3g}%, the accuracy of guessing among {dataset.num_classes} classes, "
        "if they are equally frequent. Drawn if it is within the scale."
    )  # fmt: skip


def _curves(
    results: Sequence[Result],
    options: CurveOptions,
    num_train: int,
    colours: Mapping[str, str],
    baseline: Baseline | None,
    text_color: str,
) -> Plot | None:
    bands = curve_frames.bands_frame(curve_frames.curves_frame(results), options, num_train)
    if bands.empty:
        return None
    return plot_of(
        bands, options, colours, baseline, {result.device for result in results if result.epochs}
    ).with_text_color(text_color)


def plot_of(
    bands: pd.DataFrame,
    options: CurveOptions,
    colours: Mapping[str, str],
    baseline: Baseline | None,
    devices: Collection[str | None],
) -> Plot:
    """Return the plot of learning curves.

    Args:
        bands: A result of ``bands_frame``.
        options: How the curves are drawn.
        colours: The colour of each label.
        baseline: The accuracy without reading; no rule if None.
        devices: The devices that the caption names.
    """
    metric, axis = curve_charts.METRIC_TITLES[options.metric], curve_charts.AXIS_TITLES[options.axis]
    return Plot(
        f"{metric.capitalize()} by {axis.lower()}",
        curve_charts.described(bands, options),
        curve_charts.curves,
        (bands, options, colours, baseline),
        bands,
        f"Measured on {', '.join(sorted(filter(None, devices)))}. Line: mean over seeds; band: {BANDS[options.band]}; "
        "diamond: best on the validation split.",
    )


def _of_seconds(results: Sequence[Result], drawn: Sequence[Result], device: Device) -> str:
    note = (
        f"Seconds: training only, on {escape_markdown(device.name)}, including tracing and compilation at the "
        "start. Each point is the mean over seeds at the end of an epoch."
    )
    left_out = sum(bool(result.epochs) for result in results) - len(drawn)
    if left_out:
        note += f" {count(left_out, 'run')} left out: measured on another device, or while the device was not free."
    return note


def _nothing(results: Sequence[Result], options: CurveOptions, device: Device) -> None:
    measured = [epoch for result in results for epoch in result.epochs]
    metric = BY_KEY[options.metric]
    if measured and all(metric.value(epoch, VALIDATION) is None for epoch in measured):
        st.info(
            f"{metric.title} was not measured: these runs are older than this metric. Choose another one, or delete "
            "the runs on the page Runs and train them anew.",
            icon=":material/show_chart:",
        )
    elif measured:
        st.info(
            f"No seconds to draw: no run of this line-up was timed on {escape_markdown(device.name)} while nothing "
            "else used it. Choose another axis, or measure again.",
            icon=":material/timer_off:",
        )
    else:
        st.info("Curves appear after the first epoch.", icon=":material/show_chart:")
