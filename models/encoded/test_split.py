"""The test split as texts and classes, in its own file.

Reading it from the dataset takes seconds and, with TFDS, libraries that a page must not load.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from models.data.dataset import Dataset
from models.data.splits import Split, read_splits, write_splits


def path_of_test_split(dataset: Dataset, root: Path) -> Path:
    """Return the file of the test split, which may not exist yet.

    Args:
        dataset: The dataset, whose fingerprint is part of the name.
        root: The folder of the cache.
    """
    return root / "encoded" / "held_out" / f"{dataset.name}-{dataset.fingerprint(root / 'tfds')}.parquet"


def read_test_split(dataset: Dataset, root: Path) -> Split | None:
    """Read the texts and classes of the test split.

    Args:
        dataset: The dataset.
        root: The folder of the cache.

    Returns:
        None until ``make_test_split`` was called.
    """
    try:
        return read_splits(path_of_test_split(dataset, root))["test"]
    except (OSError, ValueError, KeyError):
        return None


def read_test_classes(dataset: Dataset, root: Path) -> np.ndarray | None:
    """Read the classes of the test split without its texts.

    Args:
        dataset: The dataset.
        root: The folder of the cache.

    Returns:
        (examples,), int; None until ``make_test_split`` was called.
    """
    try:
        return _classes(path_of_test_split(dataset, root))
    except (OSError, ValueError, KeyError):
        return None


@lru_cache(maxsize=20)
def _classes(file: Path) -> np.ndarray:
    """Cached: other contents have another name."""
    return np.asarray(read_splits(file)["test"].labels)


def make_test_split(dataset: Dataset, root: Path, on_progress: Callable[[str], None] = lambda message: None) -> None:
    """Read the texts and classes of a test split, and write them for ``read_test_split``.

    Args:
        dataset: The dataset.
        root: The folder of the cache.
        on_progress: Receives a message before work that takes seconds.

    Raises:
        DatasetMissing: The dataset has to be downloaded first.
    """
    on_progress(f"Reading {dataset.title}")
    file = path_of_test_split(dataset, root)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_splits(file, {"test": dataset.load(root / "tfds")["test"]})
