"""How the leaderboard is shown: its columns, their readings, and the order. All of it is in the URL."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.leaderboard.board_catalogue import columns, figures, metrics_of
from dashboard.leaderboard.board_columns import Column
from models.tasks import CLASSIFICATION, NEXT_WORD

FIGURES_KEYS = {CLASSIFICATION: "board", NEXT_WORD: "word_board"}
SORT_KEYS = {CLASSIFICATION: "board_sort", NEXT_WORD: "word_board_sort"}
TARGET_KEYS = {CLASSIFICATION: "target", NEXT_WORD: "word_target"}
DEFAULT_TARGETS = {CLASSIFICATION: 80.0, NEXT_WORD: 10.0}
DEFAULT_SORT = "test_accuracy"
LINE_UP = "Line-up"
"""The entry of the list of sort columns for the order of the line-up."""
RANGES = dict.fromkeys(TARGET_KEYS.values(), (0.1, 100.0))


@dataclass(frozen=True)
class Options:
    """``target`` is an accuracy from 0 to 1. Without ``sort``, the order is that of the line-up."""

    columns: Sequence[Column]
    sort: Column | None
    worst_first: bool
    target: float

    @property
    def key(self) -> str:
        """Options with the same key give the same boards for the same results."""
        columns = [column.key for column in self.columns]
        return repr((columns, self.sort and self.sort.key, self.worst_first, self.target))

    @property
    def needed(self) -> list[Column]:
        """The columns that are shown, and the one that is sorted by."""
        if self.sort is None or self.sort.key in {column.key for column in self.columns}:
            return list(self.columns)
        return [*self.columns, self.sort]


def choose(task: str) -> Options:
    """Ask how the leaderboard is shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover("Columns", icon=":material/view_column:"):
            shown = _columns(task)
        known = {column.key: column for column in columns(task)}
        sort = st.selectbox(
            "Sort by", [DEFAULT_SORT, LINE_UP, *(key for key in known if key != DEFAULT_SORT)],
            format_func=lambda key: known[key].title if key in known else key, key=SORT_KEYS[task],
            bind="query-params", width=250,
            help="The best mean comes first: highest accuracy, fewest seconds, lowest loss.",
        )  # fmt: skip
        target = st.number_input(
            "Target, % of validation accuracy", *RANGES[TARGET_KEYS[task]], DEFAULT_TARGETS[task], 0.5, format="%.1f",
            key=TARGET_KEYS[task], bind="query-params", width=250,
            help="For the column “Seconds to target”: seconds of training until validation accuracy reaches this "
                 "value.",
        )  # fmt: skip
        worst_first = st.toggle("Worst first", key="board_reversed", bind="query-params")
    return Options(shown, known.get(sort), worst_first, float(target) / 100)


def _columns(task: str) -> list[Column]:
    st.caption(
        "Figures that are measured at every epoch can be read in several ways, one column each. Best: at the epoch "
        "with the highest validation accuracy. Test texts are scored only there, so test figures have only this "
        "reading."
    )
    read = {}
    for metric in metrics_of(task):
        read[metric.key] = st.pills(
            metric.title, metric.readings, selection_mode="multi", default=list(metric.default),
            key=f"board.{metric.key}", bind="query-params",
        )  # fmt: skip
    found = {column.key: column.title for column in figures(task)}
    usual = [column.key for column in figures(task) if column.is_usual]
    kept = st.pills(
        "Figures of a whole run", list(found), selection_mode="multi", default=usual, format_func=found.__getitem__,
        key=FIGURES_KEYS[task], bind="query-params",
    )  # fmt: skip
    return columns(task, kept, read)


def url_choices() -> dict[str, Sequence[str]]:
    """List the allowed values of each key in the URL."""
    choices: dict[str, Sequence[str]] = {}
    for task, key in FIGURES_KEYS.items():
        choices |= {key: [column.title for column in figures(task)]}
        choices |= {SORT_KEYS[task]: [LINE_UP, *(column.title for column in columns(task))]}
        choices |= {f"board.{metric.key}": metric.readings for metric in metrics_of(task)}
    return choices
