"""An encoding that suits given texts: words or subwords, a vocabulary and a length that fit them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from models.text.encoding import DEFAULT_VOCABULARY, OOV_ID, TextEncoding, fit_tokenizer, lowered

SAMPLE, SAMPLE_CHARACTERS = 10_000, 5_000_000
"""The most texts and characters that are read. Texts are in random order, so the first are a fair sample."""
UNCUT = 0.95
"""The share of texts that are not cut at the suggested length."""
LENGTHS = (5, 200)
"""Longer texts are cut, since the time of recurrent layers grows with the length."""
MANY_UNKNOWN = 0.4
"""The share of unknown words from which subwords are suggested."""


@dataclass(frozen=True)
class Suggestion:
    """A suggested encoding. ``unknown_words`` is the share of words in unseen texts outside the vocabulary; None
    without words.
    """

    encoding: TextEncoding
    unknown_words: float | None

    @property
    def sentence(self) -> str:
        """The suggestion in words."""
        encoding = self.encoding
        return (
            f"Suggested for these texts: {encoding.tokenizer}, vocabulary {encoding.vocabulary_size:,}, "
            f"length {encoding.length:,}."
        )

    @property
    def warning(self) -> str | None:
        """A sentence if words do not suit the texts; else None."""
        if self.unknown_words is None:
            return "The texts hold no words, only other characters: read as words, they would be empty. Use subwords."
        if self.encoding.tokenizer == "subwords":
            return (
                f"Read as words, {self.unknown_words:.0%} of the tokens would be out of vocabulary, as in languages "
                "without spaces between words. Use subwords."
            )
        return None

    def to_dict(self) -> dict:
        encoding = self.encoding
        return {"tokenizer": encoding.tokenizer, "vocabulary_size": encoding.vocabulary_size,
                "length": encoding.length, "unknown_words": self.unknown_words}  # fmt: skip

    @classmethod
    def from_dict(cls, values: Mapping) -> "Suggestion":
        encoding = TextEncoding(values["vocabulary_size"], values["length"], tokenizer=values["tokenizer"])
        return cls(encoding, values["unknown_words"])


def suggest_encoding(train: Sequence[str], unseen: Sequence[str]) -> Suggestion | None:
    """Suggest an encoding that suits texts, from the first of them.

    Args:
        train: Training texts, which would make the vocabulary.
        unseen: Other texts, to count unknown words in; may be empty.

    Returns:
        None without training texts.
    """
    train, unseen = _sample(train), _sample(unseen)
    if not train:
        return None
    words = fit_tokenizer(TextEncoding(), train)
    unknown = _unknown_share(words, unseen or train)
    tokenizer = "words" if unknown is not None and unknown < MANY_UNKNOWN else "subwords"
    fitted = words if tokenizer == "words" else fit_tokenizer(TextEncoding(tokenizer=tokenizer), train)
    size = max(10, fitted.get_vocab_size())
    if tokenizer == "subwords":  # of which single characters may be a quarter
        size = max(size, 4 * len(set(lowered("".join(train)))) + 2)
    vocabulary_size = min(DEFAULT_VOCABULARY[tokenizer], _rounded(size))
    return Suggestion(
        TextEncoding(vocabulary_size, suggested_length(_lengths(fitted, train)), tokenizer=tokenizer), unknown
    )


def suggested_length(lengths: Sequence[int]) -> int:
    """Return a multiple of five that most texts fit into."""
    shortest, longest = LENGTHS
    wanted = sorted(lengths)[ceil(UNCUT * len(lengths)) - 1]
    return min(longest, max(shortest, 5 * ceil(wanted / 5)))


def _sample(texts: Sequence[str]) -> list[str]:
    found, left = [], SAMPLE_CHARACTERS
    for text in texts[:SAMPLE]:
        found.append(text)
        left -= len(text)
        if left < 0:
            break
    return found


def _rounded(number: int) -> int:
    """Round up to two digits and zeros."""
    unit = 10 ** max(1, len(str(number)) - 2)
    return unit * ceil(number / unit)


def _token_numbers(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoded = tokenizer.encode_batch_fast([*map(lowered, texts)], add_special_tokens=False)
    return [each.ids for each in encoded]


def _lengths(tokenizer, texts: Sequence[str]) -> list[int]:
    return [len(numbers) for numbers in _token_numbers(tokenizer, texts)]


def _unknown_share(tokenizer, texts: Sequence[str]) -> float | None:
    numbers = [number for row in _token_numbers(tokenizer, texts) for number in row]
    return numbers.count(OOV_ID) / len(numbers) if numbers else None
