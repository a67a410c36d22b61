"""All details of one run, and the differences between several."""

from collections.abc import Callable, Sequence
from typing import Literal

import pandas as pd
import streamlit as st

from cache.browsing import annotations
from cache.browsing.differences import differences
from cache.core import formatting
from cache.core.formatting import flatten
from cache.inference.generation_requests import why_not
from cache.operations.storage import size
from cache.store.run_names import dataset_title
from cache.store.runs import CANCELLED, FAILED, FINISHED, Run, best_epoch
from cache.store.store import RunStore
from dashboard.charts import frames, tables
from dashboard.charts.colours import run_colours
from dashboard.charts.figures import MINUS, MISSING, PERCENT, SECONDS, figure, number_format_of
from dashboard.charts.plots import show
from dashboard.comparison import share
from dashboard.curves import curve_frames
from dashboard.curves.curve_options import METRICS, CurveOptions
from dashboard.curves.curve_view import plot_of
from dashboard.generate import generate_view
from dashboard.shell import links, pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from models.data.datasets import get_dataset
from models.layers import ShapeError
from models.layers.stack import summarize
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.training.events import EpochFinished
from models.training.metrics import ACCURACY, TEST, TOP5, VALIDATION, metrics_of
from models.training.steadiness import unsteady_epochs

MAX_CURVES = 20
MEASURED = ("test_accuracy", "validation_accuracy", "seconds_per_epoch")
Colour = Literal["green", "blue", "gray", "red"]
STATE_COLOURS: dict[str, Colour] = {
    "finished": "green",
    "running": "blue",
    "queued": "gray",
    "failed": "red",
    "cancelled": "gray",
}
LOG_LINES = 300


def show_run(store: RunStore, run: Run) -> None:
    """Draw all details of a run."""
    st.subheader(f"Run {run.id}: {escape_markdown(run.full_name)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(run.state, color=STATE_COLOURS[run.state])
        for mark in run.marks:
            st.badge(mark, color="orange")
        if link := links.compare_query(run):
            pages.link("compare", "Open in Compare", link)
        is_deleted = _has_deleted_dataset(run)
        if not is_deleted and generate_view.can_write(store, run):
            pages.link("generate", "Write with this model", {"writers": run.title})
        if not is_deleted and run.state == FINISHED and why_not(store, run) is None:
            pages.link("inside", "Look inside", links.inside_query([run]))
        if run.num_epochs and run.state == FINISHED:
            _script(run)
    if run.reason:
        (st.error if run.state == FAILED else st.caption)(escape_markdown(run.reason))
    if is_deleted:
        st.caption("Its dataset was deleted: without its texts, the model cannot be asked or looked into.")
    _trained_since(store, run)
    _figures(store, run)
    _words(store, run)
    part = st.segmented_control(
        "Part", list(PARTS), default="Curves", required=True, key="part", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    PARTS[part](store, run)


def _has_deleted_dataset(run: Run) -> bool:
    """Whether the texts were deleted that the run's vocabulary is made from."""
    try:
        return get_dataset(run.spec.dataset).is_deleted
    except ValueError:  # a run of another version
        return False


def _trained_since(store: RunStore, run: Run) -> None:
    """Name a later run with the same settings, if this one has not finished."""
    if run.state in (FAILED, CANCELLED):
        answer = store.best_runs([run.identity], run.epochs, run.device or "").get(run.identity)
        if answer and answer.state == FINISHED and answer.epochs >= run.epochs:
            st.caption(f"The same settings were trained in run {answer.id}.")


def show_differences(store: RunStore, runs: Sequence[Run]) -> None:
    """Show the differences between runs, and their curves in one chart."""
    st.subheader("What differs")
    differing, num_same = differences(runs)
    figures = {name: [getattr(run, name) for run in runs] for name in MEASURED}
    if not differing:
        st.caption("Nothing: these runs have the same settings and were measured in the same way.")
    else:
        st.dataframe(
            tables.differences_table(differing | figures, runs),
            width="stretch",
            hide_index=False,
            placeholder="–",
            row_height=35,
        )
        st.caption(f"{num_same} other settings are the same in all of them.")
    curves(store, runs)


def curves(store: RunStore, runs: Sequence[Run]) -> None:
    drawn = [run for run in runs if run.num_epochs][:MAX_CURVES]
    if not drawn:
        st.info("No epoch has been finished.", icon=":material/show_chart:")
        return
    if len(drawn) < sum(bool(run.num_epochs) for run in runs):
        st.caption(f"The first {MAX_CURVES} of the selected runs are drawn.")
    colours = run_colours(drawn)
    frame = curve_frames.run_curves_frame(drawn, store.epochs(run.id for run in drawn))
    is_of_words = frame[TOP5.key].notna().any()
    for metric in METRICS[NEXT_WORD if is_of_words else CLASSIFICATION]:
        options = CurveOptions(metric, same_scale=True)
        bands = curve_frames.bands_frame(frame, options)
        if bands.empty:  # all of them are older than the metric
            continue
        show(plot_of(bands, options, colours, None, {run.device for run in drawn}))


def _script(run: Run) -> None:
    try:
        spec = run.spec
    except ValueError:  # of another version: nothing here can train it
        return
    share.script_button(spec, run.num_epochs, run.environment, run.test_accuracy)


def _task(epoch: EpochFinished) -> str:
    """The task by its metrics, since the spec may be of another version."""
    return CLASSIFICATION if TOP5.value(epoch, VALIDATION) is None else NEXT_WORD


def _further(best: EpochFinished | None, is_usual: bool) -> dict[str, str]:
    """Metrics on the test split besides the accuracy; a run can be older than one of them."""
    if best is None:
        return {}
    values = {metric: metric.value(best, TEST) for metric in metrics_of(_task(best)) if metric is not ACCURACY}
    return {
        metric.title_on(TEST): "not measured" if value is None else figure(value, number_format_of(metric))
        for metric, value in values.items()
        if metric.is_usual == is_usual
    }


def _figures(store: RunStore, run: Run) -> None:
    epochs = store.epochs([run.id])[run.id]
    best = best_epoch(epochs) if epochs else None
    usual, asked = _further(best, True), _further(best, False)
    figures = {
        "Test accuracy": figure(run.test_accuracy, PERCENT),
        **usual,
        "Best validation": figure(run.validation_accuracy, PERCENT),
        "Best epoch": run.best_epoch and f"{run.best_epoch} of {run.num_epochs}",
        "Seconds per epoch": figure(run.seconds_per_epoch, SECONDS),
        "Parameters": f"{run.num_params:,}",
        **asked,
    }
    if (trainable := run.num_trainable) not in (None, run.num_params):
        figures |= {"Trainable": f"{trainable:,}", "Frozen": f"{run.num_params - trainable:,}"}
    with st.container(horizontal=True):
        for name, text in figures.items():
            st.metric(name, text or MISSING, width=170)
    where = f"Measured on {escape_markdown(run.device)}" if run.device else "Not measured yet"
    if run.contended:
        where += f"; {escape_markdown(run.contended)}, so its seconds are {'shared' if run.together else 'disturbed'}."
    if changing := unsteady_epochs(epochs):
        where += f"{'' if run.contended else '.'} Its seconds per epoch are not steady: they {changing}."
    st.caption(where)


def _words(store: RunStore, run: Run) -> None:
    """Name, tags and note of the run. They are saved when a field loses focus; changes of other tabs are shown."""
    name, note = st.columns([1, 2])

    def keep(act: Callable, key: str) -> Callable[[], None]:
        return lambda: run_action(act, store, run.id, st.session_state[key])

    name.text_input(
        "Name", run.name, key=f"name {run.id} {run.name}", placeholder=run.description,
        on_change=keep(annotations.rename, f"name {run.id} {run.name}"), disabled=store.read_only,
        help=session.reason(store),
    )  # fmt: skip
    note.text_area(
        "Note", run.note, key=f"note {run.id} {run.note}", height=68,
        on_change=keep(annotations.annotate, f"note {run.id} {run.note}"), disabled=store.read_only,
        help=session.reason(store),
    )  # fmt: skip


def _curves(store: RunStore, run: Run) -> None:
    curves(store, [run])


def _layers(store: RunStore, run: Run) -> None:
    try:
        summaries = summarize(run.spec.layers(), (run.spec.encoding.length,))
    except (ValueError, ShapeError) as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    st.caption(formatting.parameters(summaries))
    table = frames.layers_frame({run.label: summaries})
    st.dataframe(tables.layers_table(table), hide_index=True, column_config=tables.layers_columns())
    st.caption(tables.formula_letters(table["formula"]))


def _settings(store: RunStore, run: Run) -> None:
    settings = dict(run.settings)
    if not settings.get("train_examples"):
        settings["train_examples"] = "all"
    if "dataset" in settings:
        settings["dataset"] = dataset_title(settings["dataset"])
    _pairs(settings | {"epochs": run.epochs, "identity": run.identity})


def _environment(store: RunStore, run: Run) -> None:
    times = {"queued": run.created_at, "started": run.started_at, "ended": run.ended_at, "imported": run.imported_at}
    moments = {f"{name} at": formatting.moment(at) for name, at in times.items() if at}
    _pairs(
        flatten(run.environment)
        | {"disturbed": run.contended or "no", "trained together": run.together, "attempts": run.attempts}
        | moments
    )


def _log(store: RunStore, run: Run) -> None:
    if tail := store.log_tail(run.id, LOG_LINES):
        st.code(tail, language=None, height=400)
    else:
        st.caption("There is no log: the training wrote nothing, or ran elsewhere.")


def _files(store: RunStore, run: Run) -> None:
    if run.state != FINISHED:
        st.caption("A run's files appear when it is finished.")
        return
    damaged = store.damaged_files(run)
    folder = store.files_dir(run.id)
    rows = [
        (name, size(folder / name), "damaged" if name in damaged else "whole", checksum)
        for name, checksum in run.files.items()
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["File", "Size", "State", "SHA-256"]), hide_index=True,
        column_config={"Size": st.column_config.NumberColumn(format="bytes")},
    )  # fmt: skip
    st.caption(f"In {escape_markdown(str(folder))}")
    if damaged:
        st.error(
            f"{', '.join(damaged)} no longer has its original contents. The figures of the run are in the database "
            "and are not affected, but the run cannot be continued. To get the files back, delete the run and "
            "train it again.",
            icon=":material/broken_image:",
        )


def _pairs(values: dict) -> None:
    rows = [(name, MISSING if value is None else _format(value)) for name, value in values.items()]
    st.dataframe(pd.DataFrame(rows, columns=["Setting", "Value"]), hide_index=True, height="content")


def _format(value: object) -> str:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}".replace("-", MINUS) if is_whole else str(value)


PARTS = {
    "Curves": _curves,
    "Layers": _layers,
    "Settings": _settings,
    "Environment": _environment,
    "Log": _log,
    "Files": _files,
}
