"""The curves of Compare: values to a frame, drawn and explained."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import streamlit as st

from cache.results import Result
from cache.wording import count
from dashboard import curve_charts, curve_frames, session
from dashboard.cached import cached
from dashboard.cost_frames import timed
from dashboard.curve_options import BANDS, EXAMPLES, SECONDS, CurveOptions
from dashboard.plain import plain
from dashboard.plots import Plot, show
from models.comparison import Comparison
from models.devices import Device
from models.tasks import CLASSIFICATION, NEXT_WORD


def curves(
    comparison: Comparison,
    results: Sequence[Result],
    colours: Mapping[str, str],
    options: CurveOptions,
    device: Device,
    include_contended: bool,
) -> list[Plot]:
    drawn = timed(results, device.name, include_contended) if options.axis == SECONDS else results
    chance = None
    if comparison.task == CLASSIFICATION and options.metric == "accuracy":
        chance = 1 / comparison.dataset.num_classes
    plot = cached(_curves, drawn, options, comparison.num_train, colours, chance, session.ink())
    if plot is None:
        _nothing(results, device)
        return []
    show(plot)
    line = "Line: one seed, which has no band."
    if plot.frame["n"].max() > 1:
        line = (
            f"Line: mean over n seeds, as the legend says. Band: {BANDS[options.band]} over seeds; the pointer tells "
            "how many at each epoch."
        )
    notes = [
        line,
        "Diamond: the epoch at which the mean on the validation split is best, marked in training, too; each seed's "
        "own is in the leaderboard.",
    ]
    if options.smoothing:
        notes.append("Thick: smoothed; thin, with band and diamond: as measured.")
    if options.axis == SECONDS:
        notes.append(_of_seconds(results, drawn, device))
    if options.axis == EXAMPLES and comparison.task == NEXT_WORD:
        notes.append(f"An epoch is taken for {comparison.num_train:,} words; a small dataset has fewer.")
    if chance is not None:
        notes.append(
            f"Chance: {100 * chance:.3g}%, a guess among {comparison.dataset.num_classes} equally frequent classes; "
            "drawn where it lies within the scale."
        )
    st.caption(" ".join(notes))
    st.caption(
        "Click a name in the legend to single it out, shift-click for more, double-click for all. Ctrl or ⌘ and wheel, "
        "or a pinch, zooms in on what is under the pointer, along both axes; drag to move, double-click to go back."
    )
    return [plot]


def _curves(
    results: Sequence[Result],
    options: CurveOptions,
    num_train: int,
    colours: Mapping[str, str],
    chance: float | None,
    ink: str,
) -> Plot | None:
    bands = curve_frames.bands_frame(curve_frames.curves_frame(results), options, num_train)
    if bands.empty:
        return None
    return plot_of(bands, options, colours, chance, {result.device for result in results if result.epochs}).in_ink(ink)


def plot_of(
    bands: pd.DataFrame,
    options: CurveOptions,
    colours: Mapping[str, str],
    chance: float | None,
    devices: Collection[str | None],
) -> Plot:
    metric, axis = curve_charts.METRIC_TITLES[options.metric], curve_charts.AXIS_TITLES[options.axis]
    return Plot(
        f"{metric.capitalize()} by {axis.lower()}",
        curve_charts.described(bands, options),
        curve_charts.curves,
        (bands, options, colours, chance),
        bands,
        f"Measured on {', '.join(sorted(filter(None, devices)))}. Line: mean over seeds; band: {BANDS[options.band]}; "
        "diamond: best on the validation split.",
    )


def _of_seconds(results: Sequence[Result], drawn: Sequence[Result], device: Device) -> str:
    says = (
        f"Seconds: training alone on {plain(device.name)}, with what each start takes for tracing and compilation; a "
        "point is the mean of the seeds' seconds at the end of an epoch and the mean of their values there."
    )
    left_out = sum(bool(result.epochs) for result in results) - len(drawn)
    if left_out:
        says += f" {count(left_out, 'run')} left out: measured on another device, or while the device was not free."
    return says


def _nothing(results: Sequence[Result], device: Device) -> None:
    if any(result.epochs for result in results):
        st.info(
            f"No seconds to draw: nothing of this line-up was timed on {plain(device.name)} while it was free. Choose "
            "another axis, or measure again.",
            icon=":material/timer_off:",
        )
    else:
        st.info("Curves appear with the first finished epoch.", icon=":material/show_chart:")
