"""The costs on Compare: parameters, seconds, accuracy against cost, and the variants of a sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from cache.browsing.known_hyperparameters import cached_variants
from cache.core import formatting
from cache.core.formatting import count, in_range
from cache.results.results import Result, fetch, timed
from cache.store.store import RunStore
from dashboard.charts import frames
from dashboard.charts.compared import Compared
from dashboard.charts.figures import in_words, seeds_in_words
from dashboard.charts.plots import Plot, show
from dashboard.costs import cost_charts, cost_frames, sweep_charts, sweep_frames
from dashboard.shell import session
from dashboard.shell.cached import cached
from dashboard.shell.markdown import escape_markdown
from models.experiments.comparison import COMPOSED, Entry
from models.layers.stack import LayerSummary
from models.training.steadiness import unsteady_epochs

MOST_UNSTEADY = 4
"""If there are more runs than this, the rest is counted instead of named."""


def parameters(compared: Compared) -> list[Plot]:
    """Draw the parameters of each architecture, and return the plot."""
    st.subheader("Parameters")
    comparison = compared.comparison
    summaries = {entry.label: comparison.layers(entry) for entry in comparison.entries}
    plot = show(cached(_parameters, summaries, compared.colours, session.text_color()))
    frozen = [
        f"{escape_markdown(label)}: {formatting.parameters(each)}."
        for label, each in summaries.items()
        if any(layer.num_trainable != layer.num_params for layer in each)
    ]
    st.caption(" ".join([plot.caption, *frozen]))
    return [plot]


def _parameters(summaries: Mapping[str, Sequence[LayerSummary]], colours: Mapping[str, str], text_color: str) -> Plot:
    layers = frames.layers_frame(summaries)
    totals = "; ".join(f"{label} {sum(layer.num_params for layer in each):,}" for label, each in summaries.items())
    return Plot(
        "Parameters",
        f"Bars: parameters, stacked by layer. {totals}",
        cost_charts.parameter_bars,
        (layers, colours),
        layers,
        "Computed from the layers. One segment per layer, the embedding first.",
    ).with_text_color(text_color)


def seconds(compared: Compared) -> list[Plot]:
    """Draw the seconds per epoch, and return the plots; none if nothing was timed on the device."""
    st.subheader("Seconds per epoch")
    results, device = compared.results, compared.device
    plots = cached(_seconds, compared, session.text_color())
    here = [result for result in results if result.device == device.name]
    if not plots and any(result.is_shared for result in here):
        st.info(
            "The runs of this line-up were trained several at once, so their seconds cannot be compared. Press Measure "
            "above to train them one at a time.",
            icon=":material/timer_off:",
        )
    elif not plots and any(result.contended for result in here):
        st.info(
            "No run of this line-up was timed while nothing else used the device. Include the disturbed seconds "
            "above, or close other programs and press Measure again. On a small machine an open page also "
            "disturbs; training goes on without it.",
            icon=":material/timer_off:",
        )
    elif not plots:
        st.info(
            f"No run of this line-up was timed on {escape_markdown(device.name)} yet. At least two epochs are needed: "
            "the first includes tracing and compilation and does not count.",
            icon=":material/timer:",
        )
    else:
        steady, extra = plots
        show(steady)
        st.caption(escape_markdown(steady.caption))
        if changing := _unsteady(compared):
            st.caption(changing)
        show(extra)
        st.caption("Extra time of each first epoch compared with later ones: tracing and compilation. Dots: each seed.")
    others = sorted({result.device for result in results if result.epochs and result.device} - {device.name})
    if others:
        st.caption(
            f"Not drawn: runs on {escape_markdown(', '.join(others))}. The chosen device is "
            f"{escape_markdown(device.name)}, and seconds of different devices cannot be compared."
        )
    return plots


def _seconds(compared: Compared, text_color: str) -> list[Plot]:
    """The plots of steady epochs and of the extra time of first ones; empty if nothing was timed."""
    here = _timed(compared)
    epochs = cost_frames.epochs_frame(here)
    means = cost_frames.seconds_frame(epochs)
    if means.empty:
        return []
    epochs_a_run = in_range((len(result.epochs) for result in here), "epoch")
    measured = f"Measured on {compared.device.name}, training only, {epochs_a_run} a run."
    bars = (
        f"{measured} Bar: median of each seed’s epochs after the first, mean over {seeds_in_words(means['n'])}; dots: "
        f"each epoch. {compared.note_on_disturbed}"
    )
    description = f"Bars: seconds per epoch. {in_words(means, 'seconds_per_epoch', '.2f')}"
    values = (means, epochs, compared.colours)
    steady = Plot("Seconds per epoch", description, cost_charts.seconds_bars, values, epochs, bars.strip())
    extra = cost_frames.extra_frame(here)
    means = extra.groupby("label", sort=False)["extra_seconds"].mean().reset_index()
    description = f"Bars: extra seconds. {in_words(means, 'extra_seconds', '.2f')}"
    first = Plot(
        "Extra seconds of the first epoch",
        description,
        cost_charts.extra_bars,
        (extra, compared.colours),
        extra,
        measured,
    )
    return [steady.with_text_color(text_color), first.with_text_color(text_color)]


def _timed(compared: Compared) -> list[Result]:
    return timed(compared.results, compared.device.name, compared.include_contended)


def _unsteady(compared: Compared) -> str:
    """Name the runs whose epochs took different times, and count the rest."""
    found = [f"{escape_markdown(each.label)}, seed {each.spec.seed}: they {change}" for each in _timed(compared)
             if (change := unsteady_epochs(each.epochs))]  # fmt: skip
    if not found:
        return ""
    more = f"; and {count(len(found) - MOST_UNSTEADY, 'other run')}" if len(found) > MOST_UNSTEADY else ""
    return f"Seconds that are not steady: {'; '.join(found[:MOST_UNSTEADY])}{more}."


def trade_off(compared: Compared, cost: str) -> list[Plot]:
    """Draw accuracy against a cost, a column such as "num_params", and return the plot; none without a cost."""
    drawn, device = cached(_trade_off, compared, cost, session.text_color()), escape_markdown(compared.device.name)
    if drawn.plot is None:
        what = f"was timed on {device} while it was free" if drawn.missing else "has all its epochs"
        st.info(f"No run of this line-up {what} yet.", icon=":material/scatter_plot:")
        return []
    show(drawn.plot)
    notes = [
        "Pareto-optimal (outlined): no other is both cheaper and more accurate: "
        f"{escape_markdown('; '.join(drawn.front))}.",
        f"Each run has {count(compared.comparison.epochs, 'epoch')}; test accuracy at the best one. Bars: ± 1 standard "
        "deviation over seeds. Points whose bars overlap may change places.",
    ]
    if cost != "num_params":
        notes += [f"Training alone, on {device}.", *filter(None, [compared.note_on_disturbed])]
        if drawn.missing:
            notes.append(f"{drawn.missing} not drawn: never timed there while it was free.")
    st.caption(" ".join(notes))
    return [drawn.plot]


@dataclass(frozen=True)
class TradeOff:
    """``front`` describes the entries on the Pareto front; ``missing`` is the number of entries without a cost."""

    plot: Plot | None
    front: list[str]
    missing: int


def _trade_off(compared: Compared, cost: str, text_color: str) -> TradeOff:
    points = _points(compared)
    known = points[points[cost].notna()]
    missing = len(points) - len(known)
    if known.empty:
        return TradeOff(None, [], missing)
    on_front = known[cost_frames.pareto_front(known[cost].tolist(), known["test_accuracy"].tolist())].sort_values(cost)
    front = [
        f"{label} ({accuracy:.2%}, {_figure(value, cost)})"
        for label, accuracy, value in zip(*(on_front[name] for name in ("label", "test_accuracy", cost)), strict=True)
    ]
    epochs = compared.comparison.epochs
    title = cost_charts.cost_title(cost, epochs).lower()
    description = f"Dots: test accuracy against {title}. On the Pareto front: {'; '.join(front)}"
    where = f", seconds on {compared.device.name}" if cost != "num_params" else ""
    caption = (
        f"Means over seeds, {count(epochs, 'epoch')} a run{where}; bars: ± 1 standard deviation; outlined: "
        "Pareto-optimal."
    )
    values = (known, cost, epochs, compared.colours)
    plot = Plot(f"Test accuracy against {title}", description, cost_charts.trade_off, values, known, caption)
    return TradeOff(plot.with_text_color(text_color), front, missing)


def _points(compared: Compared) -> pd.DataFrame:
    return cost_frames.trade_off_frame(compared.results, compared.device.name, compared.include_contended)


def _figure(value: float, cost: str) -> str:
    return f"{value:,.0f} parameters" if cost == "num_params" else f"{value:,.2f} s"


def variants(compared: Compared, colours: Mapping[str, str] | None) -> list[Plot]:
    """Draw hyperparameters, costs and accuracy of every variant as parallel coordinates.

    Args:
        compared: The comparison.
        colours: The colour of each label; lines are coloured by accuracy if None.
    """
    entries = compared.comparison.entries
    if not sweep_frames.has_variants(entries):
        st.info(
            "This chart needs an architecture with two variants: open Hyperparameters, layers and sources above "
            "and tick “Compare with another variant”, or train a sweep at the command line and switch on “All "
            "cached variants”.",
            icon=":material/tune:",
        )
        return []
    lines, ticks = sweep_frames.sweep_frames(entries, cached(_points, compared))
    num_variants = lines["label"].nunique()
    if num_variants < 2:
        st.info("Variants appear when their first runs have all their epochs.", icon=":material/tune:")
        return []
    description = f"Parallel coordinates of {num_variants} variants: {', '.join(dict.fromkeys(lines['axis']))}"
    values = (lines, ticks, colours)
    plot = show(Plot("Variants", description, sweep_charts.parallel_coordinates, values, lines, "Means over seeds."))
    st.caption(
        "One line per variant, means over seeds. Hyperparameters have equal distances between their values; "
        "measured figures have a true scale. Below the axis: no value. Point at a line to show it alone."
    )
    return [plot]


def with_cached_variants(store: RunStore, compared: Compared) -> Compared:
    """Add every variant of the comparison's architectures that was trained with the same settings."""
    comparison, fingerprint = compared.comparison, compared.fingerprint
    if fingerprint is None:
        return compared
    entries = {entry.label: entry for entry in comparison.entries}
    asked = {specs[0].architecture: specs[0] for specs in comparison.specs(fingerprint).values()}
    for name, spec in asked.items():
        if name == COMPOSED:
            continue  # stacks have no variants
        for values in cached_variants(store, spec):
            number = sum(entry.architecture == name for entry in entries.values()) + 1
            entry = Entry(name, values, number)
            entries.setdefault(entry.label, entry)
    comparison = replace(comparison, entries=tuple(entries.values()))
    results = fetch(store, comparison, fingerprint, compared.device.name)
    return replace(compared, comparison=comparison, results=results)
