"""What the cache takes on the disk, what can be freed, and whether the files are whole."""

import shutil

import pandas as pd
import streamlit as st

from cache import storage
from cache.runs import FINISHED
from cache.store import RunStore
from cache.wording import count
from dashboard import session
from dashboard.plain import plain
from dashboard.refusal import attempt


def show(store: RunStore) -> None:
    used = storage.usage(store)
    disk = shutil.disk_usage(store.root)
    st.caption(
        f"{_megabytes(sum(used.values()))} in {plain(str(store.root))}; {_megabytes(disk.free)} are free on its disk. "
        "Set UNROLL_CACHE to keep the cache elsewhere."
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.subheader("Used")
        most = max(*used.values(), 1)
        rows = [(title, _megabytes(size), size) for title, size in used.items()]
        st.dataframe(
            pd.DataFrame(rows, columns=["What", "Size", "Share"]),
            hide_index=True,
            column_config={"Share": st.column_config.ProgressColumn(format=" ", max_value=most)},
        )
        _check(store)
    with right:
        st.subheader("Can be freed")
        _free(store)


def _free(store: RunStore) -> None:
    found = [each for each in storage.freeable(store) if each.num_items]
    if not found:
        st.success("There is nothing to free.", icon=":material/check_circle:")
        return
    chosen = []
    for each in found:
        label = f"**{each.kind.title}**: {_megabytes(each.size_bytes)} in {count(each.num_items, 'item')}"
        if st.checkbox(label, each.kind.safe, key=f"free {each.kind.name}"):
            chosen.append(each)
        st.caption(each.kind.price)
    total = _megabytes(sum(each.size_bytes for each in chosen))
    with st.popover(
        f"Free {total}" if chosen else "Free", icon=":material/cleaning_services:",
        disabled=not chosen or store.read_only, help=session.reason(store),
    ):  # fmt: skip
        st.write(f"{total} will be deleted for good. Runs that are pinned are left alone.")
        st.button(
            "Delete for good", type=session.prominent(), icon=":material/delete_forever:", on_click=attempt,
            args=(storage.free, store, [each.kind.name for each in chosen]),
        )  # fmt: skip


def _check(store: RunStore) -> None:
    """Reads every file again, which takes a while, so only on demand."""
    if not st.button(
        "Check all files", icon=":material/verified:", help="Reads every run's files and compares checksums."
    ):
        return
    runs = store.runs([FINISHED])
    bar = st.progress(0.0, text="Reading")
    damaged = {}
    for number, run in enumerate(runs, start=1):
        bar.progress(number / len(runs), text=f"{number:,} of {count(len(runs), 'run')}")
        if names := store.damaged_files(run):
            damaged[plain(run.title)] = names
    bar.empty()
    if not damaged:
        st.success(f"The files of all {count(len(runs), 'run')} are whole.", icon=":material/verified:")
    for title, names in damaged.items():
        st.error(f"{title}: {', '.join(names)} is missing or no longer what was written.", icon=":material/error:")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.2f} GB"
