"""A part of a comparison as it is shown and as it is taken away. Pure."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ReportSection:
    """``sentences`` are above the table, ``notes`` on how to read it below. All of it is plain text."""

    title: str
    sentences: tuple[str, ...]
    table: pd.DataFrame
    notes: tuple[str, ...]
