"""The disk space of the cache, what can be freed, and whether the files are intact."""

import shutil
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cache.core.formatting import count, megabytes
from cache.operations import storage
from cache.operations.run_files import damaged_runs
from cache.store.store import RunStore
from dashboard.shell import render_slots, session
from dashboard.shell.actions import run_action
from dashboard.shell.markdown import escape_markdown

CHECKED = "files checked"
"""The key of the latest result in session state."""


def show(store: RunStore) -> None:
    """Draw the disk space of the cache, and buttons to free some and to check files."""
    with render_slots.release():  # it looks at every file
        used, freeable = storage.usage(store), storage.freeable(store)
    disk = shutil.disk_usage(store.root)
    st.caption(
        f"{megabytes(sum(used.values()))} in {escape_markdown(str(store.root))}; "
        f"{megabytes(disk.free)} are free on its disk. "
        "Set UNROLL_CACHE to keep the cache elsewhere."
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.subheader("Used")
        most = max(*used.values(), 1)
        rows = [(title, megabytes(size), size) for title, size in used.items()]
        st.dataframe(
            pd.DataFrame(rows, columns=["What", "Size", "Share"]),
            hide_index=True,
            column_config={"Share": st.column_config.ProgressColumn(format=" ", max_value=most)},
        )
        _check(store)
    with right:
        st.subheader("Can be freed")
        _free(store, [each for each in freeable if each.num_items])


def _free(store: RunStore, found: Sequence[storage.Freeable]) -> None:
    if not found:
        st.success("There is nothing to free.", icon=":material/check_circle:")
        return
    chosen = []
    for each in found:
        label = f"**{each.kind.title}**: {megabytes(each.size_bytes)} in {count(each.num_items, 'item')}"
        if st.checkbox(label, each.kind.safe, key=f"free {each.kind.name}"):
            chosen.append(each)
        st.caption(each.kind.price)
    total = megabytes(sum(each.size_bytes for each in chosen))
    with st.popover(
        f"Free {total}" if chosen else "Free", icon=":material/cleaning_services:",
        disabled=not chosen or store.read_only, help=session.reason(store),
    ):  # fmt: skip
        st.write(f"{total} will be deleted for good. Pinned runs are kept.")
        st.button(
            "Delete for good", type=session.primary_button_type(), icon=":material/delete_forever:",
            on_click=run_action,
            args=(storage.free, store, [each.kind.name for each in chosen]),
        )  # fmt: skip


def _check(store: RunStore) -> None:
    """Compare all files with their checksums, on demand because it is slow. The latest result stays on the page."""
    if st.button(
        "Check all files", icon=":material/verified:", key="check_files",
        help="Reads every run's files and compares checksums.",
    ):  # fmt: skip
        st.session_state[CHECKED] = _damaged(store)
    if CHECKED not in st.session_state:
        return
    num_runs, damaged = st.session_state[CHECKED]
    if not damaged:
        st.success(f"The files of all {count(num_runs, 'run')} are intact.", icon=":material/verified:")
    for title, names in damaged.items():
        st.error(f"{title}: {', '.join(names)} is missing or changed.", icon=":material/error:")


def _damaged(store: RunStore) -> tuple[int, dict[str, list[str]]]:
    """(number of checked runs, names of damaged files by the run's title). Shows the progress."""
    num_runs, bar = 0, st.progress(0.0, text="Reading")

    def on_progress(done: int, total: int) -> None:
        nonlocal num_runs
        num_runs = total
        bar.progress(done / total, text=f"{done:,} of {count(total, 'run')}")

    with render_slots.release():
        damaged = damaged_runs(store, on_progress)
    bar.empty()
    runs = store.runs_by_id(damaged)
    return num_runs, {escape_markdown(runs[run_id].title): damaged[run_id] for run_id in damaged if run_id in runs}
