"""A dataset as tidy DataFrames. Pure; without data the frames are empty, with all their columns."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

BALANCE_COLUMNS = ("label", "split", "num_texts", "share")
LENGTH_COLUMNS = ("start", "end", "num_texts", "share")
WORD_COLUMNS = ("word", "occurrences", "share")
NUM_BINS = 50
TAIL = 0.995
"""Fewer than 1 in 200 texts are longer. They would compress the axis, so the last bin counts them."""


def balance_frame(class_counts: Mapping[str, Sequence[int]], classes: Sequence[str]) -> pd.DataFrame:
    """A row for each class and split; ``share`` is that of the split's texts."""
    rows = [
        (label, split, num_texts, num_texts / max(1, sum(counts)))
        for split, counts in class_counts.items()
        for label, num_texts in zip(classes, counts, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))


def lengths_frame(lengths: Iterable[tuple[int, int]]) -> pd.DataFrame:
    """A row for each bin of equal width, from (length, number of texts); the last bin includes all longer texts."""
    found = pd.DataFrame(list(lengths), columns=["length", "num_texts"]).sort_values("length")
    if found.empty:
        return pd.DataFrame(columns=list(LENGTH_COLUMNS))
    total = found["num_texts"].sum()
    top = int(found.loc[found["num_texts"].cumsum() >= TAIL * total, "length"].iloc[0])
    width = max(1, -(-(top + 1) // NUM_BINS))
    last = top // width
    found["bin"] = (found["length"] // width).clip(upper=last)
    counted = found.groupby("bin")["num_texts"].sum().reindex(range(last + 1), fill_value=0)
    rows = [(place * width, (place + 1) * width, int(num), num / total) for place, num in enumerate(counted)]
    return pd.DataFrame(rows, columns=list(LENGTH_COLUMNS))


def words_frame(words: Iterable[tuple[str, int]], num_tokens: int) -> pd.DataFrame:
    rows = [(word, number, number / max(1, num_tokens)) for word, number in words]
    return pd.DataFrame(rows, columns=list(WORD_COLUMNS))


def median_length(lengths: Sequence[tuple[int, int]]) -> int:
    """The median number of tokens of a text; 0 if there are none."""
    if not lengths:
        return 0
    tokens, numbers = zip(*lengths, strict=True)
    return int(np.quantile(tokens, 0.5, weights=numbers, method="inverted_cdf"))
