"""Runs: find, inspect, compare, keep and delete everything that is cached, waiting or failed."""

import streamlit as st

from cache.core.formatting import count
from cache.store.runs import QUEUED, RUNNING
from dashboard import address
from dashboard.runs import queue_view, run_actions, run_details, run_import, run_search, run_table, storage_view
from dashboard.shell import session, tab
from dashboard.widgets import run_progress

LIST, QUEUE, STORAGE = "runs", "queue", "storage"
VIEWS = {LIST: "All runs", QUEUE: "Queue", STORAGE: "Storage"}

store = session.store()
head = st.container(horizontal=True, vertical_alignment="center")
head.title("Runs", width="content")
address.show_problems(
    "runs", run_search.choices() | {"view": list(VIEWS.values()), "part": list(run_details.PARTS)}, {}
)
with st.container():  # with or without messages, the search keeps its place, without which the address loses it
    run_import.show_notice()
    run_actions.show_undo(store)
with head:
    view = st.segmented_control(
        "View", list(VIEWS), default=LIST, required=True,
        format_func=VIEWS.__getitem__, key="view", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if active := store.runs([QUEUED, RUNNING]):
        st.badge(f"{count(len(active), 'run')} in training or waiting", icon=":material/hourglass_top:")
tab.name("Runs", *([] if view == LIST else [VIEWS[view]]))
run_progress.rerun_when_finished(store)
if view == QUEUE:
    queue_view.show(store)
elif view == STORAGE:
    storage_view.show(store)
else:
    search, body, foot = st.container(), st.container(), st.container(horizontal=True, vertical_alignment="bottom")
    with search:
        listing, status_filter = run_search.choose(store, foot)
    shown = {run.id for run in listing.runs} if listing else set()
    if listing and shown:
        with body:
            run_table.table(listing)
        foot.caption(run_table.how_many(listing))
    elif listing:
        run_table.nothing(store, status_filter, listing)
    selected = run_table.selected(store)
    if shown or selected:
        run_actions.bar(store, selected, sum(run.id not in shown for run in selected))
    tab.name("Runs", *(run.title for run in selected))
    if len(selected) == 1:
        run_details.show_run(store, selected[0])
    elif selected:
        run_details.show_differences(store, selected)
