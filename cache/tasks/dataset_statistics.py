"""Counts of a dataset: existing ones, and the task that makes others, whose texts TensorFlow's libraries read."""

from dataclasses import dataclass, field
from pathlib import Path

from cache.core.paths import reference_folder
from cache.store.store import RunStore
from cache.tasks.task import OnProgress, Task
from models.data.dataset import Dataset
from models.data.datasets import get_dataset
from models.data.user_datasets import TEXTS, UserDataset
from models.encoded.statistics import Statistics, make_statistics, read_statistics, statistics_file
from models.text.encoding import TextEncoding

SMALL_BYTES = 1_000_000
"""Size of the packed texts."""
REFERENCE = "statistics"
"""The folder beside the reference runs with the counts of the reference datasets."""


@dataclass(frozen=True)
class CountDataset(Task):
    """``dataset`` is its name; ``train_examples`` is None for all."""

    dataset: str
    train_examples: int | None = None
    encoding: TextEncoding = field(default_factory=TextEncoding)
    name = "count_dataset"

    def status_file(self, root: Path) -> Path:
        dataset = get_dataset(self.dataset)
        return root / "measuring" / statistics_file(dataset, self.train_examples, self.encoding, root).name

    def work(self, root: Path, on_progress: OnProgress) -> str:
        make_statistics(get_dataset(self.dataset), self.train_examples, self.encoding, root, on_progress)
        return "Counted."


def known_statistics(
    store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding
) -> Statistics | None:
    """Returns existing counts.

    Args:
        store: The cache.
        dataset: The dataset.
        train_examples: The number of training texts that count; all if None.
        encoding: The vocabulary and the length.

    Returns:
        The counts in the cache, or those that come with Unroll for the reference datasets; None if there are none.
    """
    file = statistics_file(dataset, train_examples, encoding, store.root)
    shipped = reference_folder()
    return read_statistics(file) or (read_statistics(shipped / REFERENCE / file.name) if shipped else None)


def count_now(store: RunStore, dataset: Dataset, train_examples: int | None, encoding: TextEncoding) -> Statistics:
    """Count a dataset ``is_small`` within this process.

    Args:
        store: The cache, which keeps the counts.
        dataset: The dataset.
        train_examples: The number of first training texts; all if None.
        encoding: How texts are cut into tokens.

    Raises:
        DatasetMissing: It has to be downloaded first.
        CacheReadOnly: The cache cannot be changed.
        OSError: The counts cannot be written.
    """
    store.db.require_writable()
    return make_statistics(dataset, train_examples, encoding, store.root)


def is_small(dataset: Dataset) -> bool:
    """Return whether counting takes less than a second and needs no library that a page must not load."""
    try:
        return isinstance(dataset, UserDataset) and (dataset.folder / TEXTS).stat().st_size <= SMALL_BYTES
    except OSError:
        return False
