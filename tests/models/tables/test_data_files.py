import gzip
import io
import json

import pandas as pd
import pytest

from models.tables import data_files, file_table
from models.tables.data_files import BadData, read_table

ROWS = [("good, really", "yes"), ('=HYPERLINK("http://example.com")', "no"), ("two\nlines", "yes")]


def read(contents, name="mails.csv"):
    return read_table(io.BytesIO(contents if isinstance(contents, bytes) else contents.encode()), name).table


@pytest.fixture
def table():
    return pd.DataFrame(ROWS, columns=["text", "label"])


def parquet(table):
    file = io.BytesIO()
    table.to_parquet(file)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["csv", "semicolons.csv", "tsv", "jsonl", "parquet"])
def test_every_kind_gives_the_same_cells(kind, table):
    contents = {
        "csv": lambda: b"\xef\xbb\xbf" + table.to_csv(index=False).encode(),
        "semicolons.csv": lambda: table.to_csv(index=False, sep=";"),
        "tsv": lambda: table.to_csv(index=False, sep="\t"),
        "jsonl": lambda: "\n".join(json.dumps(dict(zip(table, row, strict=True))) for row in ROWS) + "\n\n",
        "parquet": lambda: parquet(table),
    }[kind]()
    found = read(contents, f"mails.{kind}")
    assert list(found.columns) == ["text", "label"]
    assert [tuple(row) for row in found.itertuples(index=False)] == ROWS  # a formula is a text as any other


def test_json_lines_may_lack_fields_and_hold_more_than_texts():
    found = read('{"a": "x", "b": 1}\n{"b": true, "c": [1, "é"]}\n{"a": "\\ud800"}', "x.jsonl")
    assert found["a"].tolist() == ["x", None, "?"] and found["b"].tolist() == [1, True, None]
    assert found["c"].tolist() == [None, '[1, "é"]', None]


@pytest.mark.parametrize(
    ("contents", "name", "says"),
    [
        ("", "a.csv", "The file is empty"),
        ("a,b\n", "a.csv", "column names and no rows"),
        ("a,b\n1,2\n", "a.xlsx", "not in “.xlsx”"),
        ("a,b\n1,2\n", "a", "not in “”"),
        (b"not packed", "a.csv.gz", "The file cannot be unpacked: pack it anew"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], "a.csv.gz", "The file cannot be unpacked: pack it anew"),
        (b"PK\x03\x04\0\0", "a.csv", "holds no text"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "a.csv", "breaks off in the middle. Save it as UTF-8"),
        ("a,a\n1,2\n", "a.csv", "Two columns are called “a”"),
        ("\n\n", "a.csv", "The file is empty"),
        ('{"a": 1, "b": 2}\n{"a": 1', "a.jsonl", "Line 2 is not JSON"),
        ('["a", "b"]', "a.jsonl", "Line 1 is JSON, but no object"),
        ("[" * 100_000, "a.jsonl", "Line 1 is not JSON"),
        ("\n", "a.jsonl", "the file has none"),
        ("a,b\n1,2\n", "a.parquet", "cannot be read as Parquet"),
        (b"PAR1" + b"\xff" * 100 + b"PAR1", "a.parquet", "cannot be read as Parquet"),
        (",".join(f"c{i}" for i in range(300)) + "\n" + "1," * 299 + "1\n", "a.csv", "300 columns"),
        (json.dumps({f"c{i}": 1 for i in range(300)}), "a.jsonl", "more than 200 columns"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(contents, name, says):
    with pytest.raises(BadData) as refused:
        read(contents, name)
    assert says in str(refused.value) and "\n" not in str(refused.value)


def test_parquet_columns_that_are_no_text_are_not_offered():
    nested = pd.DataFrame({"text": ["a"], "label": [1], "vector": [[1, 2]], "at": [pd.Timestamp(0)]})
    assert list(read(parquet(nested), "a.parquet").columns) == ["text", "label"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_too_many_rows_are_refused(name, monkeypatch):
    monkeypatch.setattr(file_table, "MAX_ROWS", 10)
    table = pd.DataFrame({"a": ["x"] * 11, "b": range(11)})
    contents = {
        "a.csv": table.to_csv(index=False),
        "a.tsv": table.to_csv(index=False, sep="\t"),
        "a.jsonl": table.to_json(orient="records", lines=True),
        "a.parquet": parquet(table),
    }[name]
    with pytest.raises(BadData, match="rows"):
        read(contents, name)


def test_a_file_of_500_mb_is_refused_unread(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(500_000_000)
    with path.open("rb") as file, pytest.raises(BadData, match="has 500 MB, and at most 300 MB"):
        read_table(file, path.name)


def test_a_packed_file_is_read_as_the_file_within(table, monkeypatch):
    packed = gzip.compress(table.to_csv(index=False).encode())
    assert [tuple(row) for row in read(packed, "mails.CSV.gz").itertuples(index=False)] == ROWS
    monkeypatch.setattr(data_files, "MAX_FILE_BYTES", 60)
    with pytest.raises(BadData, match="Unpacked the file has more than"):
        read(gzip.compress(b"text,label\n" + b"a,b\n" * 100), "a.csv.gz")


@pytest.mark.parametrize(
    ("encoding", "word"),
    [("cp1252", "caf\xe9"), ("cp1250", "\u017elu\u0165"), ("cp1251", "\u0445\u043e\u0440\u043e\u0448\u043e")],
)
def test_letters_that_are_not_utf_8_are_a_choice(encoding, word):
    contents = io.BytesIO(f"text,label\n{word},yes\nplain,no\n".encode(encoding))
    asked = read_table(contents, "a.csv")
    (doubt,) = asked.open_doubts
    assert doubt.name == "encoding" and f"\u201ctext,label {word},yes plain,no\u201d" in doubt.answers[encoding]
    answered = read_table(contents, "a.csv", {"encoding": encoding})
    assert not answered.open_doubts and list(answered.table["text"]) == [word, "plain"]


def test_letters_of_json_that_are_not_utf_8_are_a_question():
    data = '{"text": "café", "label": "a"}\n{"text": "thé", "label": "b"}\n'.encode("latin-1")
    asked = read_table(io.BytesIO(data), "a.jsonl")
    (doubt,) = asked.doubts
    assert doubt.name == "encoding" and doubt.answer is None and "café" in doubt.answers["cp1252"]
    answered = read_table(io.BytesIO(data), "a.jsonl", {"encoding": "cp1252"})
    assert answered.table["text"].tolist() == ["café", "thé"] and not answered.open_doubts
    whole = '[{"text": "café", "label": "a"}, {"text": "thé", "label": "b"}]'
    assert read_table(io.BytesIO(whole.encode("utf-16")), "a.json").table["text"].tolist() == ["café", "thé"]


LYRICS = """Row, row, row your boat,
Gently down the stream.

Merrily, merrily, merrily, merrily,
Life is but a "dream".
"""


def test_lines_of_a_text_file_are_texts():
    found = read_table(io.BytesIO(LYRICS.encode()), "song.txt")
    assert found.table["text"].tolist() == [line for line in LYRICS.splitlines() if line]
    (doubt,) = found.doubts
    assert doubt.name == "lines" and doubt.answer == "lines" and not found.open_doubts
    as_columns = read_table(io.BytesIO(LYRICS.encode()), "song.txt", {"lines": "columns"})
    assert list(as_columns.table) == ["Row, row, row your boat,"] and as_columns.doubts[0].answer == "columns"


def test_a_text_file_with_tabs_is_a_table_without_a_question():
    found = read_table(io.BytesIO(b"text\tlabel\none\ta\ntwo\tb\n"), "a.txt")
    assert list(found.table) == ["text", "label"] and not found.doubts
    lines = read_table(io.BytesIO(b"text\tlabel\none\ta\ntwo\tb\n"), "a.txt", {"lines": "lines"})
    assert lines.table["text"].tolist() == ["text\tlabel", "one\ta", "two\tb"]


def test_lines_with_as_many_commas_may_be_texts():
    data = b"Row, row your boat\nGently, down the stream\nMerrily, merrily\n"
    asked = read_table(io.BytesIO(data), "song.txt")
    assert len(asked.table.columns) == 2 and asked.doubts[0].answer == "columns"
    answered = read_table(io.BytesIO(data), "song.txt", {"lines": "lines"})
    assert answered.table["text"].tolist() == ["Row, row your boat", "Gently, down the stream", "Merrily, merrily"]
