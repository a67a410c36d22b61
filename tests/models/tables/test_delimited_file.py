"""CSV and TSV files as people have them; every row of a file is in the table, or a doubt asks what to do with it."""

import csv
import io

import pytest

from models.tables.data_files import read_table
from models.tables.file_table import BadData

TEXTS = [f"some words, visit {number}" for number in range(40)]
LABELS = [("ham", "spam")[number % 2] for number in range(40)]
ROWS = list(zip(TEXTS, LABELS, strict=True))


def read(contents, name="mails.csv", **answers):
    return read_table(io.BytesIO(contents if isinstance(contents, bytes) else contents.encode()), name, answers)


def rows(read):
    return [tuple(row) for row in read.table.itertuples(index=False)]


def answers(read):
    return {doubt.name: doubt.answer for doubt in read.doubts}


def quoted(rows, header=("text", "label"), **options):
    file = io.StringIO()
    csv.writer(file, **options).writerows([header, *rows])
    return file.getvalue()


def test_texts_that_begin_with_a_quotation_mark_swallow_no_rows():
    texts = [text.replace(",", "") for text in TEXTS]
    texts[10], texts[11] = f'"{texts[10]}', f'"{texts[11]}'
    contents = "label\ttext\n" + "".join(f"{label}\t{text}\n" for text, label in zip(texts, LABELS, strict=True))
    found = read(contents, "sms.tsv")
    assert rows(found) == list(zip(LABELS, texts, strict=True))
    assert answers(found) == {"quotes": "lines"} and found.num_lines == 41
    assert "The first is at line 12" in found.doubts[0].question
    assert "the file has 39 rows; read as part of the texts, it has 40" in found.doubts[0].question
    assert len(read(contents, "sms.tsv", quotes="around").table) == 39


def test_a_text_that_is_closed_rows_later_swallows_no_rows():
    """The marks are as they should be, and each line is a row of the right width all the same."""
    lines = [f"{label},text {number}" for number, label in enumerate(LABELS)]
    lines[5] = lines[5].replace("text", '"text')
    lines[9] += '"'
    found = read("label,text\n" + "\n".join(lines))
    assert len(found.table) == 40 and answers(found) == {"quotes": "lines"}


def test_one_mark_that_is_missing_is_a_question_without_a_likely_answer():
    lines = quoted(ROWS, quoting=csv.QUOTE_ALL).splitlines()
    lines[20] = lines[20].replace('","', ',"', 1)
    found = read("\n".join(lines))
    assert len(found.table) == 40  # none is lost in what is shown while the question is open
    assert [doubt.name for doubt in found.open_doubts] == ["quotes", "ragged"]
    assert "line 21" in found.doubts[0].question and "at line 21:" in found.doubts[1].question
    assert len(read("\n".join(lines), quotes="lines", ragged="drop").table) == 39


@pytest.mark.parametrize(
    ("contents", "name"),
    [
        (quoted(ROWS), "plain.csv"),
        (b"\xef\xbb\xbf" + quoted(ROWS, delimiter=";", lineterminator="\r\n").encode(), "spreadsheet.csv"),
        ("sep=;\r\n" + quoted(ROWS, delimiter=";", lineterminator="\r\n"), "separator.csv"),
        (quoted(ROWS, delimiter="\t").encode("utf-16"), "unicode.txt"),
        (quoted(ROWS, delimiter="\t").replace("\n", "\n\n"), "blank_lines.tsv"),
        (quoted(ROWS, delimiter="|"), "pipes.csv"),
        (quoted(ROWS, delimiter="\t"), "tabs.csv"),
        (quoted(ROWS), "commas.tsv"),
        (quoted(ROWS, lineterminator="\r"), "old_mac.csv"),
        (quoted(ROWS, quoting=csv.QUOTE_ALL).replace('","', '", "'), "blank_before_marks.csv"),
        (quoted(ROWS, quoting=csv.QUOTE_ALL).replace('","', '" ,"'), "blank_behind_marks.csv"),
        (quoted(ROWS, header=("text", " label")), "blank_before_name.csv"),
        (quoted([(*row, "", "") for row in ROWS], header=("text", "label", "", "")), "empty_columns.csv"),
        (quoted([(*row, "", "") for row in ROWS]), "delimiters_at_the_end.csv"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value[-5:] else "",
)
def test_files_as_programs_write_them_are_read_without_a_question(contents, name):
    found = read(contents, name)
    assert [(text.strip(), label.strip()) for text, label in rows(found)] == ROWS
    assert list(found.table.columns) == ["text", "label"] and not found.doubts


def test_line_breaks_within_texts_are_kept_and_counted():
    texts = [text.replace(" ", "\n", 1) + '\n\n"end"' for text in TEXTS]
    found = read(quoted(zip(texts, LABELS, strict=True)))
    assert rows(found) == list(zip(texts, LABELS, strict=True)) and not found.doubts
    assert found.summary == "The file has 161 lines, read as 40 rows and 2 columns."
    assert found.notes[0].startswith("40 rows go over several lines") and "longest has 4" in found.notes[0]


def test_texts_that_could_be_read_line_by_line_too_stay_whole():
    texts = [f'mail {number}, about "things"\nand more' for number in range(40)]
    found = read(quoted(zip(texts, LABELS, strict=True)))
    assert rows(found) == list(zip(texts, LABELS, strict=True)) and answers(found) == {"quotes": "around"}


def test_marks_that_are_escaped_as_databases_do_are_read():
    lines = [f'"they said \\"{text}\\", back\\\\slash",{label}' for text, label in ROWS]
    found = read("text,label\n" + "\n".join(lines))
    assert rows(found) == [(f'they said "{text}", back\\slash', label) for text, label in ROWS]
    assert not found.doubts and '\\"' in found.notes[0]


def test_empty_columns_without_a_name_are_said_and_others_get_one():
    found = read(quoted([(*row, "", "x", "") for row in ROWS], header=("v1", "v2", "", "", "")))
    assert list(found.table.columns) == ["v1", "v2", "column 4"]
    assert found.notes == ("2 columns have no name and no contents, and are left out.",)


def test_rows_with_too_many_cells_are_a_question_and_nothing_is_dropped_before_the_answer():
    contents = "label,text\n" + "\n".join(f"{label},{text}" for text, label in ROWS)
    found = read(contents + "\nham,short")
    (doubt,) = found.open_doubts
    assert doubt.name == "ragged" and doubt.question.startswith("40 of 41 rows do not have 2 cells")
    assert len(found.table) == 41
    kept = rows(read(contents, ragged="keep"))
    assert kept == [(label, text) for text, label in ROWS]
    assert rows(read(contents + "\nham,short", ragged="drop")) == [("ham", "short")]
    with pytest.raises(BadData, match="No row has 2 cells"):
        read(contents, ragged="drop")


def test_rows_with_too_few_cells_are_filled_and_may_be_left_out():
    contents = quoted([*ROWS, ("alone",)])
    found = read(contents)
    assert rows(found)[-1] == ("alone", "") and answers(found) == {"ragged": "keep"}
    assert "1 of 41 rows does not have 2 cells" in found.doubts[0].question and "line 42" in found.doubts[0].question
    assert len(read(contents, ragged="drop").table) == 40


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (("text", "label"), None),
        (("0", "1"), None),  # as pandas writes them
        (("a remark of somebody", "ham"), "no"),
        (("message", "spam"), "yes"),
        (("2023", "kind"), "yes"),
        (("a text that is so long that it can hardly name a column", "kind"), "yes"),
    ],
)
def test_a_first_row_that_looks_like_data_is_a_question(header, answer):
    found = read(quoted(ROWS, header=header))
    assert answers(found).get("header") == answer
    assert len(found.table) == 40 + (answer == "no")
    if answer:
        assert rows(read(quoted(ROWS, header=header), header="no"))[0] == header
        assert list(read(quoted(ROWS, header=header), header="yes").table.columns) == list(header)


def test_a_file_of_quotation_marks_and_blanks_alone_is_refused():
    with pytest.raises(BadData):
        read('"\n\n  \n')
