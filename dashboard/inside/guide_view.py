"""The guided tour of a layer on the page Inside: one question at a time, to be guessed before the answer is shown."""

import re

import streamlit as st

from dashboard.inside.guide import GUIDE, Found, GuideStep, Lesson
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown

STEP = "guide"
"""The URL key of the step: "3" shows the third question, "3a" its answer as well."""
SHOWN = "a"


def show(lesson: Lesson) -> Found | None:
    """Draw the guide, or the button that starts it. Return the cursor's position once an answer is shown."""
    steps = [(step, found) for step in GUIDE if (found := step.find(lesson))]
    asked = re.fullmatch(rf"(\d)({SHOWN}?)", st.query_params.get(STEP, ""))
    if not asked:
        st.button("Guide me", icon=":material/school:", key="guide_begin", on_click=_go, args=("1",),
                  help="Eight short questions on this text. Guess before you look.")  # fmt: skip
        return None
    number = min(max(int(asked[1]), 1), len(steps))
    return _step(number, *steps[number - 1], is_shown=bool(asked[2]), num_steps=len(steps))


def _step(number: int, step: GuideStep, found: Found, *, is_shown: bool, num_steps: int) -> Found | None:
    with st.container(border=True):
        st.markdown(f"**{number} of {num_steps}.** {step.question}")
        if is_shown:
            st.markdown(f":material/lightbulb: {escape_markdown(found.sentence)}")
        else:
            st.caption("Guess first. The answer moves the cursor to its place.")
        back, forward, end = st.columns([1, 1, 1])
        earlier = str(number) if is_shown else f"{number - 1}{SHOWN}"
        back.button("Back", key="guide_back", on_click=_go, args=(earlier,), disabled=number == 1 and not is_shown,
                    width="stretch")  # fmt: skip
        if not is_shown or number < num_steps:  # one button with one key, so that the keyboard stays on it
            to = str(number + 1) if is_shown else f"{number}{SHOWN}"
            label = "Next" if is_shown else "Show the answer"
            forward.button(label, key="guide_on", type=session.primary_button_type(), on_click=_go, args=(to,),
                           width="stretch")  # fmt: skip
        end.button("End", key="guide_end", on_click=_go, args=("",), width="stretch")
    return found if is_shown else None


def _go(to: str) -> None:
    if to:
        st.query_params[STEP] = to
    else:
        st.query_params.pop(STEP, None)
