"""Tour: a lesson of twenty minutes from cached runs. The room guesses, then what was measured is revealed."""

import streamlit as st

from cache.studied import fetch_studies
from dashboard import address, session, tab, tour_state, tour_view
from dashboard.sentence import SENTENCE
from dashboard.tour_polls import Stop
from dashboard.tour_steps import NUMBERS, STEPS

st.set_page_config(initial_sidebar_state="collapsed")
store, engine = session.store(), session.engine()
address.show_problems("tour", tour_state.CHOICES, tour_state.RANGES)
step = STEPS[tour_state.number()]
tab.name("Tour", step.question)
device = session.devices(engine)[0].name
wanted = STEPS if step == STEPS[-1] else [step]  # the last one looks back upon all
found = fetch_studies(store, dict.fromkeys(each.study for each in wanted), engine, device)
bar = st.container()
st.header(step.question)
text = tour_view.sentence_of_the_room(step) if step.name == NUMBERS else SENTENCE
stops = {each.name: Stop(each, store, found[each.study], device, text) for each in wanted}
stop = stops[step.name]
poll, is_seen = stop.poll, tour_state.is_seen(step)
with bar:
    tour_view.turn(step, is_waiting=poll is not None and not is_seen)
tour_view.prepare(stop)
tour_view.show(stop, poll)
if len(stops) == len(STEPS) and (is_seen or poll is None):
    tour_view.summary(list(stops.values()))
