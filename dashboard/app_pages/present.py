"""Present: the comparison for a room, in large type. Settings are in the sidebar; the page shows slides."""

import streamlit as st

from cache.results.results import fetch
from dashboard import address
from dashboard.charts.compared import Compared
from dashboard.present import present_view
from dashboard.shell import navigation, pages, session, tab
from dashboard.verdict import recommendation_view
from dashboard.widgets import line_up, projector, sidebar

st.set_page_config(initial_sidebar_state="collapsed")
projector.enlarge()
store = session.store()
address.show_problems("present", address.choices(), address.ranges() | present_view.RANGES)
task = sidebar.choose_task()
shared = sidebar.choose_settings(store, task)
device = sidebar.choose_device(session.devices(shared["training"].backend))
with st.sidebar:
    st.subheader("Line-up")
    architectures = line_up.choose_architectures(task)
    entries = []
    with st.expander("Hyperparameters"):
        for architecture in architectures:
            st.markdown(f"**{architecture.title}**")
            entries += line_up.choose_variants(architecture)
    include_contended = st.toggle("Include disturbed seconds", key="contended", bind="query-params")
    margin = recommendation_view.choose_margin()
if not architectures:
    st.info("Pick two or more architectures in the sidebar.", icon=":material/touch_app:")
    st.stop()
comparison = line_up.make_comparison(shared, entries)
tab.name("Present", *(architecture.title for architecture in architectures), comparison.dataset.title)
fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
results = fetch(store, comparison, fingerprint, device.name) if fingerprint else []
if comparison.dataset.is_deleted:
    st.stop()
if not any(result.is_cached for result in results):
    st.info("No run of this line-up is finished. Train it on Compare, then present it.", icon=":material/co_present:")
    pages.link("compare", "Go to Compare", navigation.address())
    st.stop()
compared = Compared(comparison, fingerprint, results, device, include_contended)
present_view.show(present_view.step(), store, compared, margin)
