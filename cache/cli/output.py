"""What commands print: tables, values by name, and progress bars."""

import sys
from math import floor, log10
from typing import Any
from unicodedata import category

from tqdm import tqdm

from cache.core.formatting import flatten

SMALL = 0.01
"""Smaller numbers have significant digits, others four after the point."""


def progress_bar(unit: str, is_wanted: bool, total: int | None = None) -> tqdm:
    """Return a progress bar, which is shown on a terminal only."""
    return tqdm(total=total, unit=unit, disable=not (is_wanted and sys.stderr.isatty()))


def as_text(rows: list[dict[str, Any]] | dict[str, Any]) -> str:
    """Format rows as a table, and a single thing as "name: value" lines."""
    if isinstance(rows, dict):
        return harmless("\n".join(f"{name}: {_lines(value)}" for name, value in rows.items()))
    if not rows:
        return "No runs."
    filled = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    if all(row.get("trainable_parameters") in (None, row.get("parameters")) for row in rows):
        filled = [name for name in filled if name != "trainable_parameters"]  # redundant with the others
    rows = [{name: row[name] for name in filled} for row in rows]
    table = [[name.replace("_", " ") for name in rows[0]]]
    table += [["–" if value is None else harmless(_figure(value)) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def harmless(text: str) -> str:
    """Remove control characters for terminals, since the text may come from an imported bundle."""
    text = text.replace("\t", "    ")
    return "".join("�" if category(each) in ("Cc", "Cs") and each != "\n" else each for each in text)


def _figure(value: Any) -> str:
    if isinstance(value, float) and 0 < abs(value) < SMALL:
        return f"{value:.{3 - floor(log10(abs(value)))}f}".rstrip("0")
    return f"{value:.4f}" if isinstance(value, float) and value else str(value)


def _line(value: Any) -> str:
    """One of several values, such as an epoch's figures, in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_line(each)}" for name, each in value.items())
    return "–" if value is None else _figure(value)


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"\n  {_line(each)}" for each in value) or "none"
    if isinstance(value, dict):
        return "".join(f"\n  {name}: {_line(each)}" for name, each in flatten(value).items()) or "none"
    if isinstance(value, str) and "\n" in value:
        return "".join(f"\n  {line}" for line in value.splitlines())
    return "–" if value in (None, "") else _figure(value)
