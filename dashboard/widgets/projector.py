"""What Tour and Present share: large type, charts that fit on the screen, and the keys of a presenter's remote."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.charts.chart_cache import cached_spec
from dashboard.charts.plots import Plot
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown

STYLE = Path(__file__).parent / "projector.css"
Turn = tuple[Callable[..., None], tuple[Any, ...]]
"""What a key does, and its arguments."""


def enlarge() -> None:
    """Draws the page in type that can be read from the last row."""
    st.html(STYLE)


def remote(back: Turn | None, on: Turn | None) -> None:
    """Page Up and Page Down, the keys of a presenter's remote. A button listens to one key only, so these are further
    buttons, which are not shown."""
    with st.container(key="remote"):
        for name, turn in (("PageUp", back), ("PageDown", on)):
            act, arguments = turn or (None, ())
            st.button(name, key=name.lower(), shortcut=name, on_click=act, args=arguments, disabled=turn is None)


def draw(plot: Plot) -> None:
    """A chart as high as the screen has room for, and what it means."""
    with st.container(key="room_chart"):
        drawn = plot.drawn or cached_spec(plot.chart, *plot.values, session.text_color())
        st.vega_lite_chart(drawn, width="stretch", height="stretch", alt=plot.description)
    st.caption(escape_markdown(plot.caption))


def choices(name: str, words: Mapping[str, str], guessed: Sequence[str], is_ranking: bool, puts: Mapping) -> None:
    """What the room may guess, by key: each in words, with a button that the key of its number presses, too, and that
    does what ``puts`` says."""
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
