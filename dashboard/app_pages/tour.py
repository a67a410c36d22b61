"""Tour: a lesson of twenty minutes from cached runs. The room guesses, then what was measured is revealed."""

from functools import partial

import streamlit as st

from cache.results.study_results import fetch_studies
from dashboard import address
from dashboard.shell import session, tab
from dashboard.tour import tour_notes, tour_state, tour_training, tour_view
from dashboard.tour.tour_questions import StepContext
from dashboard.tour.tour_steps import CHOICE, NUMBERS, STEPS, TRAIN
from dashboard.widgets import projector
from dashboard.widgets.sentence import SENTENCE

st.set_page_config(initial_sidebar_state="collapsed")
store, backend = session.store(), session.backend()
address.show_problems("tour", tour_state.CHOICES, tour_state.RANGES | tour_training.RANGES)
step = STEPS[tour_state.number()]
tab.name("Tour", step.question)
if tour_state.has_notes():
    tour_notes.show(step)
    st.stop()
projector.enlarge()
device = session.devices(backend)[0]
wanted = [each for each in STEPS if not each.optional] if step.name == CHOICE else [step]  # it summarizes all steps
found = fetch_studies(store, dict.fromkeys(each.study for each in wanted), backend, device.name)
bar = st.container()
st.header(step.question, anchor=False)
text = tour_view.sentence_of_the_room(step) if step.name == NUMBERS else SENTENCE
contexts = {each.name: StepContext(each, store, found[each.study], device.name, text) for each in wanted}
context = contexts[step.name]
question, is_seen = context.question, tour_state.is_seen(step)
with bar:
    tour_view.navigation(step, is_waiting=question is not None and not is_seen)
tour_view.prepare(context)
plot = tour_training.show(context, device) if step.name == TRAIN else tour_view.show(context, question)
is_looked_back_at = step.name == CHOICE and (is_seen or question is None)
tour_view.bottom(
    context,
    plot,
    question is not None and is_seen,
    partial(tour_view.summary, [*contexts.values()]) if is_looked_back_at else None,
)
