"""Generate: trained models continue a text, side by side, word by word."""

import streamlit as st

from dashboard import address
from dashboard.generate import generate_view, prefixes_view
from dashboard.shell import session

store = session.store()
st.title("Generate")
st.caption("Models that were trained to predict the next word go on with your text, side by side, word by word.")
runs = generate_view.writers(store)
address.show_problems("generate", generate_view.url_choices(runs), generate_view.RANGES)
if not runs:
    generate_view.nothing_yet()
    st.stop()
request = generate_view.ask_for(store, runs)
if request:
    generate_view.show(store, request)
    prefixes_view.show(store, {number: runs[number] for number in request.runs}, request.text)
