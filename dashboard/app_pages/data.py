"""Data: look at a dataset as a model will see it, and add one of your own."""

import streamlit as st

from dashboard import controls, dataset_view, own_data, session
from models.datasets import get_dataset

LOOK, ADD = "look", "add"
VIEWS = {LOOK: "Look at a dataset", ADD: "Your own data"}

store = session.store()
st.title("Data")
controls.show_url_problems("data", controls.url_choices() | {"data_view": list(VIEWS.values())}, controls.RANGES)
view = st.segmented_control(
    "View", list(VIEWS), default=LOOK, required=True, format_func=VIEWS.get, key="data_view", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
if view == ADD:
    own_data.show(store)
else:
    chosen = controls.choose_data()
    dataset_view.show(store, get_dataset(chosen["dataset_name"]), chosen["train_examples"], chosen["encoding"])
