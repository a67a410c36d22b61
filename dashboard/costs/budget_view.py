"""Fair budgets on Compare: the same line-up with equally many parameters, at equal seconds, or at equal accuracy."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

import streamlit as st

from cache.execution.queue import RunRequest
from cache.results.results import Result, fetch, missing_work
from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.charts.report_section import ReportSection
from dashboard.costs import budget_frames, budget_sections
from dashboard.costs.budget_sections import BUDGETS, EQUAL_ACCURACY, EQUAL_PARAMETERS, EQUAL_TIME, RANGES
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import at_once, queueing, sidebar
from models.experiments.budget import Matched, match_params
from models.experiments.comparison import Comparison, Entry
from models.machine.devices import Device

OPEN = "budgets_open"
USUAL_PER_CENT = 80.0
NO_SECONDS = "No run of this line-up is finished and was timed on {} with nothing else on it."


def is_open() -> bool:
    """Return whether the budgets are open, also before they are drawn.

    They set hyperparameters, whose fields must exist before.
    """
    return bool(st.session_state.get(OPEN)) or st.query_params.get(OPEN) == "true"


def show(store: RunStore, compared: Compared) -> Callable[[], list[ReportSection]]:
    """Draw the comparison at an equal budget that the reader chooses, in an expander.

    Returns:
        A function that makes all three comparisons for the report: the one on the page as it is, the others with their
        defaults. It is slow, because it has to find sizes.
    """
    comparison, device = compared.comparison, compared.device
    made: dict[str, ReportSection] = {}
    entries = budget_sections.sizable(comparison)
    with st.expander("Fair budgets", icon=":material/scale:", key=OPEN, bind="query-params") as expander:
        budget = st.segmented_control(
            "Budget", BUDGETS, default=EQUAL_PARAMETERS, required=True, key="budget", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        if expander.open and budget == EQUAL_PARAMETERS:
            if entries:
                made[budget] = _parameters(store, comparison, entries, device)
            else:
                st.caption("Composed stacks keep their sizes.")
        elif expander.open:
            if timed := _timed(compared):
                made[budget] = (_time if budget == EQUAL_TIME else _accuracy)(timed, device)
            else:
                st.caption(escape_markdown(NO_SECONDS.format(device.name)))

    def take() -> list[ReportSection]:
        timed = _timed(compared)
        if entries and EQUAL_PARAMETERS not in made:
            made[EQUAL_PARAMETERS] = _matched(comparison, entries, _middle(comparison, entries))[1]
        if timed and EQUAL_TIME not in made:
            made[EQUAL_TIME] = budget_sections.of_time(timed, _slowest(timed), device.name)
        if timed and EQUAL_ACCURACY not in made:
            made[EQUAL_ACCURACY] = budget_sections.of_accuracy(timed, USUAL_PER_CENT, device.name)
        return [made[each] for each in BUDGETS if each in made]

    return take


def _timed(compared: Compared) -> list[Result]:
    return budget_frames.whole_and_timed(compared.results, compared.device.name, compared.include_contended)


def _parameters(store: RunStore, comparison: Comparison, entries: Sequence[Entry], device: Device) -> ReportSection:
    wanted = st.number_input(
        "Parameters of each", *RANGES["param_budget"], _middle(comparison, entries), 1_000, key="param_budget",
        bind="query-params", help="At first: the median of the line-up.",
    )  # fmt: skip
    matched, section = _matched(comparison, entries, int(wanted))
    _draw(section)
    settings = {
        f"{each.entry.architecture}{'' if each.entry.variant == 1 else f'.{each.entry.variant}'}.{name}": value
        for each in matched
        for name, value in each.changed.items()
    }
    requests = _missing(store, comparison, matched, device)
    is_set = all(st.session_state.get(name) == value for name, value in settings.items())
    if requests or is_set:
        queueing.offer(store, requests, "train_matched", "Compare and train {}", settings=settings, is_primary=True)
    else:
        st.button("Compare these", key="compare_matched", type=session.primary_button_type(),
                  icon=":material/play_arrow:",
                  on_click=st.session_state.update, args=(settings,))  # fmt: skip
    return section


def _missing(store: RunStore, comparison: Comparison, matched: Sequence[Matched], device: Device) -> list[RunRequest]:
    """Requests for the runs of the line-up with these sizes that are neither cached nor waiting."""
    fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
    if fingerprint is None:
        return []
    sized = replace(comparison, entries=tuple({each.entry.label: each.entry for each in matched}.values()))
    keep_weights, together = sidebar.keeps_weights(), at_once.is_chosen(device)
    work = missing_work(fetch(store, sized, fingerprint, device.name), device.name, keep_weights, together)
    return [
        RunRequest(
            spec, comparison.epochs, device.device_id, epochs_left=left, keep_weights=keep_weights, together=together
        )
        for spec, left in work
    ]


def _time(timed: Sequence[Result], device: Device) -> ReportSection:
    seconds = st.number_input(
        "Seconds of training", *RANGES["time_budget"], _slowest(timed), 1.0, key="time_budget", bind="query-params",
        help="At first: when the slowest run had finished its first epoch.",
    )  # fmt: skip
    return _draw(budget_sections.of_time(timed, seconds, device.name))


def _accuracy(timed: Sequence[Result], device: Device) -> ReportSection:
    wanted = st.number_input(
        "Validation accuracy in %", *RANGES["accuracy_budget"], USUAL_PER_CENT, 0.5, key="accuracy_budget",
        bind="query-params",
    )  # fmt: skip
    return _draw(budget_sections.of_accuracy(timed, wanted, device.name))


def _draw(section: ReportSection) -> ReportSection:
    numbers = {"Parameters": st.column_config.NumberColumn(format="%,d")}
    st.dataframe(section.table, hide_index=True, width="stretch", height="content", column_config=numbers)
    if section.notes:
        st.caption(escape_markdown(" ".join(section.notes)))
    return section


def _matched(comparison: Comparison, entries: Sequence[Entry], wanted: int) -> tuple[list[Matched], ReportSection]:
    matched = [match_params(comparison, entry, wanted) for entry in entries]
    return matched, budget_sections.of_parameters(comparison, matched, wanted)


def _middle(comparison: Comparison, entries: Sequence[Entry]) -> int:
    """The median number of parameters of the line-up."""
    low, high = RANGES["param_budget"]
    totals = [sum(layer.num_params for layer in comparison.layers(entry)) for entry in entries]
    return int(min(high, max(low, median(totals))))


def _slowest(timed: Sequence[Result]) -> float:
    """Seconds after which every run had finished its first epoch."""
    low, high = RANGES["time_budget"]
    return min(high, max(low, math.ceil(10 * budget_frames.seconds_for_all(timed)) / 10))
