"""Inside: what trained models do while they read a text, step by step."""

import streamlit as st

from dashboard import address
from dashboard.inside import embeddings_view, inside_sections, inside_view, returns_view
from dashboard.shell import session

store = session.store()
st.title("Inside")
st.caption("What trained models do while they read your text: states, gates and filters after every word.")
found = inside_view.openable(store)
address.show_problems("inside", inside_view.url_choices(found), {})
request = inside_view.ask_for(store, found)
if request and inside_view.answered(store, request):
    tokens, models = inside_view.opened(store, request, found)
    if models:
        inside_sections.stepper(tokens, models)
        inside_sections.looks_back(tokens, models)
        inside_sections.another(store, request, models)
        returns_view.show(tokens, models)
        embeddings_view.show(store, request, tokens, models)
