"""The parts of the Compare page: each takes values, makes a frame, draws it and explains it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from cache.core import formatting
from cache.core.formatting import count, time_needed
from cache.execution.contention import reasons_in_words
from cache.execution.estimates import EpochTimes, Estimate
from cache.execution.queue import RunRequest, kept_sentence
from cache.results.results import Result, missing_work
from cache.store.runs import QUEUED
from cache.store.runs import RUNNING as RUNNING_RUN
from cache.store.store import RunStore
from cache.tasks.download import Download
from dashboard.charts import frames, tables
from dashboard.layers import layers_view
from dashboard.shell import links, pages, session
from dashboard.shell.actions import redraw, run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import at_once, queueing, run_progress, sidebar
from models.architectures import Architecture
from models.data.dataset import Dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import RunSpec
from models.layers import ShapeError
from models.layers.keras_code import model_code
from models.machine.devices import Device
from models.stacks.named_stacks import NamedStack
from models.vectors.word_vectors import title_of

MOST_DRAWN = 2 * layers_view.MOST
"""In two rows."""


def generated_badge(dataset: Dataset) -> None:
    """Show a badge if the dataset is generated."""
    if dataset.is_generated:
        st.badge(f"Generated data: {dataset.title}", icon=":material/science:", color="orange")


def explanation(architecture: Architecture | NamedStack) -> None:
    if isinstance(architecture, NamedStack):
        st.code(architecture.text, language=None, wrap_lines=True)
        edit_link(architecture.text)
        return
    st.write(architecture.explanation)
    st.markdown(f"Source: {architecture.source}")  # in a caption the link would be too pale


def edit_link(stack: str) -> None:
    pages.link("compose", "Edit in Compose", {"stack": stack})


def layer_tables(comparison: Comparison) -> None:
    """Each entry's layers with shapes, weights and formulas, and its Keras code."""
    error_boundary = st.empty()
    formulas: list[str] = []
    for entry in comparison.entries:
        try:
            summaries = comparison.layers(entry)
        except ShapeError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            continue
        st.markdown(f"**{escape_markdown(entry.label)}**: {formatting.parameters(summaries)}")
        table = frames.layers_frame({entry.label: summaries})
        formulas += table["formula"].tolist()
        st.dataframe(tables.layers_table(table), hide_index=True, column_config=tables.layers_columns())
        with st.popover("Keras code", icon=":material/code:"):
            layers = [summary.layer for summary in summaries]
            named = title_of(entry.vectors) if entry.vectors else None
            st.code(model_code(layers, comparison.encoding.length, named), language="python")
    error_boundary.caption(tables.formula_letters(formulas))
    layers_link(comparison)


def layers_link(comparison: Comparison) -> None:
    pages.link("layers", "See the layers", links.layers_query(comparison))


def show_diagram(comparison: Comparison, colours: Mapping[str, str]) -> None:
    """Draw the line-up as boxes, layer by layer, side by side, in an expander."""
    with st.expander(
        "Drawn side by side", icon=":material/account_tree:", key="drawing_open", bind="query-params"
    ) as expander:
        if not expander.open:
            return
        layers = {entry.label: comparison.layers(entry) for entry in comparison.entries[:MOST_DRAWN]}
        layers_view.flow(layers, colours)
        if len(comparison.entries) > MOST_DRAWN:
            st.caption(f"The first {MOST_DRAWN} are drawn.")
        layers_link(comparison)


def possible(comparison: Comparison, device: Device) -> Comparison:
    """Return the comparison without entries that cannot work or do not fit into memory, each with a message."""
    kept = []
    for entry in comparison.entries:
        if problem := problem_of(comparison, entry, device):
            st.error(f"Left out: {escape_markdown(problem)}", icon=":material/error:")
            continue
        kept.append(entry)
        session.memory_note(comparison, entry, device)
    return replace(comparison, entries=tuple(kept))


def problem_of(comparison: Comparison, entry: Entry, device: Device) -> str | None:
    """Return why the entry cannot work or does not fit into memory; else None."""
    try:
        return session.memory_problem(comparison, entry, device)
    except ShapeError as error:
        return f"{entry.label}: {error}"


def download(store: RunStore, dataset: Dataset) -> None:
    """Offer to download a dataset, and show the progress."""
    task = Download(dataset.name)

    @st.fragment(run_every=1.0)
    @session.error_boundary()
    def panel() -> None:
        if dataset.fingerprint(store.root / "tfds"):
            redraw()
        latest = task.status(store.root)
        if latest and latest.is_running:
            st.info(f"{escape_markdown(latest.message)} …", icon=":material/downloading:")
            st.button(
                "Cancel the download", on_click=run_action, args=(task.cancel, store, "The download was cancelled."),
                disabled=store.read_only, help=session.reason(store),
            )  # fmt: skip
            return
        if latest and latest.has_failed:
            st.error(escape_markdown(latest.message), icon=":material/wifi_off:")
        st.info(
            f"{dataset.title} is not on this machine yet: about {dataset.download_mb} MB from {dataset.download_host}."
        )
        st.button(
            "Download",
            type=session.primary_button_type(),
            icon=":material/download:",
            on_click=run_action,
            args=(task.start, store),
            disabled=store.read_only,
            help=session.reason(store),
        )

    panel()


def training(store: RunStore, comparison: Comparison, results: Sequence[Result], device: Device) -> None:
    """Show what is cached and what is missing, with the button that trains it, and the progress.

    Args:
        store: The cache.
        comparison: The comparison.
        results: Its results.
        device: The device that trains.
    """
    num_cached = sum(result.is_cached for result in results)
    active = [result for result in results if result.is_active]
    keep_weights, together = sidebar.keeps_weights(), at_once.is_chosen(device)
    work = missing_work(results, device.name, keep_weights, together)
    times = session.epoch_times(store, device) if work or active else EpochTimes(())
    parts = [f"**{num_cached} of {count(len(results), 'run')} cached**"]
    if active:
        parts.append(f"{len(active)} in training or waiting")
    if work:
        parts.append(f"{len(work)} to train, {_estimate(times, work, together)} on {device.name}")
    place = queueing.row_with_button(", ".join(parts) + ".")
    if work:
        alone = missing_work(results, device.name, keep_weights)
        at_once.choose(device, Estimate.of(times, alone), Estimate.of(times, work, together=True))
    problem = session.training_problem(store) or session.limit_problem(
        store, ((spec, comparison.epochs) for spec, _ in work), device.device_id
    )
    requests = [
        RunRequest(
            spec, comparison.epochs, device.device_id, epochs_left=left, keep_weights=keep_weights, together=together
        )
        for spec, left in work
    ]
    queueing.offer(store, requests, "train", place=place, problem=problem, is_primary=True)
    if work and keep_weights:
        st.caption(kept_sentence([spec for spec, _ in work], comparison.epochs))
    continued = sum(left < comparison.epochs for _, left in work)
    if continued:
        st.caption(
            f"{continued} of {count(len(work), 'run')} to train continue from cached epochs, which are drawn below."
        )
    if problem and work and not store.read_only:  # the top of the page says that it is read-only
        st.error(escape_markdown(problem), icon=":material/block:")
    _elsewhere(store, comparison, results, device)
    if active:
        run_progress.show_progress(store, active, times)
    failures(store, results)


def _elsewhere(store: RunStore, comparison: Comparison, results: Sequence[Result], device: Device) -> None:
    """Offer to measure runs of another device here: their accuracies count, but not their seconds."""
    foreign = [result for result in results if result.is_cached and result.device != device.name]
    if not foreign:
        return
    row = st.container(horizontal=True, vertical_alignment="center")
    devices = escape_markdown(", ".join(sorted({result.device for result in foreign if result.device})))
    row.caption(f"{count(len(foreign), 'run')} measured on another device ({devices}).", width="stretch")
    requests = _timed_requests(store, foreign, comparison, device)
    queueing.offer(store, requests, "measure_here", "Measure {} on this device", place=row, icon="timer")


def _timed_requests(
    store: RunStore, results: Sequence[Result], comparison: Comparison, device: Device
) -> list[RunRequest]:
    """Requests to measure these runs on ``device``, without those that are waiting or training there already."""
    active = {run.identity for run in store.runs([QUEUED, RUNNING_RUN], device.device_id)}
    return [
        RunRequest(result.spec, comparison.epochs, device.device_id, device.name, keep_weights=sidebar.keeps_weights())
        for result in results
        if result.spec.identity not in active
    ]


def failures(store: RunStore, results: Sequence[Result]) -> None:
    """Show each failed run with its reason and the end of its log. The button that trains tries them again."""
    for result in results:
        if result.has_failed:
            run = result.asked_run
            st.error(
                f"**{escape_markdown(result.label)}**, seed {result.spec.seed}: {escape_markdown(run.reason or '')}",
                icon=":material/error:",
            )
            if tail := store.log_tail(run.id):
                with st.popover("Log", icon=":material/article:"):
                    st.code(tail, language=None)


def contention(store: RunStore, comparison: Comparison, results: Sequence[Result], device: Device) -> bool:
    """Show which runs have seconds that are not compared, and offer to measure them again: runs that were disturbed,
    and runs that were trained together with others.

    Args:
        store: The cache.
        comparison: The comparison.
        results: Its results.
        device: The device that would measure them again.

    Returns:
        Whether the reader includes the seconds of disturbed runs.
    """
    found = [result for result in results if result.is_cached and result.contended]
    if shared := [result for result in found if result.is_shared]:
        row = st.container(horizontal=True, vertical_alignment="center")
        row.caption(
            f":material/timer_off: {count(len(shared), 'run')} trained together with others. Accuracies are not "
            "affected; seconds are left out, because the runs shared the device.",
            width="stretch",
        )
        requests = _timed_requests(store, shared, comparison, device)
        queueing.offer(store, requests, "measure_alone", "Measure {} alone", place=row, icon="timer")
    disturbed = [result for result in found if not result.is_shared]
    if not disturbed:
        return False
    reasons = escape_markdown(reasons_in_words(result.contended or "" for result in disturbed))
    row = st.container(horizontal=True, vertical_alignment="center")
    note = row.empty()
    included = row.toggle("Include those seconds", key="contended", bind="query-params")
    requests = _timed_requests(store, disturbed, comparison, device)
    queueing.offer(store, requests, "measure_again", "Measure {} again", place=row, icon="timer")
    seconds = "which are too high, are included" if included else "are left out unless you include them"
    note.caption(
        f":material/timer_off: {count(len(disturbed), 'run')} measured while another program used the device "
        f"({reasons}). Accuracies are not affected; these seconds{',' * included} {seconds}.",
        width="stretch",
    )
    return included


def _estimate(times: EpochTimes, work: Sequence[tuple[RunSpec, int]], together: bool) -> str:
    found = Estimate.of(times, work, together)
    if not found.text:
        return "time not known before the first run"
    if not found.num_unknown:
        return found.text
    known = len(work) - found.num_unknown
    return f"{time_needed(found.seconds)} for {known} of them, the others never timed,"
