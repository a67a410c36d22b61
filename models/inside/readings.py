"""The states of a model for one text, as plain arrays that are stored in one file. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from models.atomic_files import complete_file

WEIGHT = "weight on the answer"
DIFFERENCE = "difference: "
ORDERS = ("By change", "By weight on the answer", "As they are")


@dataclass(frozen=True)
class Reading:
    """One direction of one layer. ``arrays``, each (steps, units), are by the keys of ``models.inside.maps``.

    ``weight_on_answer``, (units,), is the length of the gradient of the answer with respect to each unit's outputs.
    ``differences`` are those of ``returns.EQUALITIES``, for recurrent layers.
    """

    arrays: Mapping[str, np.ndarray]
    weight_on_answer: np.ndarray
    differences: Mapping[str, float] = field(default_factory=dict)

    @property
    def output(self) -> np.ndarray:
        """The layer's own output, (steps, units)."""
        return next(iter(self.arrays.values()))

    def order(self, by: str, most: int | None = None) -> list[int]:
        """The numbers of the units in one of ``ORDERS``, the strongest ``most`` of them."""
        change = np.abs(np.diff(self.output, axis=0)).mean(0) if len(self.output) > 1 else np.abs(self.output).sum(0)
        strength = self.weight_on_answer if by == ORDERS[1] and len(self.weight_on_answer) == len(change) else change
        strongest = np.argsort(-strength, kind="stable")[:most].tolist()
        return sorted(strongest) if by == ORDERS[2] else strongest


@dataclass(frozen=True)
class Readings:
    """The states of one model for one text.

    ``numbers``, (length,), are the tokens that it reads. Each row of ``answers``, (tokens read, classes), is its answer
    to the text up to that token; of ``without`` to the text without that token. ``gradient``, (length,), is the length
    of the gradient of the answer with respect to each token's embedding. ``layers`` have the keys of
    ``maps.shown_layers``. ``seeds``, (other seeds, tokens read, classes), are the ``answers`` of the same model with
    other seeds, if they were asked for.
    """

    numbers: np.ndarray
    answers: np.ndarray
    without: np.ndarray
    gradient: np.ndarray
    layers: Mapping[str, Reading]
    seeds: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))

    def named(self) -> dict[str, np.ndarray]:
        """All arrays by their names in the file: "gradient", "1 forward/h"."""
        arrays = {name: getattr(self, name) for name in ("numbers", "answers", "without", "gradient", "seeds")}
        for key, reading in self.layers.items():
            checked = {f"{DIFFERENCE}{name}": np.float64(value) for name, value in reading.differences.items()}
            named = {**reading.arrays, WEIGHT: reading.weight_on_answer, **checked}
            arrays |= {f"{key}/{name}": array for name, array in named.items()}
        return arrays

    def save(self, file: Path) -> None:
        named: dict[str, Any] = {**self.named()}
        with complete_file(file) as stored:
            np.savez(stored, **named)

    @classmethod
    def load(cls, file: Path) -> "Readings":
        """Read a file. Raises OSError or ValueError if it is missing or damaged."""
        try:
            with np.load(file, allow_pickle=False) as stored:
                whole = {name: stored[name] for name in stored.files if "/" not in name}
                layers: dict[str, dict[str, np.ndarray]] = {}
                for name in (name for name in stored.files if "/" in name):
                    key, _, array = name.partition("/")
                    layers.setdefault(key, {})[array] = stored[name]
            return cls(**whole, layers={key: _reading(named) for key, named in layers.items()})
        except (BadZipFile, EOFError, KeyError, TypeError) as error:
            raise ValueError(f"{file.name} is damaged.") from error


def _reading(named: Mapping[str, np.ndarray]) -> Reading:
    checked = {
        name.removeprefix(DIFFERENCE): float(each) for name, each in named.items() if name.startswith(DIFFERENCE)
    }
    arrays = {name: each for name, each in named.items() if each.ndim == 2}
    return Reading(arrays, named[WEIGHT], checked)
