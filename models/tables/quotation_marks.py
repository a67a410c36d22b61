"""Whether quotation marks stand around the cells of a delimited file, or are part of the texts.

A mark that opens a text and is never closed would make one cell of all lines up to the next mark. So a file is read
in several ways, and where none is plainly right, that is a question.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.tables.file_table import Doubt

ESCAPED = re.compile(r'\\(["\\])')
MANY, LONG = 3, 20
AROUND, LINES = "around", "lines"
MEANINGS = {
    AROUND: "they stand around texts, which may then hold delimiters and line breaks",
    LINES: "they are part of the texts: each line is one row",
}


@dataclass
class Rows:
    """``cells`` of each row that is not blank, ``starts``: the number of its first line."""

    cells: list[list[str]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    num_spanning: int = 0
    longest: int = 1
    """``num_spanning`` rows go over several lines, over so many at most."""

    @property
    def width(self) -> int:
        return len(self.cells[0]) if self.cells else 0

    @property
    def num_ragged(self) -> int:
        return sum(len(row) != self.width for row in self.cells)

    @property
    def is_regular(self) -> bool:
        """Whether all rows have the same number of cells, at least two."""
        return self.width > 1 and not self.num_ragged


def parse_quoted(lines: Sequence[str], delimiter: str, **options: Any) -> Rows | None:
    """The rows if quotation marks stand around cells and are doubled within; None if one is open or out of place."""
    rows = Rows()
    reader = csv.reader(lines, delimiter=delimiter, **{"strict": True} | options)
    before = 0
    try:
        for row in reader:
            after = reader.line_num
            if row and (len(row) > 1 or row[0].strip()):
                rows.cells.append(row)
                rows.starts.append(before + 1)
                if after - before > 1:
                    rows.num_spanning += 1
                    rows.longest = max(rows.longest, after - before)
            before = after
    except csv.Error:
        return None
    return rows


def split_lines(lines: Sequence[str], delimiter: str) -> Rows | None:
    """A row for each line; quotation marks are characters like others."""
    return parse_quoted(lines, delimiter, quoting=csv.QUOTE_NONE)


def choose_rows(lines: Sequence[str], delimiter: str, answer: str | None) -> tuple[Rows, Doubt | None, tuple[str, ...]]:
    """(rows, a doubt if there is one, notes)."""
    quoted, notes = _quoted(lines, delimiter)
    if quoted and not quoted.num_spanning and quoted.is_regular:
        return quoted, None, notes
    plain = split_lines(lines, delimiter) or Rows()
    if quoted and not (plain.is_regular and (quoted.num_spanning or quoted.num_ragged)):
        return quoted, None, (*notes, *_on_spanning(quoted))
    by_line = plain if plain.is_regular else _line_by_line(lines, delimiter)
    lenient = quoted or parse_quoted(lines, delimiter, strict=False) or Rows()
    if quoted and quoted.num_spanning >= MANY and quoted.longest <= LONG:
        guess: str | None = AROUND  # so many marks are not closed at the right places by chance
    else:
        guess = LINES if by_line.is_regular else None
    doubt = Doubt(
        "quotes", _question(lines, delimiter, by_line, lenient), MEANINGS, answer if answer in MEANINGS else guess
    )
    if doubt.answer == AROUND:
        return lenient, doubt, _on_spanning(lenient)
    return by_line, doubt, ()


def _quoted(lines: Sequence[str], delimiter: str) -> tuple[Rows | None, tuple[str, ...]]:
    """The way of reading quoted cells that fits all lines and gives the fewest rows with other cells."""
    found: list[tuple[Rows | None, tuple[str, ...]]] = []
    if any(f'{delimiter} "' in line for line in lines):
        found.append((parse_quoted(lines, delimiter, skipinitialspace=True), ()))
    found.append((parse_quoted(lines, delimiter), ()))
    if not any(rows and rows.is_regular for rows, _ in found):
        if any('\\"' in line for line in lines):
            doubled = [ESCAPED.sub(lambda match: '""' if match[1] == '"' else "\\", line) for line in lines]
            note = 'Quotation marks within texts are written as \\" in this file, and were read so.'
            found.append((parse_quoted(doubled, delimiter), (note,)))
        # Blanks behind a closing mark are not as they should be, and do no harm.
        for is_first_skipped in (False, True):
            loose = parse_quoted(lines, delimiter, strict=False, skipinitialspace=is_first_skipped)
            if loose and not loose.num_spanning and not any('"' in cell for row in loose.cells for cell in row):
                found.append((loose, ()))
    whole = [(rows, notes) for rows, notes in found if rows and rows.cells]
    return min(whole, key=lambda each: each[0].num_ragged, default=(None, ()))


def _line_by_line(lines: Sequence[str], delimiter: str) -> Rows:
    """A row for each line: its quotation marks stand around cells if they can, else they are characters."""
    rows = Rows()
    for number, line in enumerate(lines, start=1):
        found = parse_quoted([line], delimiter) or split_lines([line], delimiter)
        if found and found.cells:
            rows.cells += found.cells
            rows.starts.append(number)
    return rows


def _on_spanning(rows: Rows) -> tuple[str, ...]:
    if not rows.num_spanning:
        return ()
    go = "1 row goes" if rows.num_spanning == 1 else f"{rows.num_spanning:,} rows go"
    return (f"{go} over several lines, because a text between quotation marks does; the longest has {rows.longest:,}.",)


def _question(lines: Sequence[str], delimiter: str, by_line: Rows, quoted: Rows) -> str:
    number = _first_open(lines, delimiter)
    where = f" The first is at line {number:,}." if number else ""
    return (
        f"Some quotation marks do not open and close a text.{where} Read as marks around texts, the file "
        f"has {max(0, len(quoted.cells) - 1):,} rows; read as part of the texts, it has "
        f"{max(0, len(by_line.cells) - 1):,}. Which is right?"
    )


def _first_open(lines: Sequence[str], delimiter: str) -> int | None:
    """The number of the line at which the first row begins that has a mark out of place, or goes over lines."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    before = 0
    try:
        for _ in reader:
            if reader.line_num - before > 1:
                break
            before = reader.line_num
        else:
            return None
    except csv.Error:
        pass
    return before + 1
