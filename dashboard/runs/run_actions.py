"""Actions on the selected runs, and how to undo them."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from cache.browsing import annotations
from cache.browsing.listing import tags
from cache.core.formatting import count
from cache.store.runs import CANCELLED, FAILED, RUNNING, Run
from cache.store.store import RunStore
from dashboard.runs import queue_view, run_export, run_table
from dashboard.shell import session
from dashboard.shell.actions import run_action


def show_undo(store: RunStore) -> None:
    """Show the latest action that removed runs from the list, with a button that undoes it, until it is dismissed."""
    if "undo" not in st.session_state:
        return
    message, icon, act, arguments = st.session_state["undo"]

    def undo() -> None:
        act(store, *arguments)
        del st.session_state["undo"]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/{icon}: {message}", width="content")
        st.button(
            "Undo",
            icon=":material/undo:",
            on_click=run_action,
            args=(undo,),
            disabled=store.read_only,
            help=session.reason(store),
        )
        st.button("Dismiss", type="tertiary", key="dismiss_undo", on_click=st.session_state.pop, args=("undo",))


def bar(store: RunStore, runs: Sequence[Run], num_elsewhere: int) -> None:
    """Draw the buttons for the selected runs, or a hint if none is selected.

    Args:
        store: The cache.
        runs: The selected runs.
        num_elsewhere: How many of them are not in the list on the page.
    """
    if not runs:
        st.caption(
            "Select one run to see all of it; select several to compare, export, tag or delete them. Keyboard: "
            "arrow keys, and Shift+Space to select."
        )
        return
    ids, retry = [run.id for run in runs], None
    with st.container(horizontal=True, vertical_alignment="center"):
        beyond = f", {num_elsewhere} of them not in this list" if num_elsewhere else ""
        st.markdown(f"**{count(len(ids), 'run')} selected**{beyond}", width="content")
        st.button("Clear", type="tertiary", icon=":material/close:", on_click=run_table.clear, help="Select nothing")
        if any(run.deleted_at is not None for run in runs):
            _bin(store, runs)
            return
        locked: dict[str, Any] = {"disabled": store.read_only, "help": session.reason(store)}
        pinned, archived = all(run.pinned for run in runs), all(run.archived for run in runs)
        _button(
            "Unpin" if pinned else "Pin",
            "keep_off" if pinned else "keep",
            annotations.pin,
            store,
            ids,
            not pinned,
            **locked,
        )
        with st.popover("Tag", icon=":material/sell:", **locked):
            _tags(store, runs)
        _button("Unarchive" if archived else "Archive", "archive", _archive, store, ids, not archived, **locked)
        if all(run.state in (FAILED, CANCELLED) for run in runs):
            retry = st.container(width="content")
        with st.popover("Export", icon=":material/download:"):
            run_export.show(store, runs)
        if any(run.is_active for run in runs):
            _button("Cancel", "stop_circle", store.cancel, [run.id for run in runs if run.is_active], **locked)
        if not store.read_only and any(run.state == RUNNING for run in runs):
            locked = {"disabled": True, "help": "A run is in training: cancel it first."}
        _button("Delete", "delete", _delete, store, ids, **locked)
    if retry:
        queue_view.offer_retry(store, runs, "retry_selected", retry)


def _bin(store: RunStore, runs: Sequence[Run]) -> None:
    ids = [run.id for run in runs if run.deleted_at is not None]
    locked: dict[str, Any] = {"disabled": store.read_only, "help": session.reason(store)}
    _button("Restore", "restore_from_trash", annotations.restore, store, ids, **locked)
    if len(ids) == len(runs):
        with st.popover("Delete for good", icon=":material/delete_forever:", **locked):
            st.write(f"{count(len(ids), 'run')} with files and logs. This cannot be undone.")
            _button("Delete for good", "delete_forever", _purge, store, ids, type=session.primary_button_type())


def _button(label: str, icon: str, act: Callable, *arguments: Any, **options: Any) -> None:
    st.button(
        label, icon=f":material/{icon}:", on_click=run_action, args=(act, *arguments), key=f"act {label}", **options
    )


def _delete(store: RunStore, ids: list[int]) -> None:
    if binned := annotations.delete(store, ids):
        message = f"{count(len(binned), 'run')} moved to the bin."
        st.session_state["undo"] = message, "delete", annotations.restore, (binned,)
        run_table.clear()


def _archive(store: RunStore, ids: list[int], archived: bool) -> None:
    annotations.archive(store, ids, archived)
    message = f"{count(len(ids), 'run')} {'archived' if archived else 'back among the current ones'}."
    st.session_state["undo"] = message, "archive", annotations.archive, (ids, not archived)
    run_table.clear()


def _purge(store: RunStore, ids: list[int]) -> None:
    annotations.purge(store, ids)
    run_table.clear()


def _tags(store: RunStore, runs: Sequence[Run]) -> None:
    """A field with the tags that all of the runs have; removing a tag removes it from all."""
    ids, key = [run.id for run in runs], f"tags of {[run.id for run in runs]}"
    common = sorted(set.intersection(*(set(run.tags) for run in runs)))

    def change() -> None:
        chosen = set(st.session_state[key])
        run_action(_retag, store, ids, set(common) - chosen, sorted(chosen - set(common)))
        found = store.runs_by_id(ids).values()
        st.session_state[key] = sorted(set.intersection(*(set(run.tags) for run in found)))

    st.multiselect(
        "Tags of all selected runs", sorted({*tags(store), *common}), default=common, accept_new_options=True,
        key=key, placeholder="Choose or type a tag", on_change=change,
        help=f"At most {annotations.MAX_TAG} characters each.",
    )  # fmt: skip


def _retag(store: RunStore, ids: list[int], removed: set[str], added: Sequence[str]) -> None:
    """Change one tag at a time: a refused tag does not stop the others. Raises the first error at the end."""
    errors = []
    annotations.tag(store, ids, (), removed)
    for tag in added:
        try:
            annotations.tag(store, ids, [tag])
        except ValueError as error:
            errors.append(error)
    if errors:
        raise errors[0]
