"""What a page asks of the machine: the store, the device, the engine, and whether there is room on the disk."""

import os
import shutil
from pathlib import Path

import streamlit as st

from cache.location import cache_root
from cache.store import RunStore
from models.devices import Device, device_notice, usable_devices

MIN_FREE_BYTES = 200_000_000


def engine() -> str:
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def store() -> RunStore:
    return _store_at(cache_root())


@st.cache_resource(show_spinner=False)
def _store_at(root: Path) -> RunStore:
    return RunStore(root)


@st.cache_resource(show_spinner=False, ttl=60)
def devices(engine_name: str) -> list[Device]:
    """Devices to train on, the best first."""
    return usable_devices(engine_name)


@st.cache_resource(show_spinner=False, ttl=60)
def notice(engine_name: str) -> str:
    return device_notice(engine_name)


def disk_problem(root: Path) -> str | None:
    """A sentence if there is too little room to train."""
    free = shutil.disk_usage(root).free
    if free >= MIN_FREE_BYTES:
        return None
    return (
        f"Only {free / 1e6:.0f} MB are free on the disk that holds the run cache ({root}); training needs "
        f"{MIN_FREE_BYTES / 1e6:.0f} MB. Free some space, or point UNROLL_CACHE at another disk."
    )


def ink() -> str:
    """The colour of text on the page, for what a chart writes into its plot."""
    return "#FAFAFA" if st.context.theme.type == "dark" else "#31333F"
