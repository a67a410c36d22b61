"""Home: what this is, what is cached, questions one click away, and what trains now."""

import streamlit as st

from cache.results.study_results import fetch_studies
from dashboard import address
from dashboard.home import home_view
from dashboard.shell import pages, session
from dashboard.shell.page_head import UNKNOWN
from models.experiments.studies import STUDIES

if set(st.query_params) - {UNKNOWN}:
    # Home has no settings, so such a URL is from the time when Compare was here.
    st.switch_page(
        pages.PAGES["compare"].script, query_params={key: st.query_params.get_all(key) for key in st.query_params}
    )
store, backend = session.store(), session.backend()
device = session.devices(backend)[0]
address.show_unknown()
home_view.introduction()
left, right = st.columns(2, gap="large")
with left:
    home_view.in_the_cache(store)
with right:
    home_view.training(store)
home_view.questions(store, fetch_studies(store, STUDIES, backend, device.name), device)
home_view.newest_runs(store)
