"""Overfitting on Compare: a sentence for each architecture, and the numbers behind it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cache.core.formatting import count
from cache.results.results import Result
from dashboard.charts.figures import NUMBER, POINTS, SHARE, plus_minus
from dashboard.charts.report_section import ReportSection
from dashboard.charts.tables import name_width
from dashboard.overfitting import overfitting, overfitting_words
from dashboard.shell.cached import cached
from dashboard.shell.markdown import escape_markdown
from models.tasks import NEXT_WORD

JAGGEDNESS = r"\frac{\sum_{t=2}^{T}\left|v_t-v_{t-1}\right|-(b-v_1)-(b-v_T)}{T-1}"
COLUMNS = {
    "gap_at_best": ("Gap at best", POINTS, "Training minus validation accuracy at the best epoch. Training "
                                           "accuracy is measured during the epoch, with dropout, so it can be "
                                           "lower."),
    "gap_at_last": ("Gap at last", POINTS, "Training minus validation accuracy at the last epoch."),
    "best_epoch": ("Best epoch", NUMBER, "The epoch with the highest validation accuracy."),
    "drop": ("Drop after best", POINTS, "Validation accuracy at the best epoch minus that at the last."),
    "training_rise": ("Training rise", POINTS, "Training accuracy at the last epoch minus that at the best."),
    "jaggedness": ("Jaggedness", POINTS, (
                                         "Average movement up and down per epoch, not counting one rise and one "
                                         "fall. Needs three epochs."
                                     )),
    "perplexity_rise": ("Perplexity rise", SHARE, "Validation perplexity at the last epoch compared with the lowest."),
}  # fmt: skip


def show(results: Sequence[Result], task: str) -> list[ReportSection]:
    """Draw a sentence and the numbers for each architecture.

    Returns:
        The same for the report; empty before the first whole run.
    """
    st.subheader("Overfitting")
    read = cached(_read, results, task)
    if read is None:
        st.info(
            "No run has finished all its epochs yet. The sentences appear when one has.", icon=":material/troubleshoot:"
        )
        return []
    summary, verdicts, section = read
    st.markdown("\n".join(f"- **{escape_markdown(label)}** {sentences}" for label, sentences in verdicts))
    waiting = [
        label for label in dict.fromkeys(result.label for result in results) if label not in set(summary["label"])
    ]
    if waiting:
        st.caption(f"Without all epochs so far: {escape_markdown('; '.join(waiting))}.")
    st.dataframe(
        section.table, hide_index=True, width="stretch", height="content", column_config=_config(summary),
        alt=f"Signs of overfitting of {count(len(summary), 'architecture')}",
    )  # fmt: skip
    for note in section.notes:
        st.caption(note)
    with st.expander(
        "What jaggedness is", icon=":material/function:", key="jaggedness_open", bind="query-params"
    ) as expander:
        if expander.open:  # a formula makes the browser load 0.27 MB of code
            st.latex(JAGGEDNESS)
            st.markdown(
                "Here *v* is the validation accuracy at epoch *t* of *T*, and *b* its best. Jaggedness measures how "
                "far the curve moves up and down per epoch, not counting one rise to its best and one fall to its "
                "end: a steep rise is learning and a steady fall is the drop after the best. A fall of three points "
                "that recovers counts six, divided by the number of epochs."
            )
    return [section]


def _read(results: Sequence[Result], task: str) -> tuple[pd.DataFrame, list[tuple[str, str]], ReportSection] | None:
    """(the numbers, a sentence for each label, both as a section)."""
    summary = overfitting.summary_frame(overfitting.runs_frame(results))
    if summary.empty:
        return None
    verdicts = overfitting_words.verdicts(summary, task)
    return summary, verdicts, section_of(summary, verdicts, task)


def section_of(summary: pd.DataFrame, verdicts: Sequence[tuple[str, str]], task: str) -> ReportSection:
    """The section of a report; ``verdicts`` come from ``overfitting_words``."""
    notes = [
        f"Mean ± standard deviation over seeds, in percentage points of accuracy. {overfitting_words.thresholds(task)}"
    ]
    is_one, left_out = summary["seeds"] == 1, summary["has_learnt"] & (summary["stuck"] > 0)
    if (is_one & ~left_out).any():
        notes.append("With one seed, all of this may be chance: train at least three.")
    if (is_one & left_out).any():
        notes.append("Only one seed learnt: all of this may be chance; train further seeds.")
    sentences = tuple(f"{label} {sentences}" for label, sentences in verdicts)
    return ReportSection("Overfitting", sentences, overfitting_table(summary, task), tuple(notes))


def overfitting_table(summary: pd.DataFrame, task: str) -> pd.DataFrame:
    shown = {key: column for key, column in COLUMNS.items() if task == NEXT_WORD or key != "perplexity_rise"}
    figures = {title: plus_minus(summary, key, number_format) for key, (title, number_format, _) in shown.items()}
    table = pd.DataFrame({"Architecture": summary["label"], "Seeds": summary["seeds"], **figures})
    table.insert(list(table).index("Best epoch") + 1, "Last epoch", summary["last_epoch"].astype(int))
    return table


def _config(summary: pd.DataFrame) -> dict:
    column = st.column_config
    config: dict = {title: column.TextColumn(help=help) for title, _, help in COLUMNS.values()}
    return config | {"Architecture": column.TextColumn(width=name_width(summary["label"]), pinned=True)}
