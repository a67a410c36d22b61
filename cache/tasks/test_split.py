"""Reading a dataset's test texts, in a process of its own: ``python -m cache.tasks.test_split DATASET``.

Reading them takes TensorFlow's libraries, which a page must not load.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from cache.core.access import CacheReadOnly, require_writable
from cache.core.paths import cache_root
from cache.store.store import RunStore
from cache.tasks.task_status import FAILED, TaskStatus, run_task, start
from models.data.datasets import get_dataset, load_user_datasets
from models.encoded.held_out import held_out_file, make_held_out


def status_file(root: Path, dataset: str) -> Path:
    """Raises ValueError for an unknown dataset."""
    return root / "reading" / held_out_file(get_dataset(dataset), root).with_suffix(".json").name


def start_reading(store: RunStore, dataset: str) -> None:
    """Starts it unless it runs. Raises CacheReadOnly."""
    start(store, status_file(store.root, dataset), "cache.tasks.test_split", dataset, log="reading")


def run(root: Path, dataset: str) -> TaskStatus:
    """Reads and says in the status file how that stands; returns how it ended. Raises CacheReadOnly."""
    require_writable(root)

    def read(say: Callable[[str], None]) -> str:
        make_held_out(get_dataset(dataset), root, say)
        return "Read."

    return run_task(status_file(root, dataset), read)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.tasks.test_split", description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    options = parser.parse_args(arguments)
    load_user_datasets(options.cache)
    try:
        ended = run(options.cache, options.dataset)
    except (ValueError, CacheReadOnly) as error:
        print(error, file=sys.stderr)
        return 1
    print(ended.message)
    return 1 if ended.state == FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
