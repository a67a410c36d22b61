"""Why a click failed: shown at once, in a sentence that says what to do.

After a click in a fragment only the fragment is drawn, so the sentence is shown there; after any other click it is
shown at the top of the page.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from cache.store.repair import is_damage
from dashboard.shell import render_slots
from dashboard.shell.markdown import escape_markdown

FAILURE, SHOWN = "failure", "failure shown"
PROBLEM, NOTICE = "problem of the latest click", "result of the latest click"
EXPECTED_ERRORS = (ValueError, KeyError, RuntimeError, OSError, sqlite3.Error)
FULL = "The disk that holds the run cache is full: free some space, then try again."
READ_ONLY = "The run cache cannot be written: check the permissions of its folder, then try again."


def run_action(act: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``act`` for a click; if it fails, the page shows why.

    Other pages are drawn meanwhile, because ``act`` may wait for a process to start. Messages of earlier failures
    disappear.

    Args:
        act: The function to call.
        *arguments: Its arguments.

    Returns:
        The result of ``act``; None if it failed.
    """
    st.session_state.pop(FAILURE, None)
    st.session_state.pop(SHOWN, None)
    try:
        with render_slots.release():
            return act(*arguments)
    except EXPECTED_ERRORS as error:
        report_failure(sentence(error))
        return None


def report_failure(reason: str) -> None:
    """Show a sentence in the next drawing: in the fragment that was clicked in, else at the top of the page."""
    st.session_state[FAILURE] = reason, _fragment()


def sentence(error: Exception) -> str:
    """Return what went wrong and what to do. Errors of this project have such a message already."""
    if isinstance(error, sqlite3.Error):
        return _sentence_on_database(error)
    if isinstance(error, OSError):
        return _sentence_on_file(error)
    return str(error.args[0]) if error.args else type(error).__name__


def _sentence_on_database(error: sqlite3.Error) -> str:
    reason = str(error)
    if is_damage(error):
        return "The run cache's database is damaged. Reload the page: it then recovers what can be read."
    if "full" in reason:
        return FULL
    if "readonly" in reason:
        return READ_ONLY
    if "locked" in reason or "busy" in reason:
        return "Another program is using the run cache's database. Wait a moment, then try again."
    return f"The run cache cannot be used at the moment ({reason}). Check its disk, then try again."


def _sentence_on_file(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return READ_ONLY
    return f"A file cannot be read or written ({error.strerror or error}). Check the disk, then try again."


@contextmanager
def told(start: str = "", place: str = "") -> Iterator[None]:
    """Around what a click does: if it fails, ``show_outcome`` of this place shows why, after ``start``."""
    try:
        yield
    except EXPECTED_ERRORS as error:
        st.session_state[PROBLEM + place] = f"{start}{sentence(error)}"


def tell(notice: str, place: str = "") -> None:
    """Have ``show_outcome`` of this place say what a click has done."""
    st.session_state[NOTICE + place] = notice


def show_outcome(place: str = "") -> None:
    """Show what the latest click has done, or why it failed, once, here.

    Args:
        place: The part of the page where the click was, as for ``told``; by default its top.
    """
    with st.container():  # what is below keeps its place, with or without a message
        if problem := st.session_state.pop(PROBLEM + place, None):
            st.error(escape_markdown(problem), icon=":material/block:")
        if notice := st.session_state.pop(NOTICE + place, None):
            st.success(escape_markdown(notice), icon=":material/check_circle:")


def drop_outcomes(start: str) -> None:
    """Forget the outcomes of clicks in places with this start that were not drawn: later they would be misleading."""
    for key in [key for key in st.session_state if str(key).startswith((PROBLEM + start, NOTICE + start))]:
        del st.session_state[key]


def show_failure() -> None:
    """Show the latest failure once, at the top of a page."""
    st.session_state.pop(SHOWN, None)
    if failure := st.session_state.pop(FAILURE, None):
        st.session_state[SHOWN] = failure
        _show(failure)


def show_in_fragment() -> None:
    """Show the failure of a click in a fragment that is drawn alone, until the whole page is drawn."""
    run, failure = get_script_run_ctx(), st.session_state.get(FAILURE)
    if run and run.fragment_ids_this_run and failure and failure[1] == _fragment():
        _show(failure)


def dismissible(text: str, icon: str, key: str, dismiss: Callable[..., Any], *arguments: Any) -> None:
    """Show a warning with a button "Dismiss".

    Args:
        text: The warning, as Markdown.
        icon: Its icon, such as ":material/lock:".
        key: The key of the button.
        dismiss: The function that the button calls.
        *arguments: Its arguments.
    """
    message, act = st.columns([5, 1], vertical_alignment="center")
    message.warning(text, icon=icon)
    act.button("Dismiss", key=key, on_click=dismiss, args=arguments, width="stretch")


def redraw() -> NoReturn:
    """Rerun the page because of news. A failure that was just shown stays: the reader did not ask for the rerun."""
    if shown := st.session_state.get(SHOWN):
        st.session_state.setdefault(FAILURE, shown)
    st.rerun()


def _show(failure: tuple[str, str | None]) -> None:
    st.error(escape_markdown(failure[0]), icon=":material/block:")


def _fragment() -> str | None:
    """The id of the fragment whose function or callback runs; None outside of fragments."""
    return ThreadState.get().fragment_id if get_script_run_ctx() else None
