"""A table read from a file, with what was noticed on the way: notes, and doubts that the reader of the page decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MAX_FILE_BYTES = 300_000_000
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
UTF8_ADVICE = "Save it as UTF-8 (“CSV UTF-8” in a spreadsheet) and try again."


class BadData(ValueError):
    """Data that cannot be trained on; the message says why and what to do."""


@dataclass(frozen=True)
class Doubt:
    """A question on how to read a file.

    ``answers`` gives the meaning of each possible answer. ``answer`` is the one given, or else the likely one; None
    where every answer could lose something, so that a person has to choose.
    """

    name: str
    question: str
    answers: Mapping[str, str]
    answer: str | None


@dataclass(frozen=True)
class FileTable:
    """The columns of a file as text or numbers, missing values as "" or NaN.

    ``num_lines`` counts the lines of a text file; it is None for other files. ``notes`` are sentences.
    """

    table: "pd.DataFrame"
    num_lines: int | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def open_doubts(self) -> tuple[Doubt, ...]:
        """Those that only a person can decide."""
        return tuple(doubt for doubt in self.doubts if doubt.answer is None)

    @property
    def summary(self) -> str:
        """What was read, as a sentence with its counts."""
        rows, columns = len(self.table), len(self.table.columns)
        found = f"{rows:,} {'row' if rows == 1 else 'rows'} and {columns:,} {'column' if columns == 1 else 'columns'}"
        if self.num_lines is None:
            return f"The file has {found}."
        return f"The file has {self.num_lines:,} {'line' if self.num_lines == 1 else 'lines'}, read as {found}."
