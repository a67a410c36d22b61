"""A summary of the cache: the number of finished runs, what they are, where they were measured, and the newest ones."""

from collections import Counter
from dataclasses import dataclass

from cache.browsing.query_fields import expression
from cache.store.runs import FINISHED, Run
from cache.store.store import RunStore
from models.data.memory_tests import is_memory


@dataclass(frozen=True)
class Overview:
    """Summary of the finished runs that are not in the bin. ``devices`` has the number of runs measured on each, the
    largest first. ``num_datasets`` is without memory tests.
    """

    num_runs: int
    num_architectures: int
    num_datasets: int
    has_memory_tests: bool
    devices: dict[str, int]


def overview(store: RunStore) -> Overview:
    names = f"{expression('architecture')} AS architecture, {expression('dataset')} AS dataset"
    rows = store.db.read(
        f"SELECT device, {names}, COUNT(*) AS runs FROM runs WHERE state = ? AND deleted_at IS NULL GROUP BY 1, 2, 3",  # noqa: S608
        (FINISHED,),
    )
    devices: Counter[str] = Counter()
    for row in rows:
        devices[row["device"] or "an unknown device"] += row["runs"]
    datasets = {row["dataset"] for row in rows}
    tests = {dataset for dataset in datasets if is_memory(dataset)}
    return Overview(
        devices.total(),
        len({row["architecture"] for row in rows}),
        len(datasets - tests),
        bool(tests),
        dict(devices.most_common()),
    )


def newest(store: RunStore, limit: int) -> list[Run]:
    """List the finished runs that came into the cache last, the latest first."""
    sql = "SELECT * FROM runs WHERE state = ? AND deleted_at IS NULL AND NOT archived ORDER BY id DESC LIMIT ?"
    return [Run.from_row(row) for row in store.db.read(sql, (FINISHED, limit))]
