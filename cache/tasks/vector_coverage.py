"""Counts in a process what word vectors cover of a dataset: ``python -m cache.tasks.vector_coverage VECTORS DATA``.

Reading the texts takes TensorFlow's libraries, which a page must not load.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from cache.core.access import CacheReadOnly, require_writable
from cache.core.paths import cache_root
from cache.store.store import RunStore
from cache.tasks.task_status import FAILED, TaskStatus, run_task, start
from models.data.datasets import dataset_name, get_dataset, load_user_datasets
from models.text.encoding import TextEncoding
from models.vectors.coverage import coverage_file, make_coverage
from models.vectors.word_vectors import load_vectors, vectors_name


def status_file(root: Path, vectors: str, dataset: str, train_examples: int | None, encoding: TextEncoding) -> Path:
    """Raises ValueError for an unknown dataset."""
    return root / "covering" / coverage_file(vectors, get_dataset(dataset), train_examples, encoding, root).name


def start_covering(
    store: RunStore, vectors: str, dataset: str, train_examples: int | None, encoding: TextEncoding
) -> None:
    """Starts it unless it runs. Raises CacheReadOnly."""
    arguments = [vectors, dataset, "--encoding", json.dumps(asdict(encoding))]
    if train_examples is not None:
        arguments += ["--examples", str(train_examples)]
    file = status_file(store.root, vectors, dataset, train_examples, encoding)
    start(store, file, "cache.tasks.vector_coverage", *arguments, log="covering")


def run(root: Path, vectors: str, dataset: str, train_examples: int | None, encoding: TextEncoding) -> TaskStatus:
    """Counts and says in the status file how that stands; returns how it ended. Raises CacheReadOnly."""
    require_writable(root)
    file = status_file(root, vectors, dataset, train_examples, encoding)

    def count(say: Callable[[str], None]) -> str:
        make_coverage(vectors, get_dataset(dataset), train_examples, encoding, root, say)
        return "Counted."

    return run_task(file, count)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.tasks.vector_coverage", description=__doc__)
    parser.add_argument("vectors", help="their name or title, as the command vectors lists them")
    parser.add_argument("dataset", help="its name or title, as the command datasets lists them")
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    parser.add_argument("--examples", type=int, help="the first so many training examples only")
    parser.add_argument("--encoding", type=json.loads, default={}, metavar="JSON", help="what differs from the default")
    options = parser.parse_args(arguments)
    load_user_datasets(options.cache)
    load_vectors(options.cache)
    try:
        vectors, dataset = vectors_name(options.vectors), dataset_name(options.dataset)
        ended = run(options.cache, vectors, dataset, options.examples, TextEncoding(**options.encoding))
    except (ValueError, TypeError, CacheReadOnly) as error:
        print(error, file=sys.stderr)
        return 1
    print(ended.message)
    return 1 if ended.state == FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
