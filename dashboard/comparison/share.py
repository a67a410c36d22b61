"""Export of a comparison: a link that restores the view, a report, and scripts that repeat runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from cache.operations.saved_views import ViewMissing, read_view, save_view
from cache.results.results import Result
from cache.store.runs import best_epoch
from cache.store.store import RunStore
from dashboard.charts import render
from dashboard.charts.plots import Plot
from dashboard.charts.report_section import ReportSection
from dashboard.comparison.report import Report, make_report
from dashboard.comparison.report_html import html
from dashboard.comparison.report_markdown import markdown
from dashboard.shell import navigation, tab
from dashboard.shell.actions import EXPECTED_ERRORS, dismissible, sentence
from dashboard.shell.markdown import escape_markdown
from models.experiments.comparison import Comparison
from models.experiments.spec import RunSpec
from models.export.script import file_name, script
from models.machine.devices import Device

VIEW = "view"
"""The URL key of a short link's code."""
PLOTS = ("parameters", "seconds", "curves", "costs", "variants", "verdict", "disagreement")
"""In the order in which they are exported."""


@dataclass
class Shown:
    """The contents of a comparison's page for export, as each section was drawn last. ``budgets`` are only computed for
    an export.
    """

    recommendation: str = ""
    boards: Sequence[tuple[str, pd.DataFrame]] = ()
    verdict: Sequence[str] = ()
    overfitting: Sequence[ReportSection] = ()
    budgets: Callable[[], Sequence[ReportSection]] = tuple
    plots: dict[str, Sequence[Plot]] = field(default_factory=dict)
    link: str = ""


def restore(store: RunStore) -> None:
    """Replace the code of a short link by the saved view, or show why this is impossible. Call it before any widget."""
    if code := st.query_params.get(VIEW):
        try:
            st.query_params.from_dict(read_view(store.root, code))
        except ViewMissing as error:
            st.session_state["missing_view"] = str(error)
            del st.query_params[VIEW]
        else:
            st.rerun()
    if problem := st.session_state.get("missing_view"):
        forget = st.session_state.pop
        dismissible(escape_markdown(problem), ":material/link_off:", "dismiss_view", forget, "missing_view")


def share_button(store: RunStore) -> None:
    """Draw a button that opens a window with links to this view."""
    if st.button("Share", icon=":material/link:", key="share", help="A link to this view"):
        _share(store)


@st.dialog("Share this view")
def _share(store: RunStore) -> None:
    if not store.read_only:
        try:
            code = save_view(store, _query())
        except EXPECTED_ERRORS as error:
            st.caption(escape_markdown(sentence(error)))
        else:
            st.markdown("**Short link**, for people who can open this Unroll")
            st.code(f"{_address()}?{VIEW}={code}", language=None, wrap_lines=True)
    st.markdown("**Full link**, which contains all settings")
    st.code(full_link(), language=None, wrap_lines=True)
    st.caption(
        "Both restore the line-up and all settings; the results come from the cache of the server that opens them."
    )


def full_link() -> str:
    query = _query()
    return f"{_address()}?{urlencode(query, doseq=True)}" if query else _address()


def _query() -> dict[str, list[str]]:
    """The current URL parameters, without the code of a short link."""
    return {key: values for key, values in navigation.address().items() if key != VIEW}


def _address() -> str:
    return (st.context.url or "").split("?")[0]


def files(comparison: Comparison, results: Sequence[Result], shown: Shown, device: Device) -> None:
    """Offer the comparison as a report and each of its runs as a script. Call it when everything else is drawn.

    Args:
        comparison: The comparison.
        results: Its results; the first is chosen at the start.
        shown: The contents of the report.
        device: The device on which runs that are not cached would be trained.
    """
    shown.link = full_link()

    def report() -> Report:
        fair = [replace(each, title=f"Fair budgets: {each.title.lower()}") for each in shown.budgets()]
        sections, plots = [*shown.overfitting, *fair], [plot for each in PLOTS for plot in shown.plots[each]]
        return make_report(
            comparison, results, shown.recommendation, shown.boards, shown.verdict, sections, plots, shown.link
        )

    with st.popover("Export", icon=":material/download:", key="export"):
        st.markdown("**The whole comparison**")
        with st.container(horizontal=True):
            st.download_button(
                "HTML report", lambda: html(report(), render.javascript()), tab.file_name("report", "html"),
                "text/html", icon=":material/html:", key="take_html", on_click="ignore",
                help="One file with live charts that works without a network, and prints.",
            )  # fmt: skip
            st.download_button(
                "Markdown", lambda: markdown(report()), tab.file_name("report", "md"), "text/markdown",
                icon=":material/markdown:", key="take_markdown", on_click="ignore", help="Text and tables.",
            )  # fmt: skip
        st.markdown("**A run as a Python script**")
        chosen = st.selectbox(
            "Run", range(len(results)), key="take_run", label_visibility="collapsed",
            format_func=lambda place: f"{results[place].label}, seed {results[place].spec.seed}",
        )  # fmt: skip
        result = results[chosen]
        environment, accuracy = {"lane": device.device_id, "device": device.name}, None
        if result.is_cached:
            environment, accuracy = result.asked_run.environment, best_epoch(result.epochs).test_accuracy
        script_button(result.spec, comparison.epochs, environment, accuracy)


def script_button(spec: RunSpec, epochs: int, environment: Mapping[str, Any], test_accuracy: float | None) -> None:
    """Offer a script that trains the same run, or show why there is none.

    Args:
        spec: The spec of the run.
        epochs: The number of epochs.
        environment: Device and versions of the run, for the comments of the script.
        test_accuracy: The cached accuracy, 0 to 1; None if the run is not cached.
    """
    try:
        text = script(spec, epochs, environment, test_accuracy)
    except ValueError as error:
        st.caption(f"This run cannot be written as a script. {escape_markdown(str(error))}")
        return
    reaches = "" if test_accuracy is None else f", and reaches the cached {test_accuracy:.2%} on the test texts"
    st.download_button(
        "Python script", text, file_name(spec), "text/x-python", key="take_script", icon=":material/terminal:",
        on_click="ignore", help=f"It trains this run with Keras only{reaches}.",
    )  # fmt: skip
