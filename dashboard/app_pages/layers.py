"""Layers: architectures side by side, layer by layer, with every shape, weight and formula."""

import streamlit as st

from dashboard import address
from dashboard.layers import layers_view
from dashboard.shell import session, tab

session.store()
st.title("Layers")
address.show_problems("layers", layers_view.url_choices(), layers_view.url_ranges())
with st.container():  # what is below keeps its place
    entries = layers_view.choose_entries()
sizes = layers_view.choose_sizes()
if not entries:
    st.info("Choose one to four architectures above.", icon=":material/touch_app:")
    st.stop()
tab.name("Layers", *entries)
stacks = layers_view.layers_of(entries, sizes)
if stacks:
    colours = layers_view.colours_of(entries)
    layers_view.flow(stacks, colours)
    layers_view.bars(stacks, colours)
    layers_view.details(stacks, entries, sizes.length)
