"""Text files: a table with tabs, or texts without labels, one in each line, such as lyrics."""

from collections.abc import Mapping
from typing import BinaryIO

from models.tables.delimited_file import parse_delimited
from models.tables.file_table import BadData, Doubt, FileTable
from models.tables.text_encoding import read_lines

LINES, COLUMNS, NAME = "lines", "columns", "text"
MEANINGS = {
    LINES: "each line is a text, and there are no labels",
    COLUMNS: "it is a table, with commas, semicolons or bars between the columns",
}


def read_plain_text(file: BinaryIO, answers: Mapping[str, str]) -> FileTable:
    """Reads columns that tabs separate; asks of other files whether they are a table or lines. Raises BadData."""
    lines, encoding = read_lines(file, answers.get("encoding"))
    num_lines, texts = len(lines), [line.strip() for line in lines if line.strip()]
    if not texts:
        raise BadData("The file is empty.")
    table, answer = _as_table(lines, encoding, answers), answers.get("lines")
    is_regular = (
        table is not None and len(table.table.columns) > 1 and all(each.name != "ragged" for each in table.doubts)
    )
    if table and is_regular and answer != LINES and all("\t" in text for text in texts):
        return table
    chosen = answer if answer in MEANINGS else COLUMNS if is_regular else LINES
    doubt = Doubt("lines", "The columns of this file are not separated by tabs. What is it?", MEANINGS, chosen)
    if table and chosen == COLUMNS:
        return FileTable(table.table, table.num_lines, table.notes, (doubt, *table.doubts))
    import pandas as pd

    doubts = (encoding, doubt) if encoding else (doubt,)
    return FileTable(pd.DataFrame({NAME: texts}, dtype=str), num_lines, doubts=doubts)


def _as_table(lines: list[str], encoding: Doubt | None, answers: Mapping[str, str]) -> FileTable | None:
    try:
        return parse_delimited(lines, encoding, answers, delimiters="\t,;|", is_first_preferred=True)
    except BadData:
        return None
