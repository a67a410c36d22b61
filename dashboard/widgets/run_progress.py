"""The part of the page that follows running trainings. It reads rows once a second and delays nothing else."""

from collections.abc import Callable, Sequence

import streamlit as st

from cache.core.formatting import count, duration, time_needed
from cache.execution.estimates import EpochTimes, seconds_left
from cache.execution.launching import ensure_runners
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, ModelRequest
from cache.results.results import Result
from cache.store.runs import QUEUED, RUNNING, Run
from cache.store.store import RunStore
from cache.tasks.task import Task
from dashboard.shell import render_slots, session
from dashboard.shell.actions import redraw, run_action
from dashboard.shell.markdown import escape_markdown

MOST_DRAWN = 8
"""Running runs with a bar of their own. A large machine trains several dozen at once."""


def show_progress(store: RunStore, active: Sequence[Result], times: EpochTimes, key: str = "cancel_all") -> None:
    """Draw the progress of running and waiting results; rerun the page when an epoch or a run has ended.

    Args:
        store: The cache.
        active: The results that run or wait.
        times: Measured seconds per epoch on the device.
        key: The key of the button that cancels them.
    """
    labels = {result.asked_run.id: result.label for result in active}
    wanted = {result.asked_run.id: result.wanted_epochs for result in active}
    drawn = {result.asked_run.id: (result.asked_run.state, len(result.epochs)) for result in active}

    @st.fragment(run_every=1.0)
    @session.error_boundary()
    def progress() -> None:
        runs, epochs = store.runs_by_id(labels), store.epochs(labels)
        # Only more epochs count: until a continued run begins, those of the shorter one are drawn.
        has_news = any(
            run.state != drawn[run.id][0] or min(len(epochs[run.id]), wanted[run.id]) > drawn[run.id][1]
            for run in runs.values()
        )
        if has_news or len(runs) < len(labels):
            redraw()
        ensure_runners(store)
        running = [run for run in runs.values() if run.state == RUNNING]
        for run in running[:MOST_DRAWN]:
            _running(store, run, len(epochs[run.id]), labels[run.id])
        _not_drawn(running)
        row = st.container(horizontal=True, vertical_alignment="center")
        waiting = [run for run in runs.values() if run.state == QUEUED]
        if waiting:
            row.caption(_waiting(store, waiting, times), width="stretch")
        if row.button(
            "Cancel all", icon=":material/stop_circle:", key=key, disabled=store.read_only,
            help=session.reason(store),
        ):  # fmt: skip
            run_action(store.cancel, labels)
            redraw()

    progress()


def show_runs(store: RunStore, runs: Sequence[Run]) -> None:
    """Draw the progress of running runs of any comparison; ``rerun_when_finished`` reruns the page when they end."""
    ids = [run.id for run in runs]

    @st.fragment(run_every=1.0)
    @session.error_boundary()
    def progress() -> None:
        running = [run for run in store.runs_by_id(ids).values() if run.state == RUNNING]
        epochs = store.epochs([run.id for run in running])
        for run in running[:MOST_DRAWN]:
            _running(store, run, len(epochs[run.id]), run.label)
        _not_drawn(running)

    progress()


def times_by_device_id(store: RunStore) -> Callable[[str], EpochTimes]:
    """Return a function that gives the measured times of a device, by its id."""
    devices = session.devices_by_id()
    return lambda device_id: session.epoch_times(store, devices.get(device_id))


def show_task(store: RunStore, task: Task, failed: str = "") -> bool:
    """Show the progress of a background task, or why it failed.

    Args:
        store: The cache.
        task: The task.
        failed: The start of the error message.

    Returns:
        Whether the task is running.
    """
    now = task.status(store.root)
    if now and now.has_failed:
        st.error(f"{failed}{escape_markdown(now.message)}", icon=":material/error:")
    if not (now and now.is_running):
        return False

    @st.fragment(run_every=1.0)
    @session.error_boundary()
    def progress() -> None:
        latest = task.status(store.root)
        if latest is None or not latest.is_running:
            redraw()
        st.info(f"{escape_markdown(latest.message)} …", icon=":material/hourglass_top:")

    progress()
    return True


def show_answer(store: RunStore, request: ModelRequest, draw: Callable[[Answer], None] = lambda answer: None) -> None:
    """Show how far models have come with a request, until they are done.

    Args:
        store: The cache.
        request: The request that was sent to the models.
        draw: A function that draws the answer so far.
    """

    @st.fragment(run_every=0.3)
    @session.error_boundary()
    def progress() -> None:
        answer = Answer.of(store, request)
        if answer is None or answer.has_ended:
            redraw()
        if answer.state == QUEUED:
            if generation_requests.ask_problem(store) is None:
                with render_slots.release():  # it waits for the process to begin
                    generation_requests.ensure_process(store)
            st.caption("Loading TensorFlow …")
        else:
            st.caption(f"{escape_markdown(answer.message)} …")
            draw(answer)

    progress()


def rerun_when_finished(store: RunStore) -> None:
    """Start runners for waiting runs, and rerun the page when a run was added, changed its state or ended an epoch."""
    drawn = store.progress()

    @st.fragment(run_every=2.0)
    @session.error_boundary()
    def look() -> None:
        ensure_runners(store)
        if store.progress() != drawn:
            redraw()

    look()


def show_other_runs(store: RunStore, shown: set[int]) -> None:
    """Show a line on trainings that are not part of this comparison, until no run waits or is in training.

    Args:
        store: The cache.
        shown: The ids of the runs that the page shows already.
    """
    if not store.runs([QUEUED, RUNNING]):  # an open page without trainings asks nothing
        return

    @st.fragment(run_every=2.0)
    @session.error_boundary()
    def line() -> None:
        active = store.runs([QUEUED, RUNNING])
        if not active:
            redraw()
        ensure_runners(store)
        hidden = [run for run in active if run.id not in shown]
        if not hidden:
            return
        row = st.container(horizontal=True, vertical_alignment="center")
        names = ", ".join(sorted({run.label for run in hidden}))
        row.caption(
            f"{count(len(hidden), 'run')} of other comparisons in training or waiting ({escape_markdown(names)}).",
            width="stretch",
        )
        row.button(
            "Cancel those",
            icon=":material/stop_circle:",
            key="cancel_others",
            on_click=run_action,
            args=(store.cancel, [run.id for run in hidden]),
            disabled=store.read_only,
            help=session.reason(store),
        )

    line()


def _waiting(store: RunStore, waiting: Sequence[Run], times: EpochTimes) -> str:
    text = f"{count(len(waiting), 'run')} waiting"
    found = [
        times.total(((run.spec, run.epochs) for run in waiting if run.together == together), together)
        for together in (False, True)
    ]
    if not any(num_unknown for _, num_unknown in found):
        text += f", {time_needed(sum(seconds for seconds, _ in found))}"
    status = {store.runner_status(run.device_id) for run in waiting} - {""}
    return f"{text}: {', '.join(sorted(status))}." if status else f"{text}."


def _not_drawn(running: Sequence[Run]) -> None:
    if (more := len(running) - MOST_DRAWN) > 0:
        st.caption(f"{count(more, 'more run')} in training.")


def _running(store: RunStore, run: Run, num_finished: int, label: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    row.progress(
        _share(run, num_finished),
        text=f"**{escape_markdown(label)}**, seed {run.spec.seed}: {_where(run, store.clock())}",
    )
    row.button(
        "Stop",
        icon=":material/close:",
        key=f"stop_{run.id}",
        help=session.reason(store) or f"Stop {escape_markdown(label)}, seed {run.spec.seed}",
        on_click=run_action,
        args=(store.cancel, [run.id]),
        type="tertiary",
        disabled=store.read_only,
    )


def _share(run: Run, num_finished: int) -> float:
    progress = run.progress
    batches = progress.get("batch", 0) / progress["num_batches"] if progress.get("num_batches") else 0.0
    within = batches if progress.get("epoch") == num_finished + 1 else 0.0
    return min(1.0, (num_finished + within) / run.epochs)


def _where(run: Run, now: float) -> str:
    progress = run.progress
    if run.cancel_requested:
        return "stopping"
    if "epoch" not in progress:
        return f"{escape_markdown(progress.get('message', 'Starting'))} …"
    left = seconds_left(run, now)
    place = f"epoch {progress['epoch']} of {run.epochs}"
    if batch := progress["batch"]:
        place += f", batch {batch} of {progress['num_batches']}"
    return place + (f", about {duration(left)} left" if left is not None else "")
