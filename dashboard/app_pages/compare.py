"""Compare: choose a line-up, train what is not cached, and compare costs and accuracy."""

import streamlit as st

from cache.results.results import fetch
from dashboard import address
from dashboard.charts.colours import label_colours
from dashboard.charts.compared import Compared
from dashboard.comparison import compare_view, engines_view, line_up_details, share, views
from dashboard.costs import budget_view
from dashboard.shell import navigation, pages, session, tab
from dashboard.widgets import line_up, run_progress, sentence, sidebar
from models.data.datasets import get_dataset
from models.experiments.engines import Engine

store = session.store()
st.title("Compare architectures")
with st.container():  # what is below keeps its place, with or without a message; else it loses its URL parameters
    share.restore(store)
notice = st.container()
address.show_problems("compare", address.choices(), address.ranges())
task = sidebar.choose_task()
shared = sidebar.choose_settings(store, task)
engine = Engine.of(shared["training"])
sidebar.choose_to_keep_weights()
device = sidebar.choose_device(session.devices(engine.backend))
with notice:
    st.caption(f"{session.notice(device, engine.backend)} Engine: {engine.title}.")
    views.generated_badge(get_dataset(shared["dataset_name"]))
away = st.container(horizontal=True, vertical_alignment="center")
with away:
    share.share_button(store)
architectures = line_up.choose_architectures(task)
if not architectures:
    st.info(
        "Pick one or more architectures above. Try Flatten, GRU and LSTM to begin with.", icon=":material/touch_app:"
    )
    run_progress.show_other_runs(store, set())
    st.stop()
tab.name("Compare", *(architecture.title for architecture in architectures), get_dataset(shared["dataset_name"]).title)
# The button to train is right below the line-up, so that it is visible after a change at the left. It is drawn last:
# it may ask for a rerun, and widgets that a rerun skips lose their place in the URL.
training = st.container()
measured: set[int] = set()
entries = line_up_details.choose_entries(architectures, shared, budget_view.is_open())
with st.container():
    comparison = views.possible(line_up.make_comparison(shared, entries), device)
if not comparison.entries:
    run_progress.show_other_runs(store, set())
    st.stop()
if comparison.dataset.is_deleted:  # its runs stay, but nothing can be read or trained
    pages.link("runs", "Its runs", {"q": f"dataset={comparison.dataset.name}"})
    run_progress.show_other_runs(store, set())
    st.stop()
fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
views.show_diagram(comparison, label_colours(comparison.entries))
sentence.panel(store, comparison, fingerprint)
results = fetch(store, comparison, fingerprint, device.name) if fingerprint else []
with st.container():  # the rest keeps its place, with or without a message
    include_contended = views.contention(store, comparison, results, device)
shown = compare_view.show(store, Compared(comparison, fingerprint, results, device, include_contended))
with training:
    if fingerprint:
        views.training(store, comparison, results, device)
        measured = engines_view.show(store, comparison, fingerprint, device)
    else:
        views.download(store, comparison.dataset)
    run_progress.show_other_runs(store, measured | {result.run.id for result in results if result.run})
with away:
    pages.link("present", "Present to a room", navigation.address())
    if fingerprint:
        share.files(comparison, results, shown, device)
