"""The state of a tour. All of it is in the URL, so it survives a reload, and a link can share it."""

from collections.abc import Sequence

import streamlit as st

from dashboard.tour.tour_steps import NAMES, STEPS, Step

STEP, SEEN, NOTES, SEED = "step", "seen", "notes", "seed"
RANGES = {STEP: (1, len(STEPS))}
CHOICES = {SEEN: NAMES, NOTES: ("1",)}
"""The allowed values in the URL. Guesses that are not among a step's answers are ignored later."""
MAX_SEED = 10_000


def number() -> int:
    """Return the index of the step, from 0. A number that does not exist is removed from the URL."""
    asked = _as_int(st.query_params.get(STEP, "1"))
    if asked and asked <= len(STEPS):
        return asked - 1
    del st.query_params[STEP]
    return 0


def go(to: int) -> None:
    st.query_params[STEP] = str(min(max(to, 0), len(STEPS) - 1) + 1)


def has_notes() -> bool:
    """Return whether the URL asks for the teacher's notes instead of the step."""
    return st.query_params.get(NOTES) == "1"


def notes_address(step: Step) -> str:
    """The address of the notes for a step, relative to the page."""
    return f"?{NOTES}=1&{STEP}={STEPS.index(step) + 1}"


def seed() -> int | None:
    """The seed that the room trains; None before it has started."""
    return _as_int(st.query_params.get(SEED, ""))


def train(number: int | None) -> None:
    """Choose the seed that the room trains; None offers another one."""
    if number is None:
        st.query_params.pop(SEED, None)
    else:
        st.query_params[SEED] = str(number)


def reveal(step: Step) -> None:
    st.query_params[SEEN] = [*_seen(), step.name]


def hide(step: Step) -> None:
    st.query_params[SEEN] = [name for name in _seen() if name != step.name]


def is_seen(step: Step) -> bool:
    """Return whether the answer to a step is shown."""
    return step.name in _seen()


def guess(step: Step, choices: Sequence[str]) -> list[str]:
    """The guessed keys in order; keys that are not among the answers are ignored."""
    guessed = dict.fromkeys(st.query_params.get_all(_key(step)))
    return [key for key in guessed if key in choices]


def choose(step: Step, key: str) -> None:
    """Guess one answer, which replaces the earlier guess."""
    st.query_params[_key(step)] = [key]


def put(step: Step, key: str, choices: Sequence[str]) -> None:
    """Add an answer to a guessed ranking; choosing it again removes it."""
    guessed = guess(step, choices)
    st.query_params[_key(step)] = [each for each in guessed if each != key] if key in guessed else [*guessed, key]


def start_over() -> None:
    for key in [STEP, SEEN, SEED, *map(_key, STEPS)]:  # not all of them: the sentence belongs to its field
        st.query_params.pop(key, None)


def _seen() -> list[str]:
    return list(dict.fromkeys(st.query_params.get_all(SEEN)))


def _key(step: Step) -> str:
    return f"guess.{step.name}"


def _as_int(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) <= MAX_SEED else None
