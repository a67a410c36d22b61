"""Generate: trained models continue a text, side by side, word by word."""

import streamlit as st

from dashboard import controls, generate_view, session

store = session.store()
st.title("Generate")
controls.show_url_problems("generate", {}, generate_view.RANGES)
runs = generate_view.writers(store)
if not runs:
    generate_view.nothing_yet()
    st.stop()
request = generate_view.ask_for(store, runs)
if request:
    generate_view.show(store, request)
