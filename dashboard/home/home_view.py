"""The parts of Home. All queries cover many runs at once, so that the time hardly grows with the cache."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pandas as pd
import streamlit as st

from cache.browsing.overview import Overview, newest, overview
from cache.core.formatting import count, listed, time_needed
from cache.execution.estimates import EpochTimes
from cache.execution.queue import queue
from cache.operations import storage
from cache.results.results import missing_work, timed_on
from cache.results.stuck import stuck_sentence
from cache.results.study_results import StudyResults
from cache.store.runs import RUNNING, Run
from cache.store.store import RunStore
from dashboard.charts.colours import label_colours
from dashboard.charts.figures import in_words, seeds_in_words
from dashboard.charts.plots import Plot, draw
from dashboard.disagreement import test_split_view
from dashboard.recall import memory_plot
from dashboard.shell import links, pages, session
from dashboard.shell.cached import cached
from dashboard.shell.markdown import escape_markdown
from dashboard.studies import study_charts, study_frames
from dashboard.verdict.pair_verdicts import recommended
from dashboard.widgets import run_progress
from models.data.datasets import get_dataset
from models.experiments.memory_series import SERIES
from models.experiments.studies import MEMORY
from models.machine.devices import Device
from models.tasks import NEXT_WORD

PER_ROW, NEWEST = 3, 5
TIMED = 300
"""Times are estimated from this number of latest runs; reading more would take too long."""


def introduction() -> None:
    """Show what Unroll is."""
    st.title("Which sequence architecture should you use?")
    st.markdown(
        "How accurate is each architecture, and what does it cost? Unroll trains Flatten, SimpleRNN, LSTM, GRU, "
        "Conv1D and related models on real film reviews, on this machine, and compares parameters, seconds and "
        "accuracy. Trained runs are cached, so the same question is answered at once."
    )
    with st.container(horizontal=True):
        pages.link("compare", "Compare architectures")
        pages.link("tour", "Take the guided tour")


def in_the_cache(store: RunStore) -> None:
    """Show how many runs, architectures and datasets are cached, and how much space they take."""
    st.subheader("In the cache")
    found = overview(store)
    if not found.num_runs:
        st.markdown("Nothing yet. Open a question below and press **Train**: its runs are then cached.")
        return
    devices = [f"{name} ({runs:,})" if len(found.devices) > 1 else name for name, runs in found.devices.items()]
    used = _used(store.root, store)
    parts = [
        count(found.num_architectures, "architecture"),
        listed(_data(found)),
        *([_size(used.result())] if _is_counted(used) else []),
    ]
    st.markdown(f"**{count(found.num_runs, 'finished run')}**: {', '.join(parts)}.")
    st.caption(f"Measured on {escape_markdown(', '.join(devices))}.")
    pages.link("runs", "All runs")


def _data(found: Overview) -> list[str]:
    """Such as ["2 datasets", "the memory tests"]."""
    datasets = [count(found.num_datasets, "dataset")] if found.num_datasets else []
    return [*datasets, "the memory tests"] if found.has_memory_tests else datasets


@st.cache_resource(show_spinner=False, ttl=300)
def _used(root: Path, _store: RunStore) -> Future[int]:
    """The size of the whole cache in bytes, counted in the background, since it may have tens of thousands of files."""
    pool = ThreadPoolExecutor(1)
    counting = pool.submit(lambda: sum(storage.usage(_store).values()))
    pool.shutdown(wait=False)
    return counting


def _is_counted(used: Future[int]) -> bool:
    try:
        return used.exception(timeout=0.05) is None
    except TimeoutError:
        return False


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.0f} MB" if size_bytes < 1e9 else f"{size_bytes / 1e9:,.1f} GB"


def training(store: RunStore) -> None:
    """Show the runs in training and the number of waiting ones, with their progress."""
    st.subheader("Training now")
    run_progress.rerun_when_finished(store)
    times_of = run_progress.times_by_device_id(store)
    places = queue(store, times_of)
    if not places:
        st.markdown("No run is training or waiting.")
        return
    running = [place.run for place in places if place.run.state == RUNNING]
    if running:
        run_progress.show_runs(store, running)
    if waiting := len(places) - len(running):
        ends = [
            each.starts_in + each.seconds for each in places if each.starts_in is not None and each.seconds is not None
        ]
        known = f"; all are done in {time_needed(max(ends))}" if len(ends) == len(places) else ""
        st.markdown(f"{count(waiting, 'run')} waiting{known}.")
    pages.link("runs", "The queue", {"view": "Queue"}, icon=":material/hourglass_top:")


def questions(store: RunStore, found: Mapping[str, StudyResults], device: Device) -> None:
    """Draw a tile for each study.

    Args:
        store: The cache.
        found: The results of each study, by name.
        device: The device that would train missing runs.
    """
    st.subheader("Frequent questions")
    is_missing = any(result.is_missing for each in found.values() for result in each.runs)
    times = EpochTimes(store.measured_seconds(device.name, TIMED) if is_missing else ())
    tiles = list(found.values())
    names = {comparison.dataset_name for each in tiles for comparison in each.comparisons}
    read = [dataset for dataset in map(get_dataset, sorted(names)) if not dataset.is_generated]
    test_split_view.follow_reading(store, read, "Then each question says which architecture to take")
    for start in range(0, len(tiles), PER_ROW):
        for column, each in zip(st.columns(PER_ROW), tiles[start : start + PER_ROW], strict=False):
            with column.container(border=True, height="stretch"):
                _tile(store, each, device, times)


def _tile(store: RunStore, found: StudyResults, device: Device, times: EpochTimes) -> None:
    st.markdown(f"#### {found.study.title}")
    st.markdown(found.study.question)
    if advice := _recommendation(store, found, device):
        st.markdown(f":material/lightbulb: {escape_markdown(advice)}")
    _evidence(found)
    if found.study.name != MEMORY and (stuck := stuck_sentence(study_frames.candidates(found)[0])):
        st.caption(escape_markdown(stuck))
    st.markdown(_state(found, device, times))
    _ways(found)


def _recommendation(store: RunStore, found: StudyResults, device: Device) -> str:
    """Which architecture to take; empty if the runs do not decide it or the test texts are not read yet."""
    results, start = study_frames.candidates(found)
    results = [result for result in results if result.is_cached]
    if len({result.label for result in results}) < 2:
        return ""
    found_best = recommended(store, results, found.comparisons[0].task, timed_on(results, device.name))
    return start + found_best.sentence if found_best else ""


def _evidence(found: StudyResults) -> None:
    """The chart of a study, small."""
    if plot := cached(_plot, found, session.text_color()):
        draw(plot)
        st.caption(escape_markdown(plot.caption))


def _plot(found: StudyResults, text_color: str) -> Plot | None:
    if found.study.name == MEMORY:
        plot = memory_plot.plot(found, large=False)
        return plot and plot.with_text_color(text_color)
    setting = study_frames.swept(found.runs)
    names = study_frames.short_names(found.comparisons)
    entries = [entry for comparison in found.comparisons for entry in comparison.entries]
    colours = {names[label]: colour for label, colour in label_colours(entries).items()}
    frame = study_frames.sweep_frame(found.runs, setting) if setting else pd.DataFrame({"x": []})
    if frame["x"].nunique() > 1:
        frame = frame.assign(label=frame["label"].map(names))
        chart: tuple[Callable, tuple] = study_charts.sweep, (frame, setting, colours, False)
        most = frame[frame["x"] == frame["x"].max()]
        description = f"Lines: test accuracy by {str(setting).lower()}. At the most: {in_words(most, 'value', '.1%')}"
    else:
        frame = study_frames.ranking_frame(found.results[0], names)
        chart = study_charts.ranking, (frame, colours)
        description = f"Dots: test accuracy. {in_words(frame, 'value', '.1%')}"
    if frame.empty:
        return None
    devices = sorted({result.device for result in found.runs if result.is_cached and result.device})
    caption = f"Test accuracy: mean ± standard deviation over {seeds_in_words(frame['n'])}, {', '.join(devices)}."
    return Plot(found.study.title, description, *chart, frame, caption).with_text_color(text_color)


def _state(found: StudyResults, device: Device, times: EpochTimes) -> str:
    """Such as "9 of 12 runs cached, 3 to train, about 2 min on …"."""
    runs = found.runs
    num_cached, num_active = sum(each.is_cached for each in runs), sum(each.is_active for each in runs)
    parts = [f"**{num_cached:,} of {count(len(runs), 'run')} cached**"]
    if num_active:
        parts.append(f"{num_active:,} in training or waiting")
    if work := missing_work(runs, device.name):
        seconds, num_unknown = times.total(work)
        known = "" if num_unknown else f", {time_needed(seconds)} on {escape_markdown(device.name)}"
        parts.append(f"{len(work):,} to train{known}")
    return f"{', '.join(parts)}."


def _ways(found: StudyResults) -> None:
    """Links to the line-ups: first the one that shows the question best, then the others of a sweep."""
    first = found.comparisons[0]
    if found.study.name == MEMORY:
        for series in SERIES:
            pages.link("memory", series.title, links.memory_query(series, first))
        return
    with st.container(horizontal=True, gap="small"):
        for comparison, label in zip(found.comparisons, study_frames.line_ups(found), strict=True):
            pages.link("compare", label, links.comparison_query(comparison))
        if first.task == NEXT_WORD:
            pages.link("generate", "Let the models write")


def newest_runs(store: RunStore) -> None:
    """List the latest runs, with links."""
    runs = newest(store, NEWEST)
    if not runs:
        return
    st.subheader("Newest runs")
    for run in runs:
        pages.link("runs", _named(run), {"run": str(run.id)}, icon=":material/model_training:")


def _named(run: Run) -> str:
    """Such as "LSTM, seed 0 (run 7): 84.2% on IMDB reviews, measured on …"."""
    name = str(run.settings.get("dataset", "?"))
    with suppress(ValueError):  # a dataset that is unknown here
        name = get_dataset(name).title
    accuracy = "" if run.test_accuracy is None else f": {run.test_accuracy:.1%} on {name}"
    return escape_markdown(f"{run.title}{accuracy}, {run.device or 'an unknown device'}")
