"""The parts of the Compare page: each takes values, makes a frame, draws it and explains it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cache.downloads import RUNNING, Download, cancel_download, start_download
from cache.runs import FAILED
from cache.store import RunStore
from dashboard import charts, frames, live, session, tables
from dashboard.comparison import Comparison
from dashboard.estimates import EpochTimes
from dashboard.results import Result
from dashboard.wording import count, duration
from models.architectures import Architecture
from models.datasets import Dataset
from models.devices import Device
from models.keras_code import model_code
from models.layers import ShapeError


def explanation(architecture: Architecture) -> None:
    st.write(architecture.explanation)
    st.caption(f"Source: {architecture.source}")


def layer_tables(comparison: Comparison) -> None:
    """Each entry's layers with shapes, weights and formulas, and its Keras code."""
    for entry in comparison.entries:
        try:
            summaries = comparison.layers(entry)
        except ShapeError as error:
            st.error(str(error), icon=":material/error:")
            continue
        total = sum(summary.num_params for summary in summaries)
        st.markdown(f"**{entry.label}**: {total:,} parameters")
        table = tables.layers_table(frames.layers_frame({entry.label: summaries}))
        st.dataframe(table, hide_index=True, column_config=tables.layers_columns())
        with st.popover("Keras code", icon=":material/code:"):
            st.code(model_code([summary.layer for summary in summaries], comparison.encoding.length), language="python")


def download(root: Path, dataset: Dataset) -> None:
    """For a dataset that is not on this machine: what to do, and how the download stands."""

    @st.fragment(run_every=1.0)
    def panel() -> None:
        if dataset.fingerprint(root / "tfds"):
            st.rerun()
        latest = Download.of(root, dataset.name)
        if latest and latest.state == RUNNING:
            st.progress(0.0, text=f"{latest.message} …")
            st.button("Cancel the download", on_click=cancel_download, args=(root, dataset.name))
            return
        if latest and latest.state != RUNNING:
            st.error(latest.message, icon=":material/wifi_off:")
        st.info(
            f"{dataset.title} is not on this machine yet: about {dataset.download_mb} MB from {dataset.download_host}."
        )
        st.button(
            "Download", type="primary", icon=":material/download:", on_click=start_download, args=(root, dataset.name)
        )

    panel()


def training(store: RunStore, comparison: Comparison, results: Sequence[Result], device: Device, engine: str) -> None:
    """What is cached, what is left to train and how long that takes, the button that starts it, and its progress."""
    cached = [result for result in results if result.is_cached]
    active = [result for result in results if result.is_active]
    problems = {
        entry.label: problem
        for entry in comparison.entries
        if (problem := session.memory_problem(comparison, entry, device))
    }
    for problem in problems.values():
        st.error(problem, icon=":material/memory:")
    to_train = [
        result.spec
        for result in results
        if not result.is_cached and not result.is_active and result.label not in problems
    ]
    times = EpochTimes(store.measured_seconds(device.name))
    say, act = st.columns([3, 1], vertical_alignment="center")
    parts = [f"**{len(cached)} of {count(len(results), 'run')} cached**"]
    if active:
        parts.append(f"{len(active)} in training or waiting")
    if to_train:
        parts.append(f"{len(to_train)} to train, {_estimate(times, to_train, comparison.epochs)} on {device.name}")
    say.markdown(", ".join(parts) + ".")
    problem = session.disk_problem(store.root)
    if to_train and act.button(
        f"Train {count(len(to_train), 'run')}",
        type="primary",
        icon=":material/play_arrow:",
        key="train",
        disabled=problem is not None,
        width="stretch",
    ):
        store.submit(to_train, comparison.epochs, device.lane)
        st.rerun()
    if problem:
        st.error(problem, icon=":material/hard_drive:")
    if active:
        labels = {result.run.id: result.label for result in active}
        live.follow(store, list(labels), labels, times, engine)
    failures(store, results)


def failures(store: RunStore, results: Sequence[Result]) -> None:
    """Each failed run with its reason and the end of its log; Train tries them again."""
    for result in results:
        if result.run and result.run.state == FAILED:
            st.error(f"**{result.label}**, seed {result.spec.seed}: {result.run.reason}", icon=":material/error:")
            if tail := store.log_tail(result.run.id):
                with st.popover("Log", icon=":material/article:"):
                    st.code(tail, language=None)


def leaderboard(results: Sequence[Result]) -> None:
    runs = frames.runs_frame(results)
    st.subheader("Leaderboard")
    if runs.empty:
        st.info(
            "Nothing is trained yet. Press Train above; results appear here run by run.", icon=":material/leaderboard:"
        )
        return
    st.dataframe(
        tables.leaderboard_table(frames.leaderboard(runs)),
        hide_index=True,
        column_config=tables.leaderboard_columns(),
        width="stretch",
    )


def parameters(comparison: Comparison, colours: dict[str, str]) -> None:
    st.subheader("Parameters")
    layers = {}
    for entry in comparison.entries:
        try:
            layers[entry.label] = comparison.layers(entry)
        except ShapeError as error:
            st.error(f"{entry.label}: {error}", icon=":material/error:")
    chart = charts.parameter_bars(frames.layers_frame(layers), colours, session.ink())
    st.altair_chart(chart, width="stretch", alt="Bars: parameters of each architecture, stacked by layer")
    st.caption("Computed from the layers; one segment a layer, the embedding first.")


def seconds(results: Sequence[Result], colours: dict[str, str], device: Device) -> None:
    st.subheader("Seconds per epoch")
    epochs = frames.epochs_frame(results)
    here = epochs[epochs["device"] == device.name]
    if here.empty:
        st.info(f"Nothing of this line-up was measured on {device.name} yet.", icon=":material/timer:")
    else:
        chart = charts.seconds_bars(here, colours)
        st.altair_chart(chart, width="stretch", alt="Bars: median training seconds per epoch of each architecture")
        st.caption(
            f"Measured on {device.name}, training only. Bar: median of the epochs after the first; dots: each epoch; "
            "diamonds: first epochs, with tracing and compilation."
        )
    others = sorted(set(epochs["device"].dropna()) - {device.name})
    if others:
        st.caption(f"Not drawn, because seconds of different devices do not compare: runs on {', '.join(others)}.")


def curves(results: Sequence[Result], colours: dict[str, str]) -> None:
    st.subheader("Curves")
    choose = st.columns([1, 3], vertical_alignment="center")
    metric = choose[0].segmented_control(
        "Metric", ("accuracy", "loss"), default="accuracy", required=True, format_func=str.capitalize, key="metric",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    bands = frames.bands_frame(frames.curves_frame(results), metric)
    if bands.empty:
        st.info("Curves appear with the first finished epoch.", icon=":material/show_chart:")
        return
    same_scale = choose[1].toggle("Same scale in both charts", key="same_scale", bind="query-params")
    domain = charts.shared_domain(bands) if same_scale else None
    for column, split in zip(st.columns(2, gap="large"), ("validation", "train"), strict=True):
        title = {"validation": "Validation", "train": "Training"}[split]
        column.markdown(f"**{title} {metric}**")
        column.altair_chart(
            charts.curves(bands, metric, split, colours, domain),
            width="stretch",
            alt=f"Lines: {split} {metric} of each architecture by epoch",
        )
    st.caption("Line: mean over seeds. Band: ± 1 standard deviation. Click a name in the legend to single it out.")


def _estimate(times: EpochTimes, specs: Sequence, epochs: int) -> str:
    known, num_unknown = times.total(specs, epochs)
    if num_unknown == len(specs):
        return "time not known before the first run"
    text = f"about {duration(known)}"
    return text if not num_unknown else f"{text} for {len(specs) - num_unknown} of them, the others never timed,"
