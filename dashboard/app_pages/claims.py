"""Claims: common statements on sequence architectures, checked against the runs in the cache."""

import streamlit as st

from cache.claims import CLAIMS
from cache.execution.estimates import EpochTimes
from dashboard import address
from dashboard.claims import claims_view
from dashboard.claims.claims_training import Trainer, training
from dashboard.shell import session, tab
from dashboard.widgets import run_progress

store, backend = session.store(), session.backend()
st.title("Claims")
here = session.devices(backend)
names, default = claims_view.devices(store, here, backend)
address.show_problems("claims", {"claim": claims_view.titles(), "measured_on": names}, {})
st.caption(
    "Common claims about these architectures, checked against the runs in this cache. "
    "No verdict on this page was written by hand."
)
device = claims_view.choose_device(names, default)
local = next((each for each in here if each.name == device), here[0])
found = claims_view.claim_results(store, backend, device)
results = [claim_result for claim_result, _ in found]
claims_view.summary(results, device)
claims_view.method()
trainer = Trainer(local, EpochTimes(store.measured_seconds(local.name)))
work = st.container()
shown = claims_view.choose_claim()
if len(shown) == 1:
    tab.name("Claims", CLAIMS[shown[0]].title)
for claim_result, draw in found:
    if claim_result.claim.name in shown:
        claims_view.card(store, claim_result, draw(session.text_color()), device, trainer, backend)
with work:
    claims_view.offer_to_read(store, results)
    training(store, results, device, trainer)
    run_progress.show_other_runs(store, {run.id for claim_result in results for _, run in claim_result.active})
