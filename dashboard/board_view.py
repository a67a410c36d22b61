"""The leaderboard as it is shown: like ranked with like, and what it takes to take it away."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from cache.results import Result
from cache.wording import count
from dashboard import leaderboard
from dashboard.board_columns import Column
from dashboard.board_options import Options
from dashboard.frame_cache import cached_frame
from dashboard.likeness import Likeness, differences
from dashboard.plain import plain
from dashboard.tables import name_width
from models.comparison import Comparison
from models.devices import Device


def show(
    comparison: Comparison,
    fingerprint: str,
    results: Sequence[Result],
    device: Device,
    include_contended: bool,
    options: Options,
) -> list[tuple[str, pd.DataFrame]]:
    """The tables that are shown, each with a sentence on why it stands apart, empty where it does not."""
    options = replace(options, columns=leaderboard.telling(results, options.columns))
    asked = Likeness.asked(comparison, fingerprint, device.name)
    found = cached_frame(_groups, results, options.needed, options.target, include_contended, asked)
    if not found:
        st.info(
            "No run has an epoch yet. Press Train above; results appear here run by run.", icon=":material/leaderboard:"
        )
        return []
    found = [(group, leaderboard.ranked(frame, options.sort, options.worst_first)) for group, frame in found]
    tables, reasons = [], []
    for group, frame in found:
        apart = "; ".join(differences(group, asked))
        lead = "Ranked apart" if len(found) > 1 else "Note"
        reasons.append(f"{lead}: {apart}." if apart else "")
        if apart:
            st.markdown(f":material/call_split: **{lead}:** {plain(apart)}.")
        tables.append(leaderboard.board_table(frame, options.columns, options.target))
        st.dataframe(
            tables[-1], hide_index=True, column_config=_config(tables[-1], options), width="stretch", height="content",
            alt=f"Leaderboard of {count(len(frame), 'architecture')}",
        )  # fmt: skip
        if notes := _notes(frame, options, comparison.num_seeds):
            st.caption(" ".join(notes))
    st.caption(
        "Mean ± standard deviation over seeds; over those that a cell names, where not all have a value. Seconds are "
        "those of training alone, unless a column says otherwise."
    )
    _take_away(found, tables, options)
    return list(zip(reasons, tables, strict=True))


def _groups(
    results: Sequence[Result], columns: Sequence[Column], target: float, include_contended: bool, asked: Likeness
) -> list[tuple[Likeness, pd.DataFrame]]:
    runs = leaderboard.runs_frame(results, columns, target, include_contended)
    return [] if runs.empty else leaderboard.groups(runs, columns, asked)


def _config(table: pd.DataFrame, options: Options) -> dict:
    column = st.column_config
    config: dict = {
        "Architecture": column.TextColumn(width=name_width(table["Architecture"]), pinned=True),
        "Seeds": column.NumberColumn(help="Random initialisations behind each mean, unless the cell says otherwise."),
    }
    for each in options.columns:
        heading = each.heading(options.target)
        kind = column.NumberColumn if table[heading].dtype == int else column.TextColumn
        config[heading] = kind(help=each.help, **({"format": "localized"} if kind is column.NumberColumn else {}))
    return config


def _notes(frame: pd.DataFrame, options: Options, num_seeds: int) -> list[str]:
    """What a reader of this table should know."""
    notes = []
    fewer = [f"{plain(row.label)} {row.seeds}" for row in frame.itertuples() if row.seeds < num_seeds]
    if fewer:
        notes.append(f"Fewer than {count(num_seeds, 'seed')} here: {'; '.join(fewer)}.")
    if "seconds_to_target_never" in frame and (frame["seconds_to_target_never"] > 0).any():
        never = [
            f"{plain(row.label)} ({row.seconds_to_target_never} of {count(row.seeds, 'seed')})"
            for row in frame.itertuples()
            if row.seconds_to_target_never
        ]
        notes.append(f"A validation accuracy of {100 * options.target:g} % is not reached by {'; '.join(never)}.")
    return notes


def _take_away(
    found: Sequence[tuple[Likeness, pd.DataFrame]], tables: Sequence[pd.DataFrame], options: Options
) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Download CSV", lambda: leaderboard.csv_text(leaderboard.csv_frame(found, options.columns, options.target)),
            file_name="unroll-leaderboard.csv", mime="text/csv", icon=":material/download:", on_click="ignore",
            key="board_csv", help="Unrounded: mean, standard deviation and number of seeds in columns of their own.",
        )  # fmt: skip
        with st.popover("Copy", icon=":material/content_copy:"):
            st.caption("As shown, separated by tabs: paste it into a spreadsheet.")
            st.code(leaderboard.copied_text(tables), language=None)
