"""The choice whether missing runs are trained one at a time or several at once."""

import streamlit as st

from cache.execution.estimates import Estimate
from cache.execution.room import Room
from models.machine.devices import Device

KEY = "at_once"
ONE, SEVERAL = "One at a time", "Several at once"
CHOICES = {KEY: (ONE, SEVERAL)}
HELP = (
    "Both ways give the same accuracies. One at a time, each run has the device to itself, so its seconds can be "
    "compared. Several at once are usually done sooner, but they slow each other down: their seconds are marked as "
    "shared, and no table or chart compares them."
)


def is_chosen(device: Device) -> bool:
    """Return whether missing runs are trained several at once: the reader chose it, and the device has room."""
    chosen = st.session_state.get(KEY) or st.query_params.get(KEY)  # a link counts before the choice is drawn
    return chosen == SEVERAL and Room.all_of(device).num_slots > 1


def choose(device: Device, alone: Estimate, together: Estimate) -> None:
    """Draw the choice with the time that each takes, if more than one run fits on the device.

    Args:
        device: The device that trains.
        alone: An estimate of the missing runs, one at a time.
        together: The same of several at once.
    """
    num_slots = Room.all_of(device).num_slots
    if num_slots < 2:
        return
    captions = (
        f"{_time(alone)}; seconds can be compared",
        f"{_time(together)}; up to {num_slots} at once, accuracies only",
    )
    st.radio("Train", CHOICES[KEY], key=KEY, bind="query-params", horizontal=True, captions=captions, help=HELP)


def _time(found: Estimate) -> str:
    return found.text or "time not known yet"
