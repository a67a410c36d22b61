"""Whether the first row of a delimited file names its columns, or is a row like the others."""

from collections.abc import Sequence

from models.tables.file_table import Doubt

COLUMN_NAMES = frozenset(
    "text texts label labels class category sentiment polarity target stars rating score y x id index title subject "
    "body message sentence review comment content headline tweet question answer date name v1 v2".split()
)
LONG, SAMPLE = 40, 10_000
MEANINGS = {"yes": "it names the columns", "no": "it is a row like the others"}


def header_doubt(rows: Sequence[Sequence[str]], answer: str | None) -> Doubt | None:
    """A doubt if a cell of the first row is a number, a long text, or occurs again in its column."""
    first = [cell.strip() for cell in rows[0]]
    if first == [str(number) for number in range(len(first))]:
        return None  # as pandas names columns
    again = [
        bool(cell) and any(len(row) > place and row[place].strip() == cell for row in rows[1 : 1 + SAMPLE])
        for place, cell in enumerate(first)
    ]
    is_like_data = [
        repeated or _is_number(cell) or len(cell) > LONG for cell, repeated in zip(first, again, strict=True)
    ]
    if not any(is_like_data):
        return None
    is_named = any(cell.casefold() in COLUMN_NAMES for cell in first)
    guess = "no" if not is_named and any(again) else "yes"
    shown = ", ".join(f"“{cell[:LONG]}”" for cell in first[:4])
    return Doubt(
        "header", f"The first row is {shown}. Does it name the columns?", MEANINGS,
        answer if answer in MEANINGS else guess,
    )  # fmt: skip


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
