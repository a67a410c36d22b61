"""Models without weights in this cache: they cannot answer until they are trained again."""

from collections.abc import Sequence

import streamlit as st

from cache.core.formatting import count
from cache.execution.queue import RunRequest
from cache.results.results import Result
from cache.store.runs import QUEUED, RUNNING
from cache.store.store import RunStore
from dashboard.widgets import queueing, run_progress
from models.experiments.comparison import Comparison
from models.machine.devices import Device

KEY = "train_weights"


def offer(store: RunStore, comparison: Comparison, missing: Sequence[Result], device: Device) -> None:
    """Show how many models cannot answer, offer to train them, and show when they are done.

    Call it also without such models: what was queued before can still be undone.
    """
    if not missing:
        queueing.offer(store, [], KEY)
        return
    identities = {each.spec.identity for each in missing}
    active = {run.identity for run in store.runs([QUEUED, RUNNING])} & identities
    sentence = f"{count(len(missing), 'model')} came without weights and cannot answer"
    if active:
        sentence += f"; {len(active):,} of them in training or waiting"
    else:
        sentence += " until trained here. Weights are kept from then on"
    st.caption(f"{sentence}.")
    requests = [
        RunRequest(each.spec, comparison.epochs, device.device_id, with_weights=True)
        for each in missing
        if each.spec.identity not in active
    ]
    queueing.offer(store, requests, KEY, "Train {} for their weights")
    if active:
        run_progress.rerun_when_finished(store)
