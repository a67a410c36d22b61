import io
import json

import pytest

from models.tables.data_files import read_table

ROWS = [("good", 1), ("bad", 0), ("two\nlines", 1)]
OBJECTS = [{"text": text, "label": label} for text, label in ROWS]
COLUMNS = {"text": [row[0] for row in ROWS], "label": [row[1] for row in ROWS]}


def read(value, name="x.json"):
    contents = value if isinstance(value, str) else json.dumps(value, indent=2)
    return read_table(io.BytesIO(contents.encode()), name)


@pytest.mark.parametrize(
    "value",
    [
        "\n".join(map(json.dumps, OBJECTS)),
        OBJECTS,
        json.dumps(OBJECTS),
        {"version": 1, "data": OBJECTS},
        COLUMNS,
        {name: dict(enumerate(cells)) for name, cells in COLUMNS.items()},
        {"columns": ["text", "label"], "index": [0, 1, 2], "data": ROWS},
    ],
    ids=["lines", "array", "array in one line", "data", "columns", "columns by index", "split"],
)
@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
def test_every_form_gives_the_same_rows(value, name):
    table = read(value, name).table
    assert list(table.columns) == ["text", "label"]
    assert [tuple(row) for row in table.itertuples(index=False)] == ROWS


def test_lines_are_counted():
    assert read("\n".join(map(json.dumps, OBJECTS))).summary == "The file has 3 lines, read as 3 rows and 2 columns."
    assert read(OBJECTS).summary == "The file has 3 rows and 2 columns."


def test_keys_within_keys_are_columns():
    rows = [{"review": {"text": text, "by": {"name": "Ada"}}, "label": label, "empty": {}} for text, label in ROWS]
    for table in (read(rows).table, read("\n".join(map(json.dumps, rows))).table):
        assert list(table.columns) == ["review.text", "review.by.name", "label", "empty"]
        assert table["review.text"].tolist() == COLUMNS["text"]
