"""Runs a task in this process: ``python -m cache.tasks read_test_texts '{"dataset": "imdb"}'``.

Pages start it this way; the second argument contains the fields of the task.
"""

import argparse
import sys
from pathlib import Path

from cache.core.access import CacheReadOnly
from cache.core.paths import cache_root
from cache.tasks.add_vectors import AddVectors
from cache.tasks.dataset_statistics import CountDataset
from cache.tasks.download import Download
from cache.tasks.task import Task
from cache.tasks.task_status import FAILED
from cache.tasks.text_tasks import CountCoverage, MakeVocabularies, ReadTestTexts
from models.data.datasets import load_user_datasets
from models.vectors.word_vectors import load_vectors

TASKS: dict[str, type[Task]] = {
    task.name: task for task in (AddVectors, CountCoverage, CountDataset, Download, MakeVocabularies, ReadTestTexts)
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.tasks", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("fields", metavar="JSON", help="what is to be done")
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    options = parser.parse_args(arguments)
    load_user_datasets(options.cache)
    load_vectors(options.cache)
    try:
        ended = TASKS[options.task].from_json(options.fields).run(options.cache)
    except (ValueError, TypeError, CacheReadOnly) as error:
        print(error, file=sys.stderr)
        return 1
    print(ended.message)
    return 1 if ended.state == FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
