"""How training changed word vectors: the distance they moved, their neighbours, and a map. NumPy only.

A row of ``vectors`` belongs to the token of that number; padding and unknown words come first and are not words.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from models.atomic_files import complete_file
from models.text.encoding import OOV_ID

FIRST_WORD = OOV_ID + 1
"""The number of the first token that is a word. Vocabularies of words are sorted by frequency."""


def moved(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Returns the Euclidean length of each vector's change, (words,).

    Args:
        before: The vectors before training, (words, features).
        after: The vectors after training, (words, features).
    """
    return np.linalg.norm(after.astype(np.float64) - before, axis=1)


def nearest(vectors: np.ndarray, word: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the words with the highest cosine similarity, the nearest first.

    Args:
        vectors: All vectors, (words, features).
        word: The number of the word whose neighbours are wanted.
        most: The largest number of neighbours.

    Returns:
        (their numbers, their cosines), each of shape (neighbours,). A vector of zeros has no direction, so it has no
        neighbours and is none.
    """
    vectors = vectors.astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    if not lengths[word]:
        return np.zeros(0, int), np.zeros(0)
    is_candidate = lengths > 0
    is_candidate[:FIRST_WORD] = is_candidate[word] = False
    numbers = np.flatnonzero(is_candidate)
    cosines = vectors[numbers] @ vectors[word] / (lengths[numbers] * lengths[word])
    order = np.argsort(-cosines, kind="stable")[:most]
    return numbers[order], cosines[order].clip(-1, 1)


def overlap(one: Iterable[str], other: Iterable[str]) -> tuple[list[str], float]:
    """Returns (the words that are in both, in the order of the first; their share of the longer one, from 0 to 1)."""
    first, second = list(one), list(other)
    shared = [word for word in first if word in set(second)]
    return shared, len(shared) / max(len(first), len(second), 1)


def project(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Returns both sets of vectors on the same two axes: their first two principal components, taken together.

    Args:
        before: The vectors before training, (words, features).
        after: The vectors after training, (words, features).

    Returns:
        (before, after, the share of the variance that the axes show), of shapes (words, 2), (words, 2) and ().
    """
    stacked = np.concatenate([before, after]).astype(np.float64)
    centred = stacked - stacked.mean(axis=0)
    _, variances, components = np.linalg.svd(centred.T @ centred)
    axes = components[:2]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.where(axes[np.arange(len(axes)), largest] < 0, -1, 1)[:, None]  # so that a map is never mirrored
    found = np.zeros((len(stacked), 2))
    found[:, : len(axes)] = centred @ axes.T
    share = float(variances[:2].sum() / variances.sum()) if variances.any() else 1.0
    return found[: len(before)], found[len(before) :], share


def save_embedding(file: Path, vectors: np.ndarray) -> None:
    """Writes the vectors, (words, features), to a file that ``load_embedding`` reads."""
    with complete_file(file) as stored:
        np.savez(stored, vectors=vectors)


def load_embedding(file: Path) -> np.ndarray:
    """Returns the vectors of ``save_embedding``, (words, features).

    Raises:
        OSError, ValueError, KeyError, BadZipFile: The file is missing or damaged.
    """
    with file.open("rb") as opened, np.load(opened) as stored:
        return stored["vectors"]
