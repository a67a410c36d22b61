"""What a page asks of the machine: the store, the device, the engine, and whether there is room on the disk."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from cache.database import CacheReadOnly
from cache.location import cache_root
from cache.reference import bring_in, reference_folder
from cache.repair import is_damage, reports
from cache.schema import CacheTooNew, CacheTooOld
from cache.store import RunStore
from dashboard.plain import plain
from models.comparison import Comparison, Entry
from models.datasets import know_own
from models.devices import Device, device_notice, usable_devices
from models.memory import training_bytes
from models.named_stacks import know_stacks
from models.spec import ENGINES
from models.word_vectors import know_vectors

MIN_FREE_BYTES = 200_000_000


@contextmanager
def explained() -> Iterator[None]:
    """Turns errors of the cache into a message that says what to do."""
    try:
        yield
    except (CacheTooNew, CacheTooOld) as error:
        st.error(str(error), icon=":material/upgrade:")
    except CacheReadOnly as error:
        st.error(str(error), icon=":material/lock:")
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            _store_at.clear()  # opening it anew repairs it
            st.error("The run cache's database is damaged.", icon=":material/database_off:")
            st.button("Recover what can be read", icon=":material/healing:", type=prominent())
            return
        st.error(
            f"The run cache cannot be used just now ({error}). Look whether its disk is full or read-only, or point "
            "UNROLL_CACHE at another folder, and reload. Finished runs are not affected.",
            icon=":material/database_off:",
        )


def show_state_of_cache() -> None:
    """What the reader should know of the cache on every page: that it was damaged, or cannot be changed."""
    cache = store()
    if cache.read_only:
        st.info(f"The cache in {cache.root} is read-only: everything can be looked at, nothing be changed.")
    dismissed = st.session_state.setdefault("dismissed_reports", set())
    for report in reports(cache.backups_dir):
        if report not in dismissed:
            say, act = st.columns([6, 1], vertical_alignment="center")
            say.warning(plain(report), icon=":material/healing:")
            act.button("Dismiss", key=f"dismiss {report}", on_click=dismissed.add, args=(report,), width="stretch")


def engine() -> str:
    """The Keras backend that KERAS_BACKEND names. Stops the page with a message if Unroll does not know it."""
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    if name not in ENGINES:
        st.error(
            f"KERAS_BACKEND is {name!r}; Unroll trains with one of: {', '.join(ENGINES)}.", icon=":material/error:"
        )
        st.stop()
    return name


def store() -> RunStore:
    """The cache, with the datasets, word vectors and stacks that anybody has added to it by now."""
    know_own(cache_root())
    know_vectors(cache_root())
    know_stacks(cache_root())
    return _store_at(cache_root())


@st.cache_resource(show_spinner="Opening the run cache")
def _store_at(root: Path) -> RunStore:
    cache = RunStore(root)
    for problem in bring_in(cache, reference_folder()):
        st.warning(plain(problem), icon=":material/inventory_2:")
    return cache


@st.cache_resource(show_spinner=False, ttl=60)
def devices(engine_name: str) -> list[Device]:
    """Devices to train on, the best first."""
    return usable_devices(engine_name)


@st.cache_resource(show_spinner=False, ttl=60)
def notice(device: Device, engine_name: str) -> str:
    return device_notice(device, engine_name)


def training_problem(cache: RunStore) -> str | None:
    """A sentence if nothing can be trained: the cache cannot be changed, or there is too little room."""
    if cache.read_only:
        return "Nothing can be trained into a cache that is read-only: point UNROLL_CACHE at a folder of your own."
    free = shutil.disk_usage(cache.root).free
    if free >= MIN_FREE_BYTES:
        return None
    return (
        f"Only {free / 1e6:.0f} MB are free on the disk that holds the run cache ({cache.root}); training needs "
        f"{MIN_FREE_BYTES / 1e6:.0f} MB. Free some space, or point UNROLL_CACHE at another disk."
    )


def memory_problem(comparison: Comparison, entry: Entry, device: Device) -> str | None:
    """A sentence if the entry cannot be trained for want of memory."""
    needed = training_bytes(comparison.layers(entry), comparison.training.batch_size)
    if needed <= device.memory_bytes:
        return None
    return (
        f"{entry.label} needs at least {needed / 1e9:.0f} GB at batch size {comparison.training.batch_size:,}, and "
        f"{device.name} has {device.memory_bytes / 1e9:.0f} GB: choose a smaller batch, shorter texts or fewer units."
    )


def prominent() -> str:
    """The type of the button that is most likely wanted. On dark ground no colour carries white letters and is itself
    legible as letters, as which Streamlit uses it, too; there a button's frame has to do."""
    return "secondary" if st.context.theme.type == "dark" else "primary"


def ink() -> str:
    """The colour of text on the page, for what a chart writes into its plot."""
    return "#FAFAFA" if st.context.theme.type == "dark" else "#31333F"
