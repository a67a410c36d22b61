"""Counts of a dataset: known ones, and a task that makes others, ``python -m cache.tasks.dataset_statistics DATASET``.

Reading the texts takes TensorFlow's libraries, which a page must not load.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from cache.core.access import CacheReadOnly, require_writable
from cache.core.paths import cache_root, reference_folder
from cache.store.store import RunStore
from cache.tasks.task_status import FAILED, TaskStatus, run_task, start
from models.data.dataset import Dataset
from models.data.datasets import get_dataset, load_user_datasets
from models.data.user_datasets import TEXTS, UserDataset
from models.encoded.statistics import Statistics, make_statistics, read_statistics, statistics_file
from models.text.encoding import TextEncoding

SMALL_BYTES = 1_000_000
"""Size of the packed texts."""
REFERENCE = "statistics"
"""The folder beside the reference runs with the counts of the reference datasets."""


def status_file(root: Path, dataset: str, train_examples: int | None, encoding: TextEncoding) -> Path:
    """Raises ValueError for an unknown dataset."""
    name = statistics_file(get_dataset(dataset), train_examples, encoding, root).name
    return root / "measuring" / name


def known_statistics(
    store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding
) -> Statistics | None:
    """The counts that are in the cache, or came with Unroll for the reference datasets; None if there are none yet."""
    file = statistics_file(dataset, train_examples, encoding, store.root)
    shipped = reference_folder()
    return read_statistics(file) or (read_statistics(shipped / REFERENCE / file.name) if shipped else None)


def count_now(store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding) -> Statistics:
    """Counts a dataset ``is_small`` within this process. Raises DatasetMissing, CacheReadOnly, OSError."""
    store.db.require_writable()
    return make_statistics(dataset, train_examples, encoding, store.root)


def is_small(dataset: Dataset) -> bool:
    """Whether it is counted within a second and needs no library that a page must not load."""
    try:
        return isinstance(dataset, UserDataset) and (dataset.folder / TEXTS).stat().st_size <= SMALL_BYTES
    except OSError:
        return False


def start_measuring(store: RunStore, dataset: str, train_examples: int | None, encoding: TextEncoding) -> None:
    """Starts it unless it runs. Raises CacheReadOnly."""
    arguments = [dataset, "--encoding", json.dumps(asdict(encoding))]
    if train_examples is not None:
        arguments += ["--examples", str(train_examples)]
    file = status_file(store.root, dataset, train_examples, encoding)
    start(store, file, "cache.tasks.dataset_statistics", *arguments, log="measuring")


def run(root: Path, dataset: str, train_examples: int | None, encoding: TextEncoding) -> TaskStatus:
    """Counts and says in the status file how that stands; returns how it ended. Raises CacheReadOnly."""
    require_writable(root)

    def count(say: Callable[[str], None]) -> str:
        make_statistics(get_dataset(dataset), train_examples, encoding, root, say)
        return "Counted."

    return run_task(status_file(root, dataset, train_examples, encoding), count)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.tasks.dataset_statistics", description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    parser.add_argument("--examples", type=int, help="the first so many training examples only")
    parser.add_argument("--encoding", type=json.loads, default={}, metavar="JSON", help="what differs from the default")
    options = parser.parse_args(arguments)
    load_user_datasets(options.cache)
    try:
        ended = run(options.cache, options.dataset, options.examples, TextEncoding(**options.encoding))
    except (ValueError, TypeError, CacheReadOnly) as error:
        print(error, file=sys.stderr)
        return 1
    print(ended.message)
    return 1 if ended.state == FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
