"""Training what would decide the claims that are open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import streamlit as st

from cache.claims.evidence import Work
from cache.claims.finding import Judgement, distinct
from cache.estimates import EpochTimes
from cache.results import Result
from cache.store import RunStore
from cache.wording import count, duration
from dashboard import live, session
from dashboard.plain import plain
from models.devices import Device

MOST_LISTED = 6


@dataclass(frozen=True)
class Trainer:
    """Where training goes on, and what is known of how long it takes there."""

    device: Device
    times: EpochTimes


def training(store: RunStore, found: Sequence[Judgement], device: str, trainer: Trainer, engine: str) -> None:
    """What would decide all that is open, a button that queues it, and its progress."""
    work = distinct(each for judgement in found for each in judgement.work)
    offer(store, work, device, trainer, "train_claims", "What is open needs")
    if problem := session.training_problem(store):
        st.error(plain(problem), icon=":material/hard_drive:")
    active = {run.id: (label, run) for judgement in found for label, run in judgement.active}
    if active:
        epochs = store.epochs(active)
        following = [Result(label, run.spec, run.epochs, run, tuple(epochs[run.id])) for label, run in active.values()]
        live.follow(store, following, trainer.times, engine)


def offer(store: RunStore, work: Sequence[Work], device: str, trainer: Trainer, key: str, begins: str) -> None:
    """A sentence on the runs that are wanted and how long they take, and a button that queues them. Seconds can only be
    measured where ``device`` is."""
    name = trainer.device.name
    possible = [each for each in work if not each.is_timed or device == name]
    if len(possible) < len(work):
        st.caption(
            f"{count(len(work) - len(possible), 'run')} can only be timed on {plain(device)}, which is not here. "
            "Choose this machine’s device above to judge by its seconds."
        )
    if not possible:
        return
    say, act = st.columns([4, 1], vertical_alignment="center")
    say.markdown(
        f"{begins} {count(len(possible), 'more run')} on {plain(name)}, {_estimate(trainer.times, possible)}: "
        f"{plain(_listed(possible))}."
    )
    act.button(
        f"Train {count(len(possible), 'run')}", key=key, icon=":material/play_arrow:", width="stretch",
        type=session.prominent() if key == "train_claims" else "secondary", on_click=queue,
        args=(store, possible, trainer.device), disabled=session.training_problem(store) is not None,
    )  # fmt: skip


def queue(store: RunStore, work: Iterable[Work], device: Device) -> None:
    """In the order of the claims."""
    for (epochs, is_timed), alike in groupby(work, lambda each: (each.epochs, each.is_timed)):
        store.submit([each.spec for each in alike], epochs, device.lane, device.name if is_timed else None)


def _estimate(times: EpochTimes, work: Sequence[Work]) -> str:
    seconds, num_unknown = times.total((each.spec, each.epochs) for each in work)
    if num_unknown == len(work):
        return "time not known before the first run"
    told = f"about {duration(seconds)}"
    return told if not num_unknown else f"{told} for {len(work) - num_unknown} of them, the others never timed"


def _listed(work: Sequence[Work]) -> str:
    """ "GRU, 2,500 examples; LSTM, 2,500 examples; and 4 other groups" """
    labels = list(dict.fromkeys(each.label for each in work))
    more = len(labels) - MOST_LISTED
    return "; ".join(labels[:MOST_LISTED]) + (f"; and {count(more, 'other group')}" if more > 0 else "")
