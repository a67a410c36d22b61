"""The part of the page that follows running trainings. It reads rows once a second and holds up nothing else."""

from collections.abc import Sequence

import streamlit as st

from cache.launching import ensure_runner
from cache.runs import RUNNING, Run
from cache.store import RunStore
from dashboard import session
from dashboard.estimates import EpochTimes, seconds_left
from dashboard.wording import count, duration
from models.events import EpochFinished


def follow(store: RunStore, run_ids: Sequence[int], labels: dict[int, str], times: EpochTimes, engine: str) -> None:
    """Draws the progress of active runs; asks for a whole rerun when an epoch or a run has ended."""
    seen = _signature(store, run_ids)

    @st.fragment(run_every=1.0)
    @session.explained()
    def progress() -> None:
        if _signature(store, run_ids) != seen:
            st.rerun()
        runs = [store.run(run_id) for run_id in run_ids]
        for lane in {run.lane for run in runs}:
            ensure_runner(store, lane, engine)
        epochs = store.epochs(run_ids)
        running = [run for run in runs if run.state == RUNNING]
        ahead = len([run for run in store.runs([RUNNING]) if run.id not in run_ids])
        for run in running:
            _running(store, run, epochs[run.id], labels[run.id], times)
        left, columns = len(runs) - len(running), st.columns([4, 1], vertical_alignment="center")
        if left:
            waiting = f"{count(left, 'run')} waiting in the queue"
            columns[0].caption(waiting + (", behind another comparison's training." if ahead else "."))
        if columns[1].button("Cancel all", icon=":material/stop_circle:", key="cancel_all", width="stretch"):
            store.cancel(run_ids)
            st.rerun()

    progress()


def _signature(store: RunStore, run_ids: Sequence[int]) -> list[tuple[str, int]]:
    epochs = store.epochs(run_ids)
    return [(store.run(run_id).state, len(epochs[run_id])) for run_id in run_ids]


def _running(store: RunStore, run: Run, epochs: list[EpochFinished], label: str, times: EpochTimes) -> None:
    bar, stop = st.columns([12, 1], vertical_alignment="center")
    bar.progress(_share(run, len(epochs)), text=f"**{label}**, seed {run.spec.seed}: {_where(run, epochs, times)}")
    stop.button(
        "Stop",
        icon=":material/close:",
        key=f"stop_{run.id}",
        help="Stop this run",
        on_click=store.cancel,
        args=([run.id],),
        type="tertiary",
    )


def _share(run: Run, num_finished: int) -> float:
    progress = run.progress
    batches = progress.get("batch", 0) / progress["num_batches"] if progress.get("num_batches") else 0.0
    within = batches if progress.get("epoch") == num_finished + 1 else 0.0
    return min(1.0, (num_finished + within) / run.epochs)


def _where(run: Run, epochs: list[EpochFinished], times: EpochTimes) -> str:
    progress = run.progress
    if run.cancel_requested:
        return "stopping"
    if "epoch" not in progress:
        return progress.get("message", "starting the training process")
    left = seconds_left(run, epochs, times)
    place = f"epoch {progress['epoch']} of {run.epochs}, batch {progress['batch']} of {progress['num_batches']}"
    return place + (f", about {duration(left)} left" if left is not None else "")
