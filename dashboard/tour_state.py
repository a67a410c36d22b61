"""Where a tour stands. The address says all of it, so that a reload goes on from there, and a link hands it on."""

from collections.abc import Sequence

import streamlit as st

from dashboard.tour_steps import NAMES, STEPS, Step

STEP, SEEN = "step", "seen"
RANGES = {STEP: (1, len(STEPS))}
CHOICES = {SEEN: NAMES}
"""What the address may say; a guess that is none of a step's choices is left out when they are known."""


def number() -> int:
    """Of the step that is shown, from 0. A number that no step has is taken out of the address."""
    text = st.query_params.get(STEP, "1")
    if text.isdecimal() and len(text) < 4 and 1 <= int(text) <= len(STEPS):
        return int(text) - 1
    del st.query_params[STEP]
    return 0


def go(to: int) -> None:
    st.query_params[STEP] = str(min(max(to, 0), len(STEPS) - 1) + 1)


def reveal(step: Step) -> None:
    st.query_params[SEEN] = [*_seen(), step.name]


def hide(step: Step) -> None:
    st.query_params[SEEN] = [name for name in _seen() if name != step.name]


def is_seen(step: Step) -> bool:
    return step.name in _seen()


def guess(step: Step, choices: Sequence[str]) -> list[str]:
    """The keys that were guessed, in their order; those that are none of the choices are left out."""
    guessed = dict.fromkeys(st.query_params.get_all(_key(step)))
    return [key for key in guessed if key in choices]


def choose(step: Step, key: str) -> None:
    """One takes the place of another."""
    st.query_params[_key(step)] = [key]


def put(step: Step, key: str, choices: Sequence[str]) -> None:
    """In a ranking the next one comes behind those before; once more takes it out."""
    guessed = guess(step, choices)
    st.query_params[_key(step)] = [each for each in guessed if each != key] if key in guessed else [*guessed, key]


def start_over() -> None:
    for key in [STEP, SEEN, *map(_key, STEPS)]:  # not all of them: the sentence belongs to its field
        st.query_params.pop(key, None)


def _seen() -> list[str]:
    return list(dict.fromkeys(st.query_params.get_all(SEEN)))


def _key(step: Step) -> str:
    return f"guess.{step.name}"
