"""People's own files as tables of text and numbers. Nothing in a file is ever run: a formula is a text as any other.

This module is imported wherever datasets are known, so ``pandas`` is imported only where a file is read.
"""

import codecs
import json
import os
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pandas as pd

MAX_FILE_BYTES = 300_000_000
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
DELIMITERS = ",;\t"
UTF8_ADVICE = "Save it as UTF-8 (“CSV UTF-8” in a spreadsheet) and try again."


class BadData(ValueError):
    """Data that cannot be trained on; the message says why and what to do."""


def read_table(file: BinaryIO, name: str) -> "pd.DataFrame":
    """The file as columns of text or numbers, missing values as "" or NaN; its kind is told by the ending of ``name``.

    Raises BadData.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in READERS:
        raise BadData(f"A file ends in {', '.join(READERS)}, not in “{ending}”: save it as one of these.")
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > MAX_FILE_BYTES:
        raise BadData(
            f"The file has {size / 1e6:,.0f} MB, and at most {MAX_FILE_BYTES / 1e6:,.0f} MB are taken: leave out "
            "columns that are not needed, or take a sample of the rows."
        )
    if not size:
        raise BadData("The file is empty.")
    table = READERS[ending](file)
    table.columns = [str(column) for column in table.columns]
    if len(table.columns) < 2:
        there = f"only one, “{table.columns[0]}”" if len(table.columns) else "none"
        raise BadData(f"A column of texts and a column of labels are needed, and the file has {there}.")
    if len(table.columns) > MAX_COLUMNS:
        raise BadData(f"The file has {len(table.columns):,} columns; at most {MAX_COLUMNS} are taken.")
    if twice := table.columns[table.columns.duplicated()].tolist():
        raise BadData(f"Two columns are called “{twice[0]}”: rename one of them.")
    if table.empty:
        raise BadData("The file has column names and no rows.")
    if len(table) > MAX_ROWS:
        raise BadData(f"The file has more than {MAX_ROWS:,} rows: take a sample of them.")
    return table


def _read_delimited(file: BinaryIO, delimiter: str | None = None) -> "pd.DataFrame":
    import pandas as pd

    head = file.readline(100_000)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadData(f"The file is UTF-16 text. {UTF8_ADVICE}")
    if b"\0" in head:
        raise BadData("The file is no text, whatever its ending says.")
    first = head.decode("utf-8-sig", "replace")
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    try:
        # The names of the columns are a row like the others here, so that no row can have more cells than there are.
        table = pd.read_csv(
            file, sep=delimiter, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig",
            nrows=MAX_ROWS + 2, skip_blank_lines=True,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise BadData(
            f"The file is not UTF-8 text: there is a byte 0x{error.object[error.start]:02x}. {UTF8_ADVICE}"
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        said = str(error).removeprefix("Error tokenizing data. ").removeprefix("C error: ").strip()
        raise BadData(
            f"The rows do not all have the same cells ({said}): put texts that hold the delimiter or a line break "
            "between quotation marks."
        ) from None
    table.columns = table.iloc[0]
    return table.iloc[1:].reset_index(drop=True)


def _read_tabs(file: BinaryIO) -> "pd.DataFrame":
    return _read_delimited(file, "\t")


def _read_json_lines(file: BinaryIO) -> "pd.DataFrame":
    import pandas as pd

    columns: dict[str, list] = {}
    num_rows = 0
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise BadData(f"Line {number:,} is not UTF-8 text. {UTF8_ADVICE}") from None
        except (ValueError, RecursionError):
            raise BadData(f"Line {number:,} is not JSON: each line has to be one object.") from None
        if not isinstance(row, dict):
            raise BadData(f"Line {number:,} is JSON, but no object such as {{“text”: “…”, “label”: “…”}}.")
        num_rows += 1
        if num_rows > MAX_ROWS:
            break
        for name, value in row.items():
            if not isinstance(value, str | int | float | bool | None):
                value = json.dumps(value, ensure_ascii=False)
            elif isinstance(value, str):
                value = value.encode("utf-8", "replace").decode()  # JSON can spell halves of characters
            cells = columns.setdefault(name, [])
            cells += [None] * (num_rows - 1 - len(cells))
            cells.append(value)
            if len(columns) > MAX_COLUMNS:
                raise BadData(f"The file has more than {MAX_COLUMNS} columns; at most {MAX_COLUMNS} are taken.")
    for cells in columns.values():
        cells += [None] * (num_rows - len(cells))
    return pd.DataFrame(columns, dtype=object)


def _read_parquet(file: BinaryIO) -> "pd.DataFrame":
    import pyarrow as pa
    from pyarrow import parquet

    try:
        source = parquet.ParquetFile(file)
        groups = [source.metadata.row_group(i) for i in range(source.num_row_groups)]
        if source.metadata.num_rows > MAX_ROWS:
            raise BadData(f"The file has {source.metadata.num_rows:,} rows, and at most {MAX_ROWS:,} are taken.")
        if sum(group.total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
            raise BadData(
                f"The file unpacks to more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB: take a sample of the rows."
            )
        kept = [field.name for field in source.schema_arrow if _is_plain(field.type)]
        return source.read(columns=kept).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise BadData(f"The file cannot be read as Parquet ({str(error).splitlines()[0][:120]}).") from None


def _is_plain(kind: object) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_boolean)
    return any(test(kind) for test in tests)


READERS: dict[str, Callable[[BinaryIO], "pd.DataFrame"]] = {
    ".csv": _read_delimited,
    ".tsv": _read_tabs,
    ".jsonl": _read_json_lines,
    ".parquet": _read_parquet,
}
