"""The list of runs: what is searched, filtered, sorted and shown, all of it in the URL, and what is selected."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cache.listing import ARCHIVED, CURRENT, DELETED, SHELVES, Listing, list_runs, tags, values_of
from cache.query import COLUMNS, BadQuery, condition, fields, parse
from cache.runs import Run
from cache.store import RunStore
from cache.wording import count
from dashboard import frames, run_import, tables
from dashboard.plain import plain
from models.architectures import ARCHITECTURES

PAGE_SIZE = 500
ROW_HEIGHT, ROWS_SHOWN = 35, 12
SHELF_NAMES = {CURRENT: "Current", ARCHIVED: "Archived", DELETED: "Bin"}
DEFAULT_COLUMNS = (
    "seed",
    "state",
    "epochs",
    "test_accuracy",
    "validation_accuracy",
    "seconds_per_epoch",
    "parameters",
    "dataset",
    "device",
    "tag",
)
SYNTAX = """
Words must occur in a run's name, note, tags, architecture, dataset or device. Conditions compare a field:
`units>=32`, `state=failed,cancelled`, `learning_rate=0.001`, `test_accuracy>0.8`, `tag=paper`, `pinned=yes`,
`created>2026-11-20`. All of them have to hold.
"""


def choose(store: RunStore, foot: DeltaGenerator) -> tuple[Listing, str]:
    """Draws the controls, those that turn pages into ``foot``; returns what they find and the shelf it is on."""
    search, shelves, act = st.columns([5, 3, 3], vertical_alignment="bottom")
    text = search.text_input(
        "Search",
        key="q",
        bind="query-params",
        placeholder="for example: lstm units>=32 state=finished",
        type="search",
        help=SYNTAX,
    )
    shelf = shelves.segmented_control(
        "Show", SHELVES, default=CURRENT, required=True, format_func=SHELF_NAMES.get, key="shelf", bind="query-params",
        help="Archived runs are out of the way and still answer comparisons. Runs in the bin answer nothing.",
    )  # fmt: skip
    with act.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover("Filter", icon=":material/filter_list:"):
            conditions = _filters(store, shelf)
        with st.popover("View", icon=":material/view_column:"):
            sort, descending = _order()
        run_import.show(store)
    try:
        query = parse(text)
        query = replace(query, conditions=query.conditions + conditions)
    except BadQuery as error:
        st.error(plain(str(error)), icon=":material/search_off:")
        query = None
    if query is None:
        return Listing([], 0), shelf
    listing = list_runs(store, query, shelf=shelf, sort=sort, descending=descending, limit=PAGE_SIZE)
    if listing.total > PAGE_SIZE:
        pages = -(-listing.total // PAGE_SIZE)
        page = foot.number_input(f"Page, of {pages}", 1, pages, key="page", bind="query-params", width=140)
        if page > 1:
            listing = list_runs(
                store, query, shelf=shelf, sort=sort, descending=descending, limit=PAGE_SIZE,
                offset=PAGE_SIZE * (int(page) - 1),
            )  # fmt: skip
    return listing, shelf


def title(field: str) -> str:
    return field.replace("_", " ").capitalize()


def table(runs: Sequence[Run], key: str) -> list[Run]:
    """Draws the runs as a table; returns those that are selected, which the URL names, too."""
    shown = st.session_state.get("columns") or list(DEFAULT_COLUMNS)
    frame = frames.listing_frame(runs, shown)
    ids = [run.id for run in runs]
    # The widget knows positions only: other rows make another widget, which begins with the same runs selected.
    place = hashlib.sha256(repr(ids).encode()).hexdigest()[:16]
    wanted = {int(value) for value in st.query_params.get_all("run") if value.isdigit()}
    event = st.dataframe(
        tables.listing_table(frame),
        hide_index=True,
        height=ROW_HEIGHT * (1 + min(len(runs), ROWS_SHOWN)) + 3,
        column_config=tables.listing_columns(frame),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [place for place, run_id in enumerate(ids) if run_id in wanted]}},
        key=f"{key}-{place}",
        placeholder="–",
    )
    chosen = [runs[row] for row in event.selection.rows if row < len(runs)]
    if {run.id for run in chosen} != wanted:
        st.query_params["run"] = [str(run.id) for run in chosen]
    return chosen


def _columns() -> list[str]:
    return [field for field in fields() if field not in ("run", "architecture")]


def _filters(store: RunStore, shelf: str) -> tuple:
    """A field for each setting by which somebody wants to filter, with the values that occur."""
    choices = ["architecture", "state", "dataset", "device", "tag", *_columns()]
    choices = [field for field in dict.fromkeys(choices) if field not in ("name", "created") or field not in COLUMNS]
    by = st.multiselect(
        "Filter by", choices, default=["architecture", "state"], format_func=title, key="by", bind="query-params"
    )
    found = values_of(store, [field for field in by if field != "tag"], shelf) | ({"tag": tags(store)})
    conditions = []
    for field in by:
        values = st.multiselect(
            title(field), found.get(field, []), format_func=_value_name(field), key=f"by.{field}", bind="query-params",
            placeholder="Any",
        )  # fmt: skip
        if values:
            conditions.append(condition(field, "=", values))
    return tuple(conditions)


def _value_name(field: str):
    if field == "architecture":
        return lambda name: ARCHITECTURES[name].title if name in ARCHITECTURES else name
    if field in ("pinned", "contended", "imported"):
        return lambda value: "Yes" if value else "No"
    return str


def _order() -> tuple[str, bool]:
    """(field, whether the highest comes first); and the choice of columns, which ``table`` reads."""
    sort = st.selectbox(
        "Sort by", ["run", *_columns(), "architecture"], format_func=title, key="sort", bind="query-params",
        help="Sorts all runs that were found. A click on a heading sorts those on the page.",
    )  # fmt: skip
    up = st.toggle("Lowest first", key="up", bind="query-params")
    st.multiselect(
        "Columns", _columns(), default=list(DEFAULT_COLUMNS), format_func=title, key="columns", bind="query-params"
    )
    return sort, not up


def how_many(listing: Listing) -> str:
    if len(listing.runs) < listing.total:
        return f"{len(listing.runs):,} of {listing.total:,} runs. Search or filter to narrow them down."
    return count(listing.total, "run")


def nothing(store: RunStore) -> None:
    """An empty list says why it is empty and what to do."""
    if store.db.read("SELECT 1 FROM runs LIMIT 1"):
        st.info("No run matches. Take a word or a filter away.", icon=":material/search_off:")
        return
    st.info("Nothing has been trained yet.", icon=":material/science:")
    st.page_link("app_pages/compare.py", label="Choose something to train", icon=":material/compare_arrows:")
