"""The lines of a text file, and a doubt about its letters if they are not UTF-8 or UTF-16."""

import codecs
import io
from typing import BinaryIO

from models.tables.file_table import UTF8_ADVICE, BadData, Doubt

MEANINGS = {
    "cp1252": "Western European (Windows-1252, Latin-1)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
}
SHOWN = 20
"""Bytes before and after the first that is not UTF-8."""


def read_lines(file: BinaryIO, answer: str | None) -> tuple[list[str], Doubt | None]:
    """Reads a file from where it stands.

    Args:
        file: The file, whose beginning may name UTF-8 or UTF-16.
        answer: One of ``MEANINGS``, if the file is neither.

    Returns:
        The lines with their ends, and the doubt if there is one; then, without an answer, the lines are a guess.

    Raises:
        BadData: The file holds no text.
    """
    head = file.read(10_000)
    file.seek(0)
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in head and not is_utf16:
        raise BadData("The file holds no text, although its ending says so. Save it as “CSV UTF-8” and try again.")
    try:
        return _lines(file, "utf-16" if is_utf16 else "utf-8-sig"), None
    except UnicodeDecodeError as error:
        if is_utf16:
            raise BadData(f"The file begins as UTF-16 text and breaks off in the middle. {UTF8_ADVICE}") from None
        around = error.object[max(0, error.start - SHOWN) : error.start + SHOWN]
    chosen = answer if answer in MEANINGS else None
    shown = {name: " ".join(around.decode(name, "replace").split()) for name in MEANINGS}
    doubt = Doubt(
        "encoding", "The file is not UTF-8 text. In which of these lines are the letters right?",
        {name: f"{meaning}: “{shown[name]}”" for name, meaning in MEANINGS.items()}, chosen,
    )  # fmt: skip
    file.seek(0)
    return _lines(file, chosen or next(iter(MEANINGS)), "replace"), doubt


def _lines(file: BinaryIO, encoding: str, errors: str = "strict") -> list[str]:
    text = io.TextIOWrapper(file, encoding, errors, newline="")
    try:
        return text.readlines()
    finally:
        text.detach()
