import os
import random
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pandas as pd
import pytest

from models.data.labelled import cell, guess_columns, label_spellings, label_texts, split_labelled
from models.tables.file_table import BadData


def table(num_classes=2, each=60, **columns):
    rows = [(f"text {number} of {name}", f"class {name}") for name in range(num_classes) for number in range(each)]
    made = pd.DataFrame(rows, columns=["text", "label"])
    return made.assign(**columns)


@pytest.mark.parametrize("num_classes", [2, 4, 50])
def test_every_class_is_in_every_split_in_proportion(num_classes):
    splits = split_labelled(label_texts(table(num_classes), "text", "label"))
    total = 60 * num_classes
    assert [len(split.texts) for split in splits.values()] == [total * 8 // 10, total // 10, total // 10]
    for split, share in zip(splits.values(), (48, 6, 6), strict=True):
        assert Counter(split.labels) == dict.fromkeys(range(num_classes), share)


def test_the_order_of_the_rows_is_nothing_and_that_of_the_texts_random():
    made = table()
    shuffled = made.sample(frac=1, random_state=random.Random(1).randint(0, 9))
    assert label_texts(made, "text", "label") == label_texts(shuffled, "text", "label")
    assert 15 < sum(label_texts(made, "text", "label").labels[:50]) < 35  # not one class after the other


def test_copies_of_a_text_stay_together_for_any_labels():
    made = pd.concat([table(), table(), pd.DataFrame({"text": ["text 1 of 0"], "label": ["class 1"]})])
    labelled = label_texts(made, "text", "label")
    assert "121 texts are copies of others and stay in one split." in labelled.notes
    splits = split_labelled(labelled)
    texts = [set(split.texts) for split in splits.values()]
    assert sum(map(len, texts)) == 120 == len(set.union(*texts))
    assert sum(len(split.texts) for split in splits.values()) == 241


def test_classes_are_in_order_by_number_if_they_are_numbers():
    assert label_texts(table(11).assign(label=[i % 11 for i in range(660)]), "text", "label").classes == tuple(
        map(str, range(11))
    )
    assert label_texts(table().assign(label=["b", "a"] * 60), "text", "label").classes == ("a", "b")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (float("nan"), ""), (pd.NA, ""), (" a ", "a"), (1.0, "1"), (1.5, "1.5"), (True, "True"), ("\0", ""),
     ("=1+1", "=1+1"), (Decimal("1.00"), "1"), (Decimal("1.50"), "1.50"), (Decimal("NaN"), ""),
      (float("inf"), "inf")],
)  # fmt: skip
def test_cells_become_text(value, text):
    assert cell(value) == text


def test_what_was_left_out_is_reported():
    made = table(each=80)
    made.loc[:4, "text"] = ""
    made.loc[5:6, "label"] = None
    made.loc[7, "text"] = "long " * 5_000
    labelled = label_texts(made, "text", "label")
    assert len(labelled.texts) == 153
    assert labelled.notes == (
        "5 rows have no text in “text” and are left out.",
        "2 rows have no label in “label” and are left out.",
        "1 texts are longer than 20,000 characters and are cut there.",
    )


@pytest.mark.parametrize(
    ("made", "columns", "expected"),
    [
        (table(), ("body", "label"), "no column “body”; there are: text, label"),
        (table(), ("text", "text"), "cannot be both"),
        (table(1, 200), ("text", "label"), "All labels in “label” are “class 0”: at least two"),
        (table(51), ("text", "label"), "51 different labels, and at most 50"),
        (table(text=" "), ("text", "label"), "All texts in “text” are empty"),
        (table(label=None), ("text", "label"), "No row has both"),
        (table(each=30), ("text", "label"), "60 different texts; at least 100"),
        (table(2, 100).iloc[:105], ("text", "label"), "“class 1” has 5."),
        (
            table(text=["a", "b", "c", "d"] * 30),
            ("text", "label"),
            "There are 4 different texts; at least 100 are needed. 4 of them have more than one label.",
        ),
        (table(text="a"), ("text", "label"), "only 1 text; at least 100 are needed. It has more than one label."),
        (table().assign(label=["x" * 200, "y"] * 60), ("text", "label"), "200 characters; that is a text"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_with_a_sentence(made, columns, expected):
    with pytest.raises(BadData) as refused:
        label_texts(made, *columns)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("columns", "guessed"),
    [
        ({"id": range(120)}, ("text", "label")),
        ({"mood": ["glad", "sad"] * 60, "label": range(120)}, ("text", "label")),
        ({"label": range(120), "when": ["a day"] * 120}, ("text", "label")),
        ({"label": ["a label longer than its text"] * 120}, ("text", "label")),
    ],
)
def test_columns_are_guessed(columns, guessed):
    assert guess_columns(table(**columns)) == guessed


def test_a_column_of_few_values_is_guessed_where_none_is_called_label():
    made = table().rename(columns={"label": "mood"}).assign(id=range(120), constant="x")
    assert guess_columns(made) == ("text", "mood")


@pytest.mark.parametrize(
    ("labels", "classes", "seeds"),
    [
        (["1", "01", "2", "2.0"], ("01", "1", "2", "2.0"), "15"),  # by which sets of these have opposite orders
        pytest.param(["1", "1.0", "0", "0.0"], ("0", "0.0", "1", "1.0"), "0125", marks=pytest.mark.slow),
        pytest.param(["nan", "1", "10", "2"], ("1", "10", "2", "nan"), "0125", marks=pytest.mark.slow),
    ],
)
def test_equal_numbers_are_in_one_order_in_every_process(labels, classes, seeds):
    program = (
        "import pandas as pd\nfrom models.data.labelled import label_texts\n"
        f"table = pd.DataFrame({{'t': [f'text {{n}}' for n in range(120)], 'l': {labels} * 30}})\n"
        "print(label_texts(table, 't', 'l').classes)"
    )
    for seed in seeds:
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        assert done.stdout.strip() == str(classes), done.stderr


def test_labels_that_differ_in_spelling_only_are_found_and_joined_if_asked():
    made = table().assign(label=["Yes", "no", "yes ", "no", "yes", "no"] * 20)
    assert label_spellings(made, "label") == (("Yes", "yes"),)
    assert label_texts(made, "text", "label").classes == ("Yes", "no", "yes")
    joined = label_texts(made, "text", "label", join_spellings=True)
    assert joined.classes == ("no", "yes") and joined.notes == ("“Yes” is written as “yes” and joined with it.",)
    same = label_texts(made.assign(label=["yes", "no"] * 60), "text", "label")
    assert (joined.texts, joined.labels) == (same.texts, same.labels)


def test_texts_with_several_labels_are_counted():
    made = pd.concat([table(), table().assign(label="class 0").iloc[60:80]])
    notes = label_texts(made, "text", "label").notes
    assert "20 of 120 different texts have more than one label: no model can learn these." in notes
    assert not any("more than one label" in note for note in label_texts(table(), "text", "label").notes)


def test_texts_without_labels_are_of_one_class():
    made = pd.DataFrame({"line": [f"line {number}" for number in range(150)]})
    assert guess_columns(made) == ("line", None)
    labelled = label_texts(made, "line", None)
    assert labelled.classes == ("no label",) and set(labelled.labels) == {0} and not labelled.notes
    assert [len(split.texts) for split in split_labelled(labelled).values()] == [120, 15, 15]
    with pytest.raises(BadData, match="There are 50 different texts; at least 100 are needed"):
        label_texts(made.head(50), "line", None)
