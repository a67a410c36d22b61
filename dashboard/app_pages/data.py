"""Data: look at a dataset as a model reads it, add your own, and add word vectors."""

import streamlit as st

from dashboard import address
from dashboard.data import dataset_view, own_data, word_vectors
from dashboard.shell import session, tab
from dashboard.widgets import sidebar
from models.data.datasets import get_dataset
from models.vectors.word_vectors import registered

LOOK, ADD, VECTORS = "look", "add", "vectors"
VIEWS = {LOOK: "Look at a dataset", ADD: "Your own data", VECTORS: "Word vectors"}

store = session.store()
st.title("Data")
choices = {"data_view": list(VIEWS.values()), "vectors": [vectors.title for vectors in registered()]}
address.show_problems("data", address.choices() | choices, sidebar.RANGES)
view = st.segmented_control(
    "View", list(VIEWS), default=LOOK, required=True,
    format_func=VIEWS.__getitem__, key="data_view", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
tab.name("Data", VIEWS[view])
if view == ADD:
    own_data.show(store)
else:
    chosen = sidebar.choose_data(needs_labels=False)
    title = get_dataset(chosen["dataset_name"]).title
    tab.name("Data", *([] if view == LOOK else [VIEWS[view]]), title)
    show = word_vectors.show if view == VECTORS else dataset_view.show
    show(store, get_dataset(chosen["dataset_name"]), chosen["train_examples"], chosen["encoding"])
