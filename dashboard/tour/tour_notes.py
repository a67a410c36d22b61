"""Notes for the teacher at each step, in a window that is not projected."""

import streamlit as st

from dashboard.tour import tour_state
from dashboard.tour.tour_steps import STEPS, Step


def show(step: Step) -> None:
    """Draw the note for a step, with links to the other notes."""
    number = STEPS.index(step)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=tour_state.go,
                  args=(number - 1,), disabled=number == 0)  # fmt: skip
        st.caption(f"Teacher’s notes, **{number + 1} of {len(STEPS)}**", width="stretch", text_alignment="center")
        st.button("Next", icon=":material/arrow_forward:", key="next", shortcut="Right", on_click=tour_state.go,
                  args=(number + 1,), disabled=number == len(STEPS) - 1)  # fmt: skip
    st.header(step.question, anchor=False)
    st.markdown(step.note)
    st.caption(f"About {step.minutes} min. This window is for you: project the other one.")
    with st.expander("All steps", icon=":material/list:"):
        for place, each in enumerate(STEPS):
            st.button(f"{place + 1}. {each.title} ({each.minutes} min)", key=f"step {each.name}", type="tertiary",
                      on_click=tour_state.go, args=(place,), disabled=each == step)  # fmt: skip
