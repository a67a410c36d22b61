"""Training the runs that would decide open claims."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cache.claims.claim_results import ClaimResult, distinct
from cache.claims.evidence import MissingRun
from cache.claims.rules import NOT_DECIDED
from cache.core.formatting import count, time_needed
from cache.execution.estimates import EpochTimes
from cache.execution.queue import RunRequest
from cache.results.results import Result
from cache.store.runs import Run
from cache.store.store import RunStore
from dashboard.shell import session
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import queueing, run_progress
from models.machine.devices import Device

ALL, MOST_LISTED = "train_claims", 6


@dataclass(frozen=True)
class Trainer:
    """The device that trains, and the measured seconds per epoch on it."""

    device: Device
    times: EpochTimes


def training(store: RunStore, found: Sequence[ClaimResult], device: str, trainer: Trainer) -> None:
    """Offer to train the runs that would decide the open claims, and show the progress.

    Args:
        store: The cache.
        found: The results of all claims.
        device: The name of the device whose seconds count.
        trainer: The device that trains.
    """
    work = distinct(each for claim_result in found if claim_result.verdict == NOT_DECIDED for each in claim_result.work)
    offer(store, work, device, trainer, ALL, "To decide the open claims:")
    active: dict[int, tuple[str, Run]] = {}
    for label, run in (each for claim_result in found for each in claim_result.active):
        active.setdefault(run.id, (label, run))  # as the first claim calls it that wants it
    if active:
        epochs = store.epochs(active)
        following = [Result(label, run.spec, run.epochs, run, tuple(epochs[run.id])) for label, run in active.values()]
        run_progress.show_progress(store, following, trainer.times)


def offer(store: RunStore, work: Sequence[MissingRun], device: str, trainer: Trainer, key: str, begins: str) -> None:
    """Show which runs are missing and how long they take, with a button that queues them.

    Args:
        store: The cache.
        work: The missing runs. Seconds can only be measured where ``device`` is.
        device: The name of the device whose seconds count.
        trainer: The device that trains.
        key: The key of the button.
        begins: The start of the sentence.
    """
    name, device_id = trainer.device.name, trainer.device.device_id
    possible = [each for each in work if not each.is_timed or device == name]
    if len(possible) < len(work):
        st.caption(
            f"{count(len(work) - len(possible), 'run')} can only be timed on {escape_markdown(device)}, which is not "
            "here. "
            "Choose this machine’s device above to judge by its seconds."
        )
    if not possible:
        queueing.offer(store, [], key)
        return
    place = queueing.row_with_button(
        f"{begins} {count(len(possible), 'more run')} on {escape_markdown(name)}, "
        f"{_estimate(trainer.times, possible)}: "
        f"{escape_markdown(_listed(possible))}."
    )
    requests = [RunRequest(each.spec, each.epochs, device_id, name if each.is_timed else None) for each in possible]
    limit = session.limit_problem(store, ((each.spec, each.epochs) for each in possible), device_id)
    queueing.offer(store, requests, key, place=place, problem=limit, is_primary=key == ALL)
    problem = session.training_problem(store) or limit
    if problem and key == ALL and not store.read_only:  # the top of the page says that it is read-only
        st.error(escape_markdown(problem), icon=":material/block:")


def _estimate(times: EpochTimes, work: Sequence[MissingRun]) -> str:
    seconds, num_unknown = times.total((each.spec, each.epochs) for each in work)
    if num_unknown == len(work):
        return "time not known before the first run"
    text = time_needed(seconds)
    return text if not num_unknown else f"{text} for {len(work) - num_unknown} of them, the others never timed"


def _listed(work: Sequence[MissingRun]) -> str:
    """Such as "GRU, 2,500 examples; LSTM, 2,500 examples; and 4 other groups"."""
    labels = list(dict.fromkeys(each.label for each in work))
    more = len(labels) - MOST_LISTED
    return "; ".join(labels[:MOST_LISTED]) + (f"; and {count(more, 'other group')}" if more > 0 else "")
