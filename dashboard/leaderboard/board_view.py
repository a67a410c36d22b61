"""The leaderboard on the page: comparable runs ranked together, with buttons to export it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from cache.core.formatting import count
from cache.results.stuck import has_equal_classes, stuck_sentence
from dashboard.charts.compared import Compared
from dashboard.charts.tables import name_width
from dashboard.leaderboard import leaderboard
from dashboard.leaderboard.board_options import Options
from dashboard.leaderboard.comparability import Comparability, differences, sentence_on_versions
from dashboard.shell import tab
from dashboard.shell.cached import cached
from dashboard.shell.markdown import escape_markdown
from models.tasks import NEXT_WORD


def show(compared: Compared, options: Options) -> list[tuple[str, pd.DataFrame]]:
    """Draw the leaderboard, a table for each group of comparable runs.

    Returns:
        The tables, each with a sentence on why it is separate; empty for the first one.
    """
    results, epochs = compared.results, compared.comparison.epochs
    options = replace(options, columns=leaderboard.telling(results, options.columns))
    boards = cached(_boards, compared, options)
    if not boards:
        st.info(
            "No run has finished an epoch yet. Results appear here after the first epoch.",
            icon=":material/leaderboard:",
        )
        return []
    if unlike := sentence_on_versions(results):
        st.caption(escape_markdown(unlike))
    if stuck := stuck_sentence(results):
        st.warning(f"{escape_markdown(stuck)} {_cause(compared)}", icon=":material/sentiment_neutral:")
    lead = "Ranked apart" if len(boards) > 1 else "Note"
    for board in boards:
        if board.apart:
            st.markdown(f":material/call_split: **{lead}:** {escape_markdown(board.apart)}.")
        st.dataframe(
            board.table, hide_index=True, column_config=_config(board.table, options), width="stretch",
            height="content", alt=f"Leaderboard of {count(len(board.table), 'architecture')}",
        )  # fmt: skip
        if board.notes:
            st.caption(board.notes)
    st.caption(
        f"Mean ± standard deviation over seeds; over those that a cell names, where not all have a value. Seconds are "
        f"those of training alone; total seconds are those of {count(epochs, 'epoch')}, unless stated "
        f"otherwise above the table. Scroll a table sideways to see all columns."
    )
    _take_away(boards, options)
    return [(f"{lead}: {board.apart}." if board.apart else "", board.table) for board in boards]


def _cause(compared: Compared) -> str:
    """The likely cause of runs that learnt nothing. With about equal classes, only dead units keep a model there."""
    comparison = compared.comparison
    if comparison.task == NEXT_WORD or not has_equal_classes(compared.results, comparison.dataset.num_classes):
        what = "word" if comparison.task == NEXT_WORD else "class"
        return f"It may have trained too briefly: it always gives the most frequent {what}."
    return (
        "Most likely all units of a narrow ReLU layer have become 0. It counts: with these settings, some seeds fail. "
        "More units before the output make it rarer."
    )


@dataclass(frozen=True)
class Board:
    """Architectures that may be ranked together.

    ``apart`` says how their runs differ from what was asked for, empty if they do not. ``table`` is what is shown,
    ``text`` the same to copy, ``notes`` are remarks below it, and ``frame`` has the unrounded figures.
    """

    like: Comparability
    apart: str
    table: pd.DataFrame
    text: str
    notes: str
    frame: pd.DataFrame


def _boards(compared: Compared, options: Options) -> list[Board]:
    asked = Comparability.asked(compared.comparison, compared.fingerprint, compared.device.name)
    runs = leaderboard.runs_frame(compared.results, options.needed, options.target, compared.include_contended)
    boards = []
    for like, frame in leaderboard.groups(runs, options.needed, asked) if len(runs) else ():
        frame = leaderboard.ranked(frame, options.sort, options.worst_first)
        table = leaderboard.board_table(frame, options.columns, options.target)
        notes = " ".join(_notes(frame, options, compared.comparison.num_seeds))
        apart = "; ".join(differences(like, asked))
        boards.append(Board(like, apart, table, leaderboard.copied_text(table), notes, frame))
    return boards


def _config(table: pd.DataFrame, options: Options) -> dict:
    column = st.column_config
    config: dict = {
        "Architecture": column.TextColumn(width=name_width(table["Architecture"]), pinned=True),
        "Seeds": column.NumberColumn(help="Random initialisations behind each mean, unless the cell says otherwise."),
    }
    for each in options.columns:
        heading = each.heading(options.target)
        is_number = table[heading].dtype == int
        config[heading] = (
            column.NumberColumn(help=each.help, format="%,d") if is_number else column.TextColumn(help=each.help)
        )
    return config


def _notes(frame: pd.DataFrame, options: Options, num_seeds: int) -> list[str]:
    """Remarks below the table."""
    notes = []
    seeds = list(zip(frame["label"], frame["seeds"], strict=True))
    fewer = [f"{escape_markdown(label)} {number}" for label, number in seeds if number < num_seeds]
    if fewer:
        notes.append(f"Fewer than {count(num_seeds, 'seed')} here: {'; '.join(fewer)}.")
    if "seconds_to_target_never" in frame and (frame["seconds_to_target_never"] > 0).any():
        never = [
            f"{escape_markdown(label)} ({missed} of {count(number, 'seed')})"
            for (label, number), missed in zip(seeds, frame["seconds_to_target_never"], strict=True)
            if missed
        ]
        notes.append(f"A validation accuracy of {100 * options.target:g}% is not reached by {'; '.join(never)}.")
    return notes


def _take_away(boards: Sequence[Board], options: Options) -> None:
    found = [(board.like, board.frame) for board in boards]
    with st.container(horizontal=True):
        st.download_button(
            "Download CSV", lambda: leaderboard.csv_text(leaderboard.csv_frame(found, options.columns, options.target)),
            file_name=tab.file_name("leaderboard", "csv"), mime="text/csv", icon=":material/download:",
            on_click="ignore", key="board_csv",
            help="Not rounded: mean, standard deviation and number of seeds in separate columns.",
        )  # fmt: skip
        with st.popover("Copy", icon=":material/content_copy:"):
            st.caption("As shown, separated by tabs: paste it into a spreadsheet.")
            st.code("\n\n".join(board.text for board in boards), language=None)
