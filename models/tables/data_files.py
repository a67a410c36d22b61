"""People's own files as tables of text and numbers. Nothing in a file is ever run: a formula is a text as any other.

This module is imported wherever datasets are known, so ``pandas`` is imported only where a file is read.
"""

import gzip
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

from models.tables import delimited_file, file_table, header_row, plain_text, quotation_marks, text_encoding
from models.tables.delimited_file import read_delimited
from models.tables.file_table import MAX_COLUMNS, MAX_FILE_BYTES, BadData, FileTable
from models.tables.json_file import read_json
from models.tables.parquet_file import read_parquet
from models.tables.plain_text import read_plain_text


def read_table(file: BinaryIO, name: str, answers: Mapping[str, str] | None = None) -> FileTable:
    """Reads a file of the kind that ``name`` ends in.

    Args:
        file: open at any place; it is read from its start.
        name: of the file, e.g. "mails.csv".
        answers: to doubts of an earlier reading, by their name.

    Raises:
        BadData: if there is no table in it.
    """
    ending = next((each for each in sorted(READERS, key=len, reverse=True) if name.lower().endswith(each)), None)
    if ending is None:
        suffix = PurePath(name).suffix.lower()
        raise BadData(f"A file ends in {', '.join(READERS)}, not in “{suffix}”: save it as one of these.")
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > MAX_FILE_BYTES:
        raise BadData(
            f"The file has {size / 1e6:,.0f} MB, and at most {MAX_FILE_BYTES / 1e6:,.0f} MB are taken: leave out "
            "columns that are not needed, or take a sample of the rows."
        )
    if not size:
        raise BadData("The file is empty.")
    read = _with_named_columns(READERS[ending](file, answers or {}))
    table = read.table
    if not len(table.columns):
        more = " ".join(("", *read.notes))
        raise BadData(f"A column of texts is needed, and the file has none.{more}")
    if len(table.columns) > MAX_COLUMNS:
        raise BadData(f"The file has {len(table.columns):,} columns; at most {MAX_COLUMNS} are taken.")
    if twice := table.columns[table.columns.duplicated()].tolist():
        raise BadData(f"Two columns are called “{twice[0]}”: rename one of them.")
    if table.empty:
        raise BadData("The file has column names and no rows.")
    if len(table) > file_table.MAX_ROWS:
        raise BadData(f"The file has more than {file_table.MAX_ROWS:,} rows: take a sample of them.")
    return read


def _with_named_columns(read: FileTable) -> FileTable:
    """Columns without a name are left out if they are empty, as spreadsheets write them; others get a name."""
    names = [str(column).strip() for column in read.table.columns]
    kept = [place for place, name in enumerate(names) if name or _has_cells(read.table.iloc[:, place])]
    table = read.table if len(kept) == len(names) else read.table.iloc[:, kept]
    table.columns = [names[place] or f"column {place + 1}" for place in kept]
    num_empty = len(names) - len(kept)
    if not num_empty:
        return replace(read, table=table)
    left_out = "1 column has" if num_empty == 1 else f"{num_empty} columns have"
    note = f"{left_out} no name and no contents, and {'is' if num_empty == 1 else 'are'} left out."
    return replace(read, table=table, notes=(*read.notes, note))


def _has_cells(column) -> bool:
    return any((isinstance(value, str) and value.strip()) or (value == value and value not in ("", None))
               for value in column.dropna())  # fmt: skip


def _read_packed(file: BinaryIO, answers: Mapping[str, str]) -> FileTable:
    """A file that gzip packed. Raises BadData."""
    try:
        with gzip.open(file) as packed:
            unpacked = packed.read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise BadData("The file cannot be unpacked: pack it anew with gzip, or leave it unpacked.") from None
    if len(unpacked) > MAX_FILE_BYTES:
        raise BadData(f"Unpacked the file has more than {MAX_FILE_BYTES / 1e6:,.0f} MB: take a sample of the rows.")
    return READERS[".csv"](BytesIO(unpacked), answers)


DOUBTS: dict[str, tuple[Mapping[str, str], str]] = {
    "encoding": (text_encoding.MEANINGS, "letters of a file that is not UTF-8"),
    "quotes": (quotation_marks.MEANINGS, "quotation marks"),
    "header": (header_row.MEANINGS, "the first row"),
    "lines": (plain_text.MEANINGS, "lines of a text file that are not columns"),
    "ragged": (delimited_file.MEANINGS, "rows with other cells than the first"),
}
"""The meaning of each answer to a doubt, by its name, and what the doubt is about."""
READERS: dict[str, Callable[[BinaryIO, Mapping[str, str]], FileTable]] = {
    ".csv": partial(read_delimited, delimiters=",;\t|"),
    ".csv.gz": _read_packed,
    ".tsv": partial(read_delimited, delimiters="\t,;|", is_first_preferred=True),
    ".txt": read_plain_text,
    ".json": read_json,
    ".jsonl": read_json,
    ".parquet": read_parquet,
}
