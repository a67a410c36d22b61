"""Compare: choose a line-up, train what is not cached, and see what each architecture costs and buys."""

import streamlit as st

from dashboard import controls, session, views
from dashboard.colours import label_colours
from dashboard.results import fetch
from models.layers import ShapeError

store, engine = session.store(), session.engine()
st.title("Compare architectures")
st.caption(session.notice(engine))
for problem in controls.url_problems():
    st.warning(problem, icon=":material/link_off:")
shared = controls.sidebar()
device = controls.choose_device(session.devices(engine))

architectures = controls.choose_architectures()
if not architectures:
    st.info(
        "Pick one or more architectures above. Try Flatten, GRU and LSTM to begin with.", icon=":material/touch_app:"
    )
    st.stop()
with st.expander("Hyperparameters, layers and sources", icon=":material/tune:"):
    tabs = st.tabs([architecture.title for architecture in architectures])
    entries = []
    for tab, architecture in zip(tabs, architectures, strict=True):
        with tab:
            views.explanation(architecture)
            chosen = controls.choose_variants(architecture)
            views.layer_tables(controls.make_comparison(shared, chosen, engine))
            entries += chosen

comparison = controls.make_comparison(shared, entries, engine)
colours = label_colours(comparison.entries)
fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
if fingerprint is None:
    views.download(store.root, comparison.dataset)
    views.parameters(comparison, colours)
    st.stop()
try:
    results = fetch(store, comparison, fingerprint, device.name)
except ShapeError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
views.training(store, comparison, results, device, engine)
views.leaderboard(results)
left, right = st.columns(2, gap="large")
with left:
    views.parameters(comparison, colours)
with right:
    views.seconds(results, colours, device)
views.curves(results, colours)
