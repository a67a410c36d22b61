"""The queue: running and waiting runs, with their order and times."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.core.cluster_state import ClusterState
from cache.core.formatting import count, duration
from cache.core.settings import RAY_ADDRESS
from cache.execution.queue import QueueEntry, move_to_front, queue, retry_requests
from cache.store.runs import QUEUED, RUNNING, Run
from cache.store.store import RunStore
from dashboard.shell import pages, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import at_once, queueing, run_progress

LATELY = 20
CHOSEN_WAITING, CHOSEN_ENDED = "chosen among the waiting", "chosen among the ended"


def show(store: RunStore) -> None:
    """Draw the queue, and the latest failed and cancelled runs."""
    times_of = run_progress.times_by_device_id(store)
    places = queue(store, times_of)
    running = [place for place in places if place.run.state == RUNNING]
    waiting = [place for place in places if place.run.state == QUEUED]
    if not places:
        st.info("No run is training or waiting.", icon=":material/hourglass_empty:")
        pages.link("compare", "Choose something to train")
    if running:
        st.subheader("In training")
        run_progress.show_runs(store, [place.run for place in running])
    if RAY_ADDRESS.text and (state := ClusterState.read(store.root)):
        _cluster(store, state)
    if waiting:
        _waiting(store, waiting, {device_id: device.name for device_id, device in session.devices_by_id().items()})
    _ended_badly(store)


def _cluster(store: RunStore, state: ClusterState) -> None:
    """The devices of the cluster as its runner has last seen them, and what each trains."""
    st.subheader("Cluster")
    for problem in state.problems:
        st.warning(escape_markdown(problem), icon=":material/dns:")
    if not state.slots:
        return
    runs = store.runs_by_id([slot.run_id for slot in state.slots if slot.run_id is not None])
    rows = [
        (slot.node, slot.device, slot.device_id, runs[slot.run_id].title if slot.run_id in runs else "nothing")
        for slot in state.slots
    ]
    st.dataframe(pd.DataFrame(rows, columns=["Node", "Device", "Name on the node", "Trains"]), hide_index=True)
    st.caption(f"As of {duration(store.clock() - state.at)} ago.")


def _waiting(store: RunStore, waiting: list[QueueEntry], names: dict[str, str]) -> None:
    st.subheader(f"{count(len(waiting), 'run')} waiting")
    rows = [
        (
            number,
            place.run.title,
            place.run.epochs,
            at_once.SEVERAL if place.run.together else at_once.ONE,
            names.get(place.run.device_id, place.run.device_id),
            "never measured" if place.starts_in is None else f"in {duration(place.starts_in)}",
            "never measured" if place.seconds is None else duration(place.seconds),
        )
        for number, place in enumerate(waiting, start=1)
    ]
    ids = [place.run.id for place in waiting]
    chosen = _chosen(
        pd.DataFrame(rows, columns=["Place", "Run", "Epochs", "Trained", "Device", "Starts", "Takes about"]),
        ids,
        CHOSEN_WAITING,
        height=min(38 + 35 * len(waiting), 430),
    )
    which = count(len(chosen), "run") if chosen else "selected runs"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Move to the front", icon=":material/vertical_align_top:", on_click=run_action,
            args=(move_to_front, store, chosen), disabled=not chosen or store.read_only, help=session.reason(store),
        )  # fmt: skip
        st.button(
            f"Cancel {which}", key="cancel_chosen", icon=":material/stop_circle:", on_click=run_action,
            args=(_cancel, store, chosen), disabled=not chosen or store.read_only, help=session.reason(store),
        )  # fmt: skip
        st.button(
            "Cancel all that wait", icon=":material/stop_circle:", on_click=run_action, args=(_cancel, store, ids),
            disabled=store.read_only, help=session.reason(store),
        )  # fmt: skip


def _cancel(store: RunStore, run_ids: Sequence[int]) -> None:
    """Cancel runs, and select them among the cancelled ones, where one click queues them again."""
    store.cancel(run_ids)
    st.session_state[CHOSEN_ENDED] = list(run_ids)


def _chosen(frame: pd.DataFrame, ids: Sequence[int], key: str, **options: Any) -> list[int]:
    """Draw runs and return the ids of the selected ones, which stay selected when other rows come or go.

    Args:
        frame: A row for each run.
        ids: The ids of these runs.
        key: Where the session keeps the selected ids.
        options: Further arguments of the table.
    """
    wanted = st.session_state.get(key, [])
    event = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # The widget knows positions only: other rows make another widget, which begins with the same runs selected.
        selection_default={"selection": {"rows": [place for place, run_id in enumerate(ids) if run_id in wanted]}},
        key=f"{key} {ids}",
        **options,
    )
    st.session_state[key] = [ids[row] for row in event.selection.rows if row < len(ids)]
    return st.session_state[key]


def _ended_badly(store: RunStore) -> None:
    """The latest failed and cancelled runs, with buttons to retry them."""
    runs = list_runs(store, parse("state=failed,cancelled"), limit=LATELY).runs
    latest = store.best_runs([run.identity for run in runs], 1, "")
    runs = [run for run in runs if latest[run.identity].id == run.id]  # others have been asked for again since
    if not runs:
        queueing.offer(store, [], "retry")
        return
    st.subheader("Recently failed or cancelled")
    rows = [(run.title, run.state, run.reason or "–") for run in runs]
    wanted = _chosen(
        pd.DataFrame(rows, columns=["Run", "State", "Reason"]),
        [run.id for run in runs],
        CHOSEN_ENDED,
        column_config={"Reason": st.column_config.TextColumn(width="large")},
    )
    chosen = [run for run in runs if run.id in wanted]
    if not chosen:
        st.caption("Select runs to try them again.")
    offer_retry(store, chosen, "retry")


def offer_retry(store: RunStore, runs: Sequence[Run], key: str, place: DeltaGenerator | None = None) -> None:
    """A button that queues failed and cancelled runs again."""
    try:
        requests = retry_requests(runs)
    except ValueError as error:
        requests = []
        st.caption(f"These runs cannot be tried again: {escape_markdown(str(error))}")
    queueing.offer(store, requests, key, "Try {} again", place=place, icon="replay")
