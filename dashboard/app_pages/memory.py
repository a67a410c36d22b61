"""Memory: how many steps back architectures remember, tested on generated texts."""

import streamlit as st

from dashboard import address
from dashboard.recall import memory_view
from dashboard.shell import session, tab
from dashboard.widgets import line_up, run_progress, sidebar
from models.tasks import CLASSIFICATION

store, backend = session.store(), session.backend()
st.title("Memory test")
address.show_problems("memory", memory_view.url_choices(), memory_view.RANGES)
test, directions, steps, epochs, seeds = memory_view.settings()
memory_view.introduction(test)
device = sidebar.choose_device(session.devices(backend))
architectures = line_up.choose_architectures(CLASSIFICATION, memory_view.LINE_UP, key="memory_models")
if not architectures:
    st.info("Pick one or more architectures above: SimpleRNN, and GRU or LSTM to hold it against.",
            icon=":material/touch_app:")  # fmt: skip
    run_progress.show_other_runs(store, set())
    st.stop()
tab.name("Memory", test.kind, *(architecture.title for architecture in architectures))
entries = memory_view.entries_of(architectures, directions)
asked = memory_view.comparisons(test, entries, steps, epochs, seeds, backend, device)
results = memory_view.fetch_all(store, asked, device)
training, found = st.container(), st.container()
with found:
    memory_view.accuracy(store, test, results, entries)
    memory_view.examples(test, steps)
with training:
    memory_view.training(store, asked, results, device)
    run_progress.show_other_runs(store, {result.run.id for each in results.values() for result in each if result.run})
