"""The table of runs and the selected ones. The URL contains their ids, also of runs on other pages of the list."""

import hashlib
from collections.abc import Iterable, Sequence

import streamlit as st

from cache.browsing.listing import BIN, Listing
from cache.core.formatting import count
from cache.store.runs import Run
from cache.store.store import RunStore
from dashboard.charts import frames, tables
from dashboard.runs.run_search import DEFAULT_COLUMNS
from dashboard.shell import pages
from dashboard.shell.markdown import escape_markdown

ROW_HEIGHT, MIN_ROWS = 35, 8
AROUND = "21rem"
"""The height of the window that is needed above and below the list."""
LIST = "list-of-runs"
SELECTED = "run"
"""The URL key of the selected runs."""


def table(listing: Listing) -> None:
    """Draw the runs; a click on one changes the selection."""
    runs = listing.runs
    ids, wanted = [run.id for run in runs], selected_ids()
    # The widget knows positions only: other rows make another widget, which begins with the same runs selected.
    state = repr((ids, st.session_state.get("selection_cleared", 0)))
    event = st.container(height=_height(MIN_ROWS), border=False, key=LIST).dataframe(
        tables.listing_table(frames.listing_frame(runs, _columns(runs), listing.best)),
        hide_index=True,
        height="stretch",
        column_config=tables.listing_columns(run.full_name for run in runs),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [place for place, run_id in enumerate(ids) if run_id in wanted]}},
        key=f"runs-{hashlib.sha256(state.encode()).hexdigest()[:16]}",
        placeholder="–",
    )
    chosen = [ids[row] for row in event.selection.rows if row < len(ids)]
    select(sorted([run_id for run_id in wanted if run_id not in ids] + chosen))
    _fill_window(len(runs), "50dvh" if selected_ids() else f"100dvh - {AROUND}")


def _fill_window(num_rows: int, room: str) -> None:
    """Make the list as high as its rows, but at most as high as the window allows, so that the rest stays visible."""
    high = f"min({_height(num_rows)}px, max({_height(MIN_ROWS)}px, {room}))"
    place = f".st-key-{LIST}"
    st.html(f"<style>{place}, :has(> {place}) {{ height: {high} !important; flex: none !important; }}</style>")


def _height(num_rows: int) -> int:
    return ROW_HEIGHT * (1 + num_rows) + 3


def _columns(runs: Sequence[Run]) -> list[str]:
    """The chosen columns.

    By default, tags come first if there are any, and trainable parameters have a column only if some are frozen.
    """
    chosen = st.session_state.get("columns") or list(DEFAULT_COLUMNS)
    if tuple(chosen) != DEFAULT_COLUMNS:
        return chosen
    if any(run.tags for run in runs):
        chosen = ["tag", *(name for name in chosen if name != "tag")]
    if any(run.num_trainable not in (None, run.num_params) for run in runs):
        return chosen
    return [name for name in chosen if name != "trainable_parameters"]


def selected(store: RunStore) -> list[Run]:
    """Return the selected runs, also those of other lists. A message names missing ones."""
    ids = selected_ids()
    runs = store.runs_by_id(ids)
    if unknown := [str(run_id) for run_id in ids if run_id not in runs]:
        st.warning(
            f"Not in this cache: run {', '.join(unknown)}. It was deleted, or the link comes from another cache.",
            icon=":material/link_off:",
        )
        select(runs)
    return [runs[run_id] for run_id in ids if run_id in runs]


def selected_ids() -> list[int]:
    return [int(value) for value in st.query_params.get_all(SELECTED) if value.isdecimal() and len(value) < 18]


def select(run_ids: Iterable[int]) -> None:
    run_ids = list(run_ids)
    if run_ids != selected_ids():
        st.query_params[SELECTED] = [str(run_id) for run_id in run_ids]


def clear() -> None:
    """Select nothing; the table is drawn again."""
    st.query_params.pop(SELECTED, None)
    st.session_state["selection_cleared"] = st.session_state.get("selection_cleared", 0) + 1


def how_many(listing: Listing) -> str:
    """Say how many runs were found."""
    found = count(listing.total, "run")
    if len(listing.runs) < listing.total:
        found = f"{len(listing.runs):,} of {listing.total:,} runs. Search or filter to narrow them down"
    return f"{found}. {_left_out(listing)}" if listing.num_superseded else found


def _left_out(listing: Listing) -> str:
    return (
        f"{count(listing.num_superseded, 'failed or cancelled run')} left out, because the same was trained since: "
        f"search for {escape_markdown('superseded=yes')} to see them."
    )


def nothing(store: RunStore, status_filter: str, listing: Listing) -> None:
    """Say why the list is empty and what to do."""
    if status_filter == BIN:
        st.info("No such run is in the bin.", icon=":material/delete:")
    elif listing.num_superseded:
        st.info(f"No other run matches. {_left_out(listing)}", icon=":material/search_off:")
    elif store.db.read("SELECT 1 FROM runs LIMIT 1"):
        st.info("No run matches. Take a word or a filter away.", icon=":material/search_off:")
    else:
        st.info("No run yet. Use Import above to bring in runs from elsewhere.", icon=":material/science:")
        pages.link("compare", "Choose something to train")
