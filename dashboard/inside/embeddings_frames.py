"""The vectors of words before and after training, as frames. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from models.inside import embeddings
from models.inside.embeddings import FIRST_WORD

BEFORE, AFTER = "Before training", "After training"
NEIGHBOUR, OTHER = "Its neighbours", "Other words"
NUM_NEIGHBOURS = 10
NUM_DRAWN, NUM_LABELLED = 500, 25
LABEL_WIDTH, LABEL_HEIGHT = 0.16, 0.06
"""Room for a label, as shares of the map's width and height."""


@dataclass(frozen=True)
class Embedding:
    """The vectors of one model, each (words, features), with the token of each row. ``title`` names the model."""

    title: str
    words: Sequence[str]
    before: np.ndarray
    after: np.ndarray

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word, without padding and unknown words."""
        return {word: number for number, word in enumerate(self.words) if number >= FIRST_WORD}

    @cached_property
    def moved(self) -> np.ndarray:
        """The distance that each vector moved, (words,)."""
        return embeddings.moved(self.before, self.after)

    def neighbours(self, word: str) -> dict[str, tuple[list[str], np.ndarray]]:
        """(the nearest words, their cosines) before and after training."""
        found = {}
        for when, vectors in ((BEFORE, self.before), (AFTER, self.after)):
            numbers, cosines = embeddings.nearest(vectors, self.numbers[word], NUM_NEIGHBOURS)
            found[when] = ([self.words[number] for number in numbers], cosines)
        return found

    def share_below(self, word: str) -> float:
        """The share of words, from 0 to 1, that moved less than this one."""
        words = self.moved[FIRST_WORD:]
        return float((words < self.moved[self.numbers[word]]).mean())


def first_word(models: Sequence[Embedding], read: Sequence[int]) -> str:
    """The word that moved most in the first model, among the words that were read, else among all; "" if there are
    none.
    """
    model = models[0]
    numbers = [number for number in read if FIRST_WORD <= number < len(model.words)]
    candidates = numbers or range(FIRST_WORD, len(model.words))
    return model.words[max(candidates, key=lambda number: model.moved[number])] if candidates else ""


def moved_table(models: Sequence[Embedding]) -> pd.DataFrame:
    """A row for each word: its number in the first vocabulary that contains it, and the distance it moved in each
    model.
    """
    words: dict[str, int] = {}
    for model in models:
        words = model.numbers | words
    table = pd.DataFrame({"Word": list(words), "Token number": list(words.values())})
    for model in models:
        moved = dict(zip(model.words, model.moved.tolist(), strict=True))
        table[f"Moved: {model.title}"] = [moved.get(word) for word in words]
    return table.sort_values(table.columns[2], ascending=False, ignore_index=True)


def neighbours_table(neighbours: dict[str, tuple[list[str], np.ndarray]]) -> pd.DataFrame:
    """A row for each rank: the neighbour before and the one after training, with their cosines."""
    columns: dict[str, pd.Series] = {}
    for when, (words, cosines) in neighbours.items():
        columns |= {when: pd.Series(words, dtype=object), f"Cosine {when.split()[0].lower()}": pd.Series(cosines)}
    return pd.DataFrame(columns)


def map_frame(
    model: Embedding, word: str, neighbours: dict[str, tuple[list[str], np.ndarray]]
) -> tuple[pd.DataFrame, float]:
    """Returns the map around one word.

    Args:
        model: The vectors.
        word: The searched word, which is in the vocabulary.
        neighbours: Those of ``model.neighbours``.

    Returns:
        (two rows for each drawn word, before and after training, the share of the variance that the map shows). Drawn
        are the ``NUM_DRAWN`` words with the smallest numbers, the searched one and its neighbours. The column "label"
        is empty for most: the searched word, its neighbours and then frequent words have one where there is room.
    """
    *places, share = embeddings.project(model.before[FIRST_WORD:], model.after[FIRST_WORD:])
    near = [each for when in (AFTER, BEFORE) for each in neighbours[when][0]]
    drawn = list(dict.fromkeys([word, *near, *list(model.numbers)[:NUM_DRAWN]]))
    rows_drawn = [model.numbers[each] - FIRST_WORD for each in drawn]
    labelled = {drawn[place] for place in _with_room(places[1][rows_drawn])}
    drawn.sort(key=lambda each: (each == word, each in near))  # what is searched is drawn on top
    rows = [
        (
            each,
            when,
            word if each == word else NEIGHBOUR if each in near else OTHER,
            *map(float, place[model.numbers[each] - FIRST_WORD]),
            float(model.moved[model.numbers[each]]),
            each if when == AFTER and each in labelled else "",
        )
        for each in drawn
        for when, place in zip((BEFORE, AFTER), places, strict=True)
    ]
    return pd.DataFrame(rows, columns=["word", "when", "role", "x", "y", "moved", "label"]), share


def _with_room(places: np.ndarray) -> list[int]:
    """The rows of ``places``, (points, 2), whose labels do not overlap an earlier one."""
    scaled = (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-9)
    found: list[int] = []
    for row, place in enumerate(scaled):
        gaps = np.abs(scaled[found] - place)
        if len(found) < NUM_LABELLED and not (gaps < [LABEL_WIDTH, LABEL_HEIGHT]).all(axis=1).any():
            found.append(row)
    return found
