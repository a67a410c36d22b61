"""Text files: a table with tabs, or texts without labels, one in each line, such as lyrics."""

from collections.abc import Mapping
from typing import BinaryIO

from models.tables.delimited_file import read_delimited
from models.tables.file_table import BadData, Doubt, FileTable
from models.tables.text_encoding import read_lines

LINES, COLUMNS, NAME = "lines", "columns", "text"
MEANINGS = {
    LINES: "each line is a text, and there are no labels",
    COLUMNS: "it is a table, whose rows do not all have the same cells",
}


def read_plain_text(file: BinaryIO, answers: Mapping[str, str]) -> FileTable:
    """Reads a table if every row has as many cells, at least two; else lines, with a doubt. Raises BadData."""
    table, answer = _as_table(file, answers), answers.get("lines")
    is_ragged = table is None or len(table.table.columns) < 2 or any(each.name == "ragged" for each in table.doubts)
    if table and not is_ragged and answer != LINES:
        return table
    doubt = Doubt(
        "lines", "The lines of this file do not have the same columns. What is it?", MEANINGS,
        answer if answer in MEANINGS else LINES,
    )  # fmt: skip
    if table and answer == COLUMNS:
        return FileTable(table.table, table.num_lines, table.notes, (doubt, *table.doubts))
    file.seek(0)
    lines, encoding = read_lines(file, answers.get("encoding"))
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise BadData("The file is empty.")
    import pandas as pd

    return FileTable(
        pd.DataFrame({NAME: texts}, dtype=str), len(lines), doubts=(*((encoding,) if encoding else ()), doubt)
    )


def _as_table(file: BinaryIO, answers: Mapping[str, str]) -> FileTable | None:
    try:
        return read_delimited(file, answers, delimiters="\t,;|", is_first_preferred=True)
    except BadData:
        return None
