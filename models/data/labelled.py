"""Labelled texts from a table: two columns are chosen, cleaned, checked, and split into three by their contents."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING

from models.data.label_spellings import joined_spellings, spelling_groups
from models.data.splits import Split
from models.data.splitting import split_by_label
from models.tables.file_table import BadData

if TYPE_CHECKING:
    import pandas as pd

MIN_CLASSES, MAX_CLASSES = 2, 50
UNLABELLED = "no label"
"""The one class of texts without labels."""
MIN_TEXTS, MIN_TEXTS_OF_A_CLASS = 100, 10
MAX_TEXT, MAX_LABEL = 20_000, 100
HELD_OUT = 10
"""One of this many different texts is for validation, and one for testing."""
LABEL_NAMES = ("label", "labels", "class", "category", "sentiment", "polarity", "target", "stars", "rating", "y")
SAMPLE = 1_000
MISSING = ("None", "nan", "NaN", "<NA>", "NaT")
"""Spellings of missing values that are not text."""


@dataclass(frozen=True)
class Labelled:
    """``texts`` with their class numbers, sorted by the SHA-256 of the text, so that the order of the file does not
    matter.

    ``notes`` are sentences on what was left out.
    """

    texts: list[str]
    labels: list[int]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def guess_columns(table: "pd.DataFrame") -> tuple[str, str | None]:
    """Guess (text column, label column): the one with the longest texts, and one named like labels or with few values;
    None if there is no other.
    """
    head, names = table.head(SAMPLE), [str(column) for column in table]
    lengths = {column: head[column].map(lambda value: len(cell(value))).mean() for column in names}
    named = [column for name in LABEL_NAMES for column in names if column.lower().strip() == name]
    if len(names) == 1:
        return names[0], None
    text = max((column for column in names if column not in named[:1]), key=lengths.__getitem__)
    others = [column for column in names if column != text]
    num_values = {column: head[column].map(cell).nunique() for column in others}
    few = sorted(others, key=lambda column: (not 2 <= num_values[column] <= MAX_CLASSES, num_values[column]))
    return text, (named or few)[0]


def label_spellings(table: "pd.DataFrame", label_column: str) -> tuple[tuple[str, ...], ...]:
    """Find labels that differ only in spelling.

    Args:
        table: The rows of a file.
        label_column: The column of ``table`` with the labels.

    Returns:
        Groups of such labels: (("True", "true"),).
    """
    return spelling_groups(cell(value) for value in table[label_column].unique())


def label_texts(
    table: "pd.DataFrame", text_column: str, label_column: str | None, join_spellings: bool = False
) -> Labelled:
    """Makes texts and classes from two columns of a table, or texts without labels from one.

    Args:
        table: The table.
        text_column: The column of the texts.
        label_column: The column of the labels; None for texts without labels, which can be used for next words.
        join_spellings: Whether labels that differ only in spelling become one class.

    Returns:
        Texts, class numbers, class names, and notes on what was left out.

    Raises:
        BadData: These columns cannot be used; the message has the first reason.
    """
    for column in (text_column, label_column):
        if column is not None and column not in table:
            raise BadData(f"There is no column “{column}”; there are: {', '.join(table.columns)}.")
    if text_column == label_column:
        raise BadData(f"“{text_column}” cannot be both text and label: choose two columns.")
    names = [UNLABELLED if label_column is None else cell(value) for value in table[label_column or text_column]]
    texts = [cell(value) for value in table[text_column]]
    joined = joined_spellings(names) if join_spellings else {}
    names = [joined.get(name, name) for name in names]
    rows = [(text, name) for text, name in zip(texts, names, strict=True) if text and name]
    if not any(texts):
        raise BadData(f"All texts in “{text_column}” are empty.")
    if not rows:
        raise BadData(f"No row has both a text in “{text_column}” and a label in “{label_column}”.")
    classes = _classes([name for _, name in rows], label_column) if label_column else (UNLABELLED,)
    num_long = sum(len(text) > MAX_TEXT for text, _ in rows)
    numbers = {name: number for number, name in enumerate(classes)}
    # Sorted by their contents, so that the first texts of a file sorted by label are not all of one class.
    ordered = sorted(
        (hashlib.sha256(text.encode()).digest(), numbers[name], text)
        for text, name in ((text[:MAX_TEXT], name) for text, name in rows)
    )
    different = {(text, label) for _, label, text in ordered}
    _check_numbers(different, classes)
    no_text, no_label = texts.count(""), names.count("")
    notes = [f"“{name}” is written as “{shown}” and joined with it." for name, shown in joined.items()]
    numbered = (
        (no_text, f"rows have no text in “{text_column}” and are left out"),
        (no_label, f"rows have no label in “{label_column}” and are left out"),
        (num_long, f"texts are longer than {MAX_TEXT:,} characters and are cut there"),
        (len(ordered) - len({text for _, _, text in ordered}), "texts are copies of others and stay in one split"),
    )
    notes += [f"{number:,} {reason}." for number, reason in numbered if number]
    if contradiction := _contradiction(different):
        notes.append(contradiction)
    return Labelled(
        [text for _, _, text in ordered],
        [label for _, label, _ in ordered],
        classes,
        tuple(notes),
    )


def split_labelled(labelled: Labelled) -> dict[str, Split]:
    """Split 80% for training, 10% for validation and 10% for testing, in every class; copies stay together."""
    first = dict(zip(reversed(labelled.texts), reversed(labelled.labels), strict=True))
    held_out = dict.fromkeys(("validation", "test"), len(first) // HELD_OUT)
    names = dict(zip(first, split_by_label(list(first.items()), held_out, seed="own data"), strict=True))
    splits = {name: Split([], []) for name in ("train", "validation", "test")}
    for text, label in zip(labelled.texts, labelled.labels, strict=True):
        splits[names[text]].texts.append(text)
        splits[names[text]].labels.append(label)
    return splits


def cell(value: object) -> str:
    """Return a cell as text, empty if it is missing. Integers have no decimal point."""
    if isinstance(value, str):
        return value.replace("\0", " ").strip()
    if isinstance(value, Decimal) and value.is_finite():
        value = int(value) if value == value.to_integral_value() else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    return "" if text in MISSING else text


def _classes(names: list[str], column: str) -> tuple[str, ...]:
    """The class names in order, by number if all are numbers. Raises BadData."""
    found = set(names)
    if len(found) < MIN_CLASSES:
        raise BadData(f"All labels in “{column}” are “{names[0][:MAX_LABEL]}”: at least two classes are needed.")
    if len(found) > MAX_CLASSES:
        raise BadData(
            f"“{column}” has {len(found):,} different labels, and at most {MAX_CLASSES} classes can be told apart: "
            "choose another column, merge labels, or use none and predict the next word."
        )
    if long := next((name for name in found if len(name) > MAX_LABEL), None):
        raise BadData(f"A label in “{column}” has {len(long):,} characters; that is a text, not a label.")
    return in_order(found)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sort numbers by value, and equal ones by spelling; sort as text if one of the names is not a number."""
    try:
        numbers = {name: float(name) for name in names}
    except ValueError:
        return tuple(sorted(names))
    if any(map(isnan, numbers.values())):
        return tuple(sorted(numbers))
    return tuple(sorted(numbers, key=lambda name: (numbers[name], name)))


def _contradiction(different: set[tuple[str, int]]) -> str | None:
    """A sentence if texts have several labels. ``different`` are the distinct pairs of text and label."""
    num_labels = Counter(text for text, _ in different)
    number = sum(each > 1 for each in num_labels.values())
    if not number:
        return None
    have = "text has" if number == 1 else "texts have"
    return f"{number:,} of {len(num_labels):,} different {have} more than one label: no model can learn these."


def _check_numbers(different: set[tuple[str, int]], classes: tuple[str, ...]) -> None:
    """Raises BadData if there are too few texts to split."""
    num_labels = Counter(text for text, _ in different)
    if len(num_labels) < MIN_TEXTS:
        number = sum(each > 1 for each in num_labels.values())
        if len(num_labels) == 1:
            there_are, which = "There is only 1 text", "It has"
        else:
            there_are = f"There are {len(num_labels)} different texts"
            which = f"{number} of them {'has' if number == 1 else 'have'}"
        contradiction = f" {which} more than one label." if number else ""
        raise BadData(f"{there_are}; at least {MIN_TEXTS} are needed.{contradiction}")
    counts = Counter(label for _, label in different)
    rare = [f"“{name}” has {counts[number]}" for number, name in enumerate(classes)
            if counts[number] < MIN_TEXTS_OF_A_CLASS]  # fmt: skip
    if rare:
        more = f" and {len(rare) - 3} classes more have too few" if len(rare) > 3 else ""
        raise BadData(f"Each class needs at least {MIN_TEXTS_OF_A_CLASS} different texts: {', '.join(rare[:3])}{more}.")
