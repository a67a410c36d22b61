"""Lists of runs, filtered and sorted by the database from the summaries beside the runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cache.browsing.query_fields import SUPERSEDED, expression
from cache.browsing.query_terms import TAGS, Query
from cache.store.runs import Run
from cache.store.store import RunStore
from models.training.events import EpochFinished

CURRENT, ARCHIVED, BIN = STATUS_FILTERS = ("current", "archived", "bin")
STATUS_CONDITIONS = {
    CURRENT: "deleted_at IS NULL AND NOT archived",
    ARCHIVED: "deleted_at IS NULL AND archived",
    BIN: "deleted_at IS NOT NULL",
}


@dataclass(frozen=True)
class Listing:
    """A part of a list of runs: ``runs`` of the ``total`` that match, with their ``best`` epochs by id, and the number
    of superseded runs that are left out.
    """

    runs: list[Run]
    total: int
    num_superseded: int = 0
    best: Mapping[int, EpochFinished] = field(default_factory=dict)


def list_runs(
    store: RunStore,
    query: Query,
    *,
    status_filter: str = CURRENT,
    sort: str = "run",
    descending: bool = True,
    limit: int = 500,
    offset: int = 0,
) -> Listing:
    """Lists runs that match a query.

    Pinned runs come first; runs without a value for the sort field come last. Failed and cancelled runs that were
    trained since are left out of the current ones, unless the query asks for the field ``superseded``.

    Args:
        store: The cache.
        query: The parsed query; an empty one matches all.
        status_filter: Current runs, archived ones, or those in the bin.
        sort: The field to sort by.
        descending: Whether the highest value comes first.
        limit: The largest number of runs to return.
        offset: The number of runs to skip at the start.

    Returns:
        The runs, the number of all that match, and the best epochs.

    Raises:
        BadQuery: The field to sort by is unknown.
    """
    where, values = query.where()
    where = f"{STATUS_CONDITIONS[status_filter]} AND {where}"
    num_superseded = 0
    if status_filter == CURRENT and not query.asks_for(SUPERSEDED):
        superseded = expression(SUPERSEDED)
        sql = f"SELECT COUNT(*) FROM runs WHERE {superseded} AND {where}"  # noqa: S608
        num_superseded = store.db.read(sql, values)[0][0]
        where = f"NOT {superseded} AND {where}"
    direction = "DESC" if descending else "ASC"
    order = f"pinned DESC, {expression(sort)} {direction} NULLS LAST, id {direction}"
    found = [row["id"] for row in store.db.read(f"SELECT id FROM runs WHERE {where} ORDER BY {order}", values)]  # noqa: S608
    shown = found[offset : offset + limit]
    runs = store.runs_by_id(shown)
    listed = [runs[run_id] for run_id in shown if run_id in runs]
    return Listing(listed, len(found), num_superseded, store.best_epochs(shown))


def values_of(store: RunStore, fields: Sequence[str], status_filter: str = CURRENT) -> dict[str, list]:
    """Lists the values that occur in fields of the runs.

    Args:
        store: The cache.
        fields: The names of fields.
        status_filter: Current runs, archived ones, or those in the bin.

    Returns:
        By field, its values in order; a field without any value is left out.
    """
    found = {}
    for name in fields:
        sql = (
            f"SELECT DISTINCT {expression(name)} AS value FROM runs WHERE {STATUS_CONDITIONS[status_filter]} ORDER BY 1"  # noqa: S608
        )
        values = [row["value"] for row in store.db.read(sql) if row["value"] is not None]
        if values:
            found[name] = values
    return found


def tags(store: RunStore) -> list[str]:
    """Every tag in use."""
    sql = f"SELECT DISTINCT value FROM runs, json_each({TAGS}) WHERE deleted_at IS NULL ORDER BY 1"  # noqa: S608
    return [row["value"] for row in store.db.read(sql)]
