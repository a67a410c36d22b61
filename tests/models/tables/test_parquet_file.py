import io
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.data.labelled import cell
from models.tables.data_files import read_table
from models.tables.file_table import BadData

TABLE = pd.DataFrame({"text": ["a text", "another", "more"], "label": [0, 1, 0]})


def read(table):
    file = io.BytesIO()
    if isinstance(table, pd.DataFrame):
        table.to_parquet(file)
    else:
        parquet.write_table(pa.table(table), file)
    return read_table(file, "x.parquet")


@pytest.mark.parametrize("index", ["text", "label"])
def test_index_columns_are_columns(index):
    table = read(TABLE.set_index(index)).table
    assert sorted(table.columns) == ["label", "text"]
    assert table["text"].tolist() == TABLE["text"].tolist() and table["label"].tolist() == [0, 1, 0]


def test_whole_decimals_are_numbers():
    decimals = [Decimal("1.00"), Decimal("2.50"), None]
    table = read({"text": ["a", "b", "c"], "label": pa.array(decimals, pa.decimal128(5, 2))}).table
    assert [cell(value) for value in table["label"]] == ["1", "2.50", ""]


@pytest.mark.parametrize(
    ("column", "named"),
    [
        (pa.array([b"a", b"b"]), "binary"),
        (pa.array([[1], [2]]), "list<"),
        (pa.array([{"a": 1}] * 2), "struct<a: int64>"),
    ],
)
def test_a_column_of_another_type_is_named_with_its_type(column, named):
    with pytest.raises(BadData) as refused:
        read({"label": column})
    assert f"“label” is left out: its type is {named}" in str(refused.value) and "\n" not in str(refused.value)
    (note,) = read({"text": ["a", "b"], "label": [0, 1], "more": column}).notes
    assert note.startswith("“more” is left out") and named in note
