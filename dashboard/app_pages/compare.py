"""Compare: choose a line-up, train what is not cached, and see what each architecture costs and buys."""

import streamlit as st

from cache.results import fetch
from dashboard import (
    board_options,
    board_view,
    budget_view,
    controls,
    disagreement_view,
    live,
    overfitting_view,
    sentence,
    session,
    takeaway,
    verdict_view,
    views,
)
from dashboard.colours import label_colours
from models.datasets import get_dataset

store, engine = session.store(), session.engine()
st.title("Compare architectures")
takeaway.restore(store)
notice = st.container()
controls.show_url_problems("compare", controls.url_choices(), controls.url_ranges())
task = controls.choose_task()
shared = controls.sidebar(task)
device = controls.choose_device(session.devices(engine))
with notice:
    st.caption(session.notice(device, engine))
    views.mark_generated(get_dataset(shared["dataset_name"]))
away = st.container(horizontal=True)
with away:
    takeaway.share_button(store)

architectures = controls.choose_architectures(task)
if not architectures:
    st.info(
        "Pick one or more architectures above. Try Flatten, GRU and LSTM to begin with.", icon=":material/touch_app:"
    )
    live.others(store, set(), engine)
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

comparison = views.possible(controls.make_comparison(shared, entries, engine), device)
if not comparison.entries:
    live.others(store, set(), engine)
    st.stop()
colours = label_colours(comparison.entries)
fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
sentence.panel(store, comparison, fingerprint)
training, disturbed, board, verdict, bars, lines, reading, fair, where = (st.container() for _ in range(9))
# Drawn before the training, which may ask for a rerun: a widget that a rerun passes by loses its place in the URL.
with board:
    st.subheader("Leaderboard")
    shown = board_options.choose(task)
with lines:
    st.subheader("Curves")
    metric, same_scale = controls.curve_options(task)
left, right = bars.columns(2, gap="large")
with left:
    plots = views.parameters(comparison, colours)
if fingerprint is None:
    with training:
        views.download(store.root, comparison.dataset)
        live.others(store, set(), engine)
    st.stop()
results = fetch(store, comparison, fingerprint, device.name)
with disturbed:
    include_contended = views.contention(store, comparison, results, device)
with board:
    boards = board_view.show(comparison, fingerprint, results, device, include_contended, shown)
with verdict:
    sentences, intervals = verdict_view.show(store, comparison, results, device, colours)
with right:
    plots += views.seconds(results, colours, device, include_contended)
with lines:
    plots += views.curves(results, colours, metric, same_scale)
with reading:
    overfitting_view.show(results, task)
with fair:
    budget_view.show(store, comparison, results, device, include_contended)
with where:
    divided = disagreement_view.show(store, comparison, results, colours)
with training:
    views.training(store, comparison, results, device, engine)
    live.others(store, {result.run.id for result in results if result.run}, engine)
with away:
    takeaway.files(comparison, results, boards, sentences, [*plots, *intervals, *divided], device)
