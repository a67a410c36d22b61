"""One text as a model reads it, token by token."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category

from tokenizers import Tokenizer

from models.text.encoding import OOV_ID, PAD, PAD_ID, TextEncoding, lowered

READ, CUT, PADDING = "read", "cut", "padding"


@dataclass(frozen=True)
class Token:
    """``text`` is what the token stands for; ``place`` says whether the model reads it."""

    text: str
    token: str
    number: int
    place: str

    @property
    def is_unknown(self) -> bool:
        return self.number == OOV_ID


def tokens_of(tokenizer: Tokenizer, encoding: TextEncoding, text: str) -> list[Token]:
    """Splits a text into tokens, with the information whether the model reads each.

    Args:
        tokenizer: A tokenizer that does not cut or pad.
        encoding: The length, and the sides at which texts are cut and padded.
        text: Any text.

    Returns:
        Every token, including padding and cut ones. The numbers of those that are not cut are the row that ``encode``
        makes.
    """
    text = lowered(text)
    found = tokenizer.encode(text)
    num_cut = max(0, len(found) - encoding.length)
    first = num_cut if encoding.truncating == "pre" else 0
    tokens = [
        Token(text[slice(*offsets)], token, number, READ if first <= position < first + encoding.length else CUT)
        for position, (offsets, token, number) in enumerate(zip(found.offsets, found.tokens, found.ids, strict=True))
    ]
    padding = [Token("", PAD, PAD_ID, PADDING)] * (encoding.length - len(found))
    return padding + tokens if encoding.padding == "pre" else tokens + padding


def visible(text: str) -> str:
    """Return the text of a token, or the names of its characters, such as "U+FE0F", if none of them can be seen."""
    if any(category(character)[0] not in "MCZ" for character in text):
        return text
    return " ".join(f"U+{ord(character):04X}" for character in text)


def read_places(tokens: Sequence[Token]) -> list[int]:
    """Return the places of the tokens that are not padding."""
    return [place for place, token in enumerate(tokens) if token.place != PADDING]


def token_names(tokenizer: Tokenizer) -> list[str]:
    """Return each token by its number."""
    numbers = tokenizer.get_vocab()
    return sorted(numbers, key=numbers.__getitem__)
