"""What can be done with the selected runs, each by one click, and how to take a deletion back."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from cache import shelf
from cache.bundles import export_bundle
from cache.exports import export
from cache.listing import ARCHIVED, DELETED, tags
from cache.queue import retry
from cache.runs import CANCELLED, FAILED, FINISHED, RUNNING, Run
from cache.store import RunStore
from cache.wording import count
from dashboard.plain import plain

BUNDLE, BUNDLE_WITH_WEIGHTS = "bundle", "bundle with weights"
FORMATS = {
    BUNDLE: "Bundle, to import into another Unroll",
    BUNDLE_WITH_WEIGHTS: "Bundle with the best weights",
    "csv": "CSV tables",
    "parquet": "Parquet tables",
    "tensorboard": "TensorBoard event files",
}


def attempt(act: Callable[..., Any], *arguments: Any) -> Any:
    """Does something for a click. What is refused is told at the top of the page, and has changed nothing."""
    try:
        return act(*arguments)
    except (ValueError, KeyError, RuntimeError) as error:
        st.session_state["refusal"] = str(error.args[0])
        return None


def show_refusal() -> None:
    if refusal := st.session_state.pop("refusal", None):
        st.error(plain(refusal), icon=":material/block:")


def show_undo(store: RunStore) -> None:
    """After a deletion, until the next one or until it is dismissed: one click brings the runs back."""
    if ids := st.session_state.get("binned"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/delete: {count(len(ids), 'run')} moved to the bin.", width="content")
            st.button("Undo", icon=":material/undo:", on_click=_undo, args=(store, ids))
            st.button("Dismiss", type="tertiary", on_click=st.session_state.pop, args=("binned",))


def bar(store: RunStore, runs: Sequence[Run], shelf_name: str) -> None:
    """The buttons for what is selected. Nothing selected: a hint."""
    if not runs:
        st.caption("Select a run to see it whole, several to see what differs, to export, to tag or to delete them.")
        return
    ids = [run.id for run in runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(len(ids), 'run')} selected**", width="content")
        if shelf_name == DELETED:
            _button("Restore", "restore_from_trash", shelf.restore, store, ids)
            with st.popover("Delete for good", icon=":material/delete_forever:"):
                st.write(f"{count(len(ids), 'run')} with files and logs. This cannot be undone.")
                _button("Delete for good", "delete_forever", shelf.purge, store, ids, type="primary")
            return
        pinned, archived = all(run.pinned for run in runs), shelf_name == ARCHIVED
        _button("Unpin" if pinned else "Pin", "keep_off" if pinned else "keep", shelf.pin, store, ids, not pinned)
        with st.popover("Tag", icon=":material/sell:"):
            _tags(store, runs)
        _button("Unarchive" if archived else "Archive", "archive", shelf.archive, store, ids, not archived)
        if all(run.state in (FAILED, CANCELLED) for run in runs):
            _button("Try again", "replay", retry, store, ids)
        with st.popover("Export", icon=":material/download:"):
            _export(store, runs)
        if any(run.is_active for run in runs):
            _button("Cancel", "stop_circle", store.cancel, [run.id for run in runs if run.is_active])
        if not any(run.state == RUNNING for run in runs):
            st.button("Delete", icon=":material/delete:", on_click=_delete, args=(store, ids), key="delete")


def _button(label: str, icon: str, act: Callable, *arguments: Any, **options: Any) -> None:
    st.button(label, icon=f":material/{icon}:", on_click=attempt, args=(act, *arguments), key=f"act {label}", **options)


def _delete(store: RunStore, ids: list[int]) -> None:
    if binned := attempt(shelf.delete, store, ids):
        st.session_state["binned"] = binned


def _undo(store: RunStore, ids: list[int]) -> None:
    attempt(shelf.restore, store, ids)
    del st.session_state["binned"]


def _tags(store: RunStore, runs: Sequence[Run]) -> None:
    """Tags that all of the runs have are chosen; taking one out takes it from all."""
    ids = [run.id for run in runs]
    common = sorted(set.intersection(*(set(run.tags) for run in runs)))
    chosen = st.multiselect(
        "Tags of all selected runs", sorted({*tags(store), *common}), default=common, accept_new_options=True,
        key=f"tags of {ids}", placeholder="Choose or type a tag",
    )  # fmt: skip
    added, removed = sorted(set(chosen) - set(common)), sorted(set(common) - set(chosen))
    if added or removed:
        attempt(shelf.tag, store, ids, added, removed)
        st.rerun()


def _export(store: RunStore, runs: Sequence[Run]) -> None:
    kind = st.radio("As", list(FORMATS), format_func=FORMATS.get, key="export_as")
    chosen = [run.id for run in runs if run.state == FINISHED or kind not in (BUNDLE, BUNDLE_WITH_WEIGHTS)]
    if not chosen:
        st.caption("Only finished runs go into a bundle; none is selected.")
        return
    if len(chosen) < len(runs):
        st.caption(f"{len(chosen)} of {len(runs)} runs: only finished ones go into a bundle.")
    st.download_button(
        f"Download {count(len(chosen), 'run')}",
        lambda: _file(store, chosen, kind),
        file_name=f"unroll-{kind.replace(' ', '-')}.zip",
        mime="application/zip",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )


def _file(store: RunStore, ids: list[int], kind: str) -> bytes:
    file = io.BytesIO()
    if kind in (BUNDLE, BUNDLE_WITH_WEIGHTS):
        export_bundle(store, ids, file, weights=kind == BUNDLE_WITH_WEIGHTS)
    else:
        export(store, ids, kind, file)
    return file.getvalue()
