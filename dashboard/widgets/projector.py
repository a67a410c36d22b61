"""Shared by Tour and Present: large type, charts that fit on the screen, and the keys of a presenter's remote."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.charts import plots
from dashboard.charts.plots import Plot
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown

STYLE = Path(__file__).parent / "projector.css"
KeyAction = tuple[Callable[..., None], tuple[Any, ...]]
"""The function that a key calls, and its arguments."""


def enlarge() -> None:
    """Draw the page in type that can be read from the last row."""
    st.html(STYLE)


def remote(back: KeyAction | None, on: KeyAction | None) -> None:
    """Connect Page Up and Page Down, the keys of a presenter's remote. They are hidden buttons, since a button has one
    key.

    Args:
        back: What Page Up does; nothing if None.
        on: What Page Down does; nothing if None.
    """
    with st.container(key="remote"):
        for name, turn in (("PageUp", back), ("PageDown", on)):
            act, arguments = turn or (None, ())
            st.button(name, key=name.lower(), shortcut=name, on_click=act, args=arguments, disabled=turn is None)


def draw(plot: Plot) -> None:
    """Draw a chart as high as the screen, with its caption."""
    with st.container(key="room_chart"):
        plots.draw(plot, height="stretch")
    st.caption(escape_markdown(plot.caption))


def choices(name: str, words: Mapping[str, str], guessed: Sequence[str], is_ranking: bool, puts: Mapping) -> None:
    """Draw the answers of which the room guesses, each with a button that a number key presses, too.

    Args:
        name: The name of the question.
        words: The text of each answer, by key.
        guessed: The keys that were chosen, in order.
        is_ranking: Whether the order of the guesses counts.
        puts: The function and arguments that each button calls, by key.
    """
    for place, (key, choice) in enumerate(words.items(), start=1):
        act, arguments = puts[key]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Guess", key=f"choice {name} {key}", shortcut=str(place) if place < 10 else None,
                help=f"Guess: {escape_markdown(choice)}",
                type=session.primary_button_type() if key in guessed else "secondary",
                on_click=act, args=arguments,
            )  # fmt: skip
            st.markdown(f"### {escape_markdown(choice)}{_mark(guessed, key, is_ranking)}", width="stretch")


def _mark(guessed: Sequence[str], key: str, is_ranking: bool) -> str:
    if key not in guessed:
        return ""
    return f" :blue[our number {guessed.index(key) + 1}]" if is_ranking else " :blue[:material/check: our guess]"
