"""Titles of users' datasets and word vectors: short, in any script, without markup."""

import unicodedata

MAX_TITLE = 60
PUNCTUATION = "_.,'&+-"
JOINERS = "\u200c\u200d"
"""They occur within words of some scripts, such as Hindi and Persian."""
RULE = (
    f"A name has 1 to {MAX_TITLE} letters, digits, blanks and . , ' & + -, with no blank at either end. Letters may be "
    "of any script."
)


def is_title(text: str) -> bool:
    if not 1 <= len(text) <= MAX_TITLE or text != text.strip():
        return False
    return all(_fits(character) for character in text) and not _continues(text[0])


def as_title(text: str) -> str:
    """Return ``text`` without characters that a title cannot contain; may be empty."""
    composed = unicodedata.normalize("NFC", text).replace("_", " ")
    kept = "".join(character if _fits(character) else " " for character in composed)
    words = " ".join(kept.split())
    while words and _continues(words[0]):
        words = words[1:].lstrip()
    return words[:MAX_TITLE].strip()


def _fits(character: str) -> bool:
    """Whether it is a letter with its marks, a digit, a blank or one of a few signs."""
    return character in f" {PUNCTUATION}{JOINERS}" or unicodedata.category(character)[0] in "LMN"


def _continues(character: str) -> bool:
    """Whether it belongs to the letter before it."""
    return character in JOINERS or unicodedata.category(character).startswith("M")
