"""CSV and TSV files as tables, with a doubt wherever a row could be lost or taken for something else.

Nothing is swallowed: texts that begin with a quotation mark, rows with too many cells and a first row that names no
columns become questions, see ``models.tables.file_table.Doubt``.
"""

import csv
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from models.tables import file_table
from models.tables.file_table import MAX_FILE_BYTES, BadData, Doubt, FileTable
from models.tables.header_row import header_doubt
from models.tables.quotation_marks import Rows, choose_rows, parse_quoted, split_lines
from models.tables.text_encoding import read_lines

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')
"""The first line in which Excel names the delimiter."""
SNIFFED_LINES = 300
MEANINGS = {
    "drop": "leave these rows out",
    "keep": "keep them: missing cells stay empty, further cells are joined to the last one",
}


def read_delimited(
    file: BinaryIO, answers: Mapping[str, str], delimiters: str, is_first_preferred: bool = False
) -> FileTable:
    """Reads it by the first of ``delimiters`` that gives every row the same number of cells.

    The one that the first line holds most often is tried first, or ``delimiters[0]`` if that is preferred.
    Raises BadData.
    """
    return parse_delimited(*read_lines(file, answers.get("encoding")), answers, delimiters, is_first_preferred)


def parse_delimited(
    lines: list[str],
    encoding: Doubt | None,
    answers: Mapping[str, str],
    delimiters: str,
    is_first_preferred: bool = False,
) -> FileTable:
    """Makes a table of what ``read_lines`` gave, as ``read_delimited`` does, and empties ``lines``. Raises BadData."""
    csv.field_size_limit(MAX_FILE_BYTES)
    num_lines = len(lines)
    if lines and (separator := SEPARATOR_LINE.fullmatch(lines[0])):
        delimiter = separator[1]
        lines[0] = "\n"  # a blank line, so that lines keep their numbers
    else:
        delimiter = _delimiter(lines, delimiters, is_first_preferred)
    rows, quotes, notes = choose_rows(lines, delimiter, answers.get("quotes"))
    lines.clear()  # the rows take as much memory
    if not rows.cells:
        raise BadData("The file is empty.")
    header = header_doubt(rows.cells, answers.get("header"))
    width = len(rows.cells[0])
    if header and header.answer == "no":
        names = [f"column {place}" for place in range(1, width + 1)]
    else:
        names = rows.cells.pop(0)
        rows.starts.pop(0)
    ragged = _even_out(rows, names, delimiter, answers.get("ragged"))
    doubts = tuple(doubt for doubt in (encoding, quotes, header, ragged) if doubt)
    return FileTable(_table(rows.cells, names), num_lines, notes, doubts)


def _table(cells: list[list[str]], names: list[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(cells, columns=names, dtype=str) if cells else pd.DataFrame(columns=names, dtype=str)


def _delimiter(lines: list[str], delimiters: str, is_first_preferred: bool) -> str:
    first = next((line for line in lines if line.strip()), "")
    ordered = sorted(delimiters, key=first.count, reverse=True)
    if is_first_preferred:
        ordered.sort(key=lambda delimiter: delimiter != delimiters[0])
    sample = lines[:SNIFFED_LINES]
    for delimiter in ordered:
        for parse in (parse_quoted, split_lines):
            rows = parse(sample, delimiter)
            if rows and rows.is_regular:
                return delimiter
    return ordered[0]


def _even_out(rows: Rows, names: list[str], delimiter: str, answer: str | None) -> Doubt | None:
    """Brings all rows to the width of the header, in place; returns a doubt if some have other cells."""
    width = len(names)
    needed = max((place for place, name in enumerate(names, start=1) if name.strip()), default=width)
    long, short = [], []
    for place, row in enumerate(rows.cells):
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            long.append(place)
        elif len(row) < needed:
            short.append(place)
    doubt = None
    if long or short:
        first = min(long[:1] + short[:1])
        beginning = delimiter.join(rows.cells[first])[:60]
        is_one = len(long) + len(short) == 1
        doubt = Doubt(
            "ragged",
            f"{len(long) + len(short):,} of {len(rows.cells):,} rows {'does' if is_one else 'do'} not have {width} "
            f"{'cell' if width == 1 else 'cells'} as the first row has. The first is at line "
            f"{rows.starts[first]:,}: “{' '.join(beginning.split())}”. What should happen to "
            f"{'it' if is_one else 'them'}?",
            MEANINGS,
            answer if answer in MEANINGS else None if long else "keep",
        )
    dropped = {*long, *short} if doubt and doubt.answer == "drop" else set()
    if dropped and len(dropped) == len(rows.cells):
        raise BadData(f"No row has {width} cells as the first row has: choose to keep the rows, or mend the file.")
    for row in rows.cells:
        if len(row) > width:
            tail = row[width - 1 :]
            row[width - 1 :] = [delimiter.join(tail) if any(cell.strip() for cell in tail[1:]) else tail[0]]
        row += [""] * (width - len(row))
    if dropped:
        rows.cells[:] = [row for place, row in enumerate(rows.cells) if place not in dropped]
    if len(rows.cells) > file_table.MAX_ROWS:
        raise BadData(f"The file has more than {file_table.MAX_ROWS:,} rows: take a sample of them.")
    return doubt
