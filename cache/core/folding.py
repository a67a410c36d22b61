"""Normalises text, so that a search finds it in any case and with any apostrophe."""

from typing import Any
from unicodedata import normalize

APOSTROPHES = str.maketrans("’‘ʼ‛", "''''")


def fold(text: str) -> str:
    """Fold case and accents: "Über Größe" and "ÜBER GRÖSSE" give the same."""
    if text.isascii():
        return text.lower()
    return normalize("NFKC", text.casefold()).translate(APOSTROPHES)


def fold_value(value: Any) -> Any:
    """The SQL function ``fold``; values other than text do not change."""
    return fold(value) if isinstance(value, str) else value
