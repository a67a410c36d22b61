"""The query, filters and order of the list of runs; all of it is in the URL."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cache.browsing.listing import ARCHIVED, BIN, CURRENT, STATUS_FILTERS, Listing, list_runs, tags, values_of
from cache.browsing.query import BadQuery, Condition, condition, parse
from cache.browsing.query_fields import FLAGS, MEASURED, METRICS, SUPERSEDED, shown_fields
from cache.browsing.query_help import EXAMPLES, field_names
from cache.store.run_names import dataset_title
from cache.store.store import RunStore
from dashboard.runs import run_import
from dashboard.shell.markdown import escape_markdown
from models.architectures import ARCHITECTURES
from models.vectors.word_vectors import title_of

PAGE_SIZE = 500
STATUS_NAMES = {CURRENT: "Current", ARCHIVED: "Archived", BIN: "Bin"}
DEFAULT_COLUMNS = (
    "state",
    "epochs",
    "test_accuracy",
    "validation_accuracy",
    "seconds_per_epoch",
    "parameters",
    "dataset",
    "device",
    "trainable_parameters",
    "tag",
)


def title(field: str) -> str:
    if field in METRICS:
        metric, split = METRICS[field]
        return metric.title_on(split)
    return field.replace("_", " ").capitalize()


def columns() -> list[str]:
    """Fields that can be columns and sort keys, besides the run's number and name."""
    return [field for field in shown_fields() if field not in ("run", "architecture")]


def choices() -> dict[str, list[str]]:
    """List the allowed values of each key in the URL."""
    titles = [title(field) for field in columns()]
    return {
        "shelf": list(STATUS_NAMES.values()),
        "by": [title(field) for field in _filterable()],
        "sort": ["Run", *titles, "Architecture"],
        "columns": titles,
    }


def choose(store: RunStore, foot: DeltaGenerator) -> tuple[Listing | None, str]:
    """Draw the controls of the list.

    Args:
        store: The cache.
        foot: The container of the buttons that change the page of the list.

    Returns:
        (the runs, the status filter: current, archived or bin). The runs are None, with a message, for a bad query.
    """
    search, shelves, act = st.columns([8, 7, 9], vertical_alignment="bottom")
    text = search.text_input(
        "Search",
        key="q",
        bind="query-params",
        placeholder="for example: lstm units>=32 state=finished",
        type="search",
    )
    status_filter = shelves.segmented_control(
        "Show", STATUS_FILTERS, default=CURRENT, required=True,
        format_func=STATUS_NAMES.__getitem__, key="shelf", bind="query-params",
        help="Archived runs are hidden here but still used in comparisons. Runs in the bin are not used.",
    )  # fmt: skip
    with act.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover("Help", icon=":material/help:"):
            _show_help()
        with st.popover("Filter", icon=":material/filter_list:"):
            conditions = _filters(store, status_filter)
        with st.popover("View", icon=":material/view_column:"):
            sort, descending = _order()
        run_import.show(store)
    _active(conditions)
    try:
        query = parse(text)
    except BadQuery as error:
        st.error(escape_markdown(str(error)), icon=":material/search_off:")
        return None, status_filter
    query = replace(query, conditions=query.conditions + conditions)
    options: dict[str, Any] = {"sort": sort, "descending": descending, "limit": PAGE_SIZE}
    options["status_filter"] = status_filter
    listing = list_runs(store, query, **options)
    if listing.total > PAGE_SIZE:
        pages = -(-listing.total // PAGE_SIZE)
        page = foot.number_input(f"Page (of {pages})", 1, pages, key="page", bind="query-params", width=140)
        if page > 1:
            listing = list_runs(store, query, **options, offset=PAGE_SIZE * (int(page) - 1))
    return listing, status_filter


def _show_help() -> None:
    st.markdown("Type words and conditions: all of them have to hold. Upper and lower case are the same.")
    st.table(
        {"Type": [f"`{query}`" for query, _ in EXAMPLES], "Finds": [meaning for _, meaning in EXAMPLES]},
        hide_index=True,
    )
    st.markdown(f"**Fields**: {escape_markdown(field_names())}.")


def _filterable() -> list[str]:
    return ["architecture", *(field for field in columns() if field not in MEASURED), SUPERSEDED]


def _filters(store: RunStore, status_filter: str) -> tuple[Condition, ...]:
    """A field for each setting that can be filtered, with the values that occur."""
    by = st.multiselect(
        "Filter by", _filterable(), default=["architecture", "state"], format_func=title, key="by", bind="query-params",
        help="Measured figures are better searched for: test_accuracy>84%",
    )  # fmt: skip
    found = values_of(store, [field for field in by if field != "tag"], status_filter) | {"tag": tags(store)}
    found |= {SUPERSEDED: [0, 1]} if SUPERSEDED in by else {}
    conditions = []
    for field in by:
        values = st.multiselect(
            title(field), found.get(field, []), format_func=value_name(field), key=f"by.{field}", bind="query-params",
            placeholder="Any",
        )  # fmt: skip
        if values:
            conditions.append(condition(field, "=", values))
    return tuple(conditions)


def _active(conditions: tuple[Condition, ...]) -> None:
    """Show the filters, which may be hidden, with a button that removes them."""
    if not conditions:
        return

    def clear() -> None:
        for each in conditions:
            st.session_state[f"by.{each.field}"] = []

    filters_text = ", ".join(
        f"{title(each.field)}: {' or '.join(map(value_name(each.field), each.values))}" for each in conditions
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/filter_list: {escape_markdown(filters_text)}", width="content")
        st.button("Clear filters", type="tertiary", on_click=clear)


def value_name(field: str) -> Callable[[Any], str]:
    if field == "architecture":
        return lambda name: ARCHITECTURES[name].title if name in ARCHITECTURES else str(name)
    if field == "vectors":
        return title_of
    if field == "dataset":
        return dataset_title
    if field in FLAGS:
        return lambda value: "Yes" if value else "No"
    return str


def _order() -> tuple[str, bool]:
    """(field, whether the highest comes first). It also draws the choice of columns, which the table reads."""
    sort = st.selectbox(
        "Sort by", ["run", *columns(), "architecture"], format_func=title, key="sort", bind="query-params",
        help="Sorts all runs that were found. A click on a heading sorts those on the page.",
    )  # fmt: skip
    up = st.toggle("Lowest first", key="up", bind="query-params")
    st.multiselect(
        "Columns", columns(), default=list(DEFAULT_COLUMNS), format_func=title, key="columns", bind="query-params"
    )
    return sort, not up
