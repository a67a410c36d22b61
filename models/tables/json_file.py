"""JSON files as tables: an object in each line, an array of objects, or the columns as pandas writes them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from models.tables import file_table
from models.tables.file_table import MAX_COLUMNS, BadData, FileTable
from models.tables.text_encoding import read_lines

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE = "{“text”: “…”, “label”: “…”}"


def read_json(file: BinaryIO, answers: Mapping[str, str]) -> FileTable:
    """Keys within keys become columns such as “review.text”. Raises BadData."""
    lines, doubt = read_lines(file, answers.get("encoding"))
    doubts = (doubt,) if doubt else ()
    rows = _rows(lines)
    try:
        first = list(islice(rows, 2))
    except BadData as by_line:
        if (whole := _rows_of_whole(lines)) is None:
            raise by_line from None
        return FileTable(_table(whole), doubts=doubts)
    if len(first) == 1 and (whole := _rows_of_whole(lines)) is not None:
        return FileTable(_table(whole), doubts=doubts)
    return FileTable(_table(chain(first, rows)), len(lines), doubts=doubts)


def _rows(lines: Sequence[str]) -> Iterator[dict]:
    num_rows = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise BadData(
                f"Line {number:,} is not JSON: each line has to be one object, or the whole file an array of objects."
            ) from None
        if not isinstance(row, dict):
            raise BadData(f"Line {number:,} is JSON, but no object such as {EXAMPLE}.")
        yield row
        num_rows += 1
        if num_rows > file_table.MAX_ROWS:
            return


def _rows_of_whole(lines: Sequence[str]) -> Iterable[dict] | None:
    """The rows of a file that is one JSON value; None if it is no table."""
    try:
        value = json.loads("".join(lines))
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list)]
        if len(lists) == 1 and _are_rows(lists[0]):  # such as {"data": [{…}, {…}]}
            return lists[0]
        if _is_split(value):
            return [dict(zip(map(str, value["columns"]), cells, strict=True)) for cells in value["data"]]
        return _rows_of_columns(value) if _is_columns(value) else None
    return value if _are_rows(value) else None


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _is_split(value: dict) -> bool:
    """Whether it is {"columns": ["text", "label"], "data": [["…", 1], …]}."""
    columns, data = value.get("columns"), value.get("data")
    if not isinstance(columns, list) or not isinstance(data, list):
        return False
    return all(isinstance(cells, list) and len(cells) == len(columns) for cells in data)


def _is_columns(value: dict) -> bool:
    """Whether it is {"text": {"0": …}, "label": {"0": …}} or {"text": […], "label": […]}."""
    columns = [*value.values()]
    for kind in (dict, list):
        if len(columns) > 1 and all(isinstance(column, kind) for column in columns):
            first = columns[0].keys() if kind is dict else len(columns[0])
            return len(columns[0]) > 1 and all(
                (column.keys() if kind is dict else len(column)) == first for column in columns
            )
    return False


def _rows_of_columns(value: dict) -> Iterator[dict]:
    columns = [column.values() if isinstance(column, dict) else column for column in value.values()]
    for cells in zip(*columns, strict=True):
        yield dict(zip(value, cells, strict=True))


def _table(rows: Iterable[dict]) -> "pd.DataFrame":
    import pandas as pd

    columns: dict[str, list] = {}
    num_rows = 0
    for row in rows:
        num_rows += 1
        for name, value in _flat(row):
            if not isinstance(value, str | int | float | bool | None):
                value = json.dumps(value, ensure_ascii=False)
            if isinstance(value, str):
                value = value.encode("utf-8", "replace").decode()  # JSON can spell halves of characters
            cells = columns.setdefault(name, [])
            cells += [None] * (num_rows - 1 - len(cells))
            cells[num_rows - 1 :] = [value]
            if len(columns) > MAX_COLUMNS:
                raise BadData(f"The file has more than {MAX_COLUMNS} columns; at most {MAX_COLUMNS} are taken.")
    for cells in columns.values():
        cells += [None] * (num_rows - len(cells))
    return pd.DataFrame(columns, dtype=object)


def _flat(row: dict) -> Iterator[tuple[str, Any]]:
    """(name, value) of each key; of keys within keys under their names with dots between."""
    left = [*reversed(row.items())]
    while left:
        name, value = left.pop()
        if isinstance(value, dict) and value:
            left += [(f"{name}.{key}", inner) for key, inner in reversed(value.items())]
        else:
            yield name.encode("utf-8", "replace").decode(), value
