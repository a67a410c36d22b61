"""Texts to rows of token numbers, by the ``tokenizers`` library: whole words, or subwords by byte-pair encoding."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.trainers import BpeTrainer, WordLevelTrainer

from models.as_int import as_int

PAD, OOV = "<PAD>", "<OOV>"
PAD_ID, OOV_ID = 0, 1
CONTINUES = "##"
"""The prefix of a subword that continues a word: unroll → un ##roll."""

VERSIONS = {"words": 1, "subwords": 1}
"""Of each tokenizer. Raise it if ``fit_tokenizer`` gives other numbers for the same text."""
DEFAULT_VOCABULARY = {"words": 10_000, "subwords": 8_000}
MIN_VOCABULARY, MAX_VOCABULARY = 10, {"words": 500_000, "subwords": 100_000}

Side = Literal["pre", "post"]
SIDES: tuple[Side, ...] = ("pre", "post")


@dataclass(frozen=True)
class TextEncoding:
    """How a text becomes ``length`` token numbers.

    ``vocabulary_size`` includes the padding (0) and the out-of-vocabulary token (1); None means the tokenizer's
    default. ``padding`` and ``truncating`` name the end at which zeros are added and tokens are cut, in Keras's terms;
    the defaults are those of the TensorFlow course from which the line-up comes. Raises ValueError for values out of
    range.
    """

    vocabulary_size: int = None  # type: ignore[assignment]  # a number as soon as it is made
    length: int = 120
    padding: Side = "pre"
    truncating: Side = "post"
    tokenizer: str = "words"
    version: int | None = None

    def __post_init__(self) -> None:
        version = VERSIONS.get(self.tokenizer)
        if version is None or self.version not in (None, version):
            raise ValueError(f"This version of Unroll cannot encode by {self.tokenizer!r}, version {self.version}.")
        object.__setattr__(self, "version", version)
        if self.vocabulary_size is None:
            object.__setattr__(self, "vocabulary_size", DEFAULT_VOCABULARY[self.tokenizer])
        for name in ("vocabulary_size", "length"):
            object.__setattr__(self, name, as_int(getattr(self, name)))
        largest = MAX_VOCABULARY[self.tokenizer]
        if not MIN_VOCABULARY <= self.vocabulary_size <= largest:
            raise ValueError(
                f"The vocabulary must have {MIN_VOCABULARY} to {largest:,} entries, not {self.vocabulary_size}."
            )
        if not 5 <= self.length <= 2_000:
            raise ValueError(f"The length must be 5 to 2,000 tokens, not {self.length}.")
        for side in (self.padding, self.truncating):
            if side not in SIDES:
                raise ValueError(f'A side is "pre" or "post", not {side!r}.')


def fit_tokenizer(encoding: TextEncoding, train_texts: Iterable[str]) -> Tokenizer:
    """Fit a tokenizer: the same texts always give the same numbers.

    A word is a sequence of letters, digits and apostrophes, lower-cased; HTML line breaks count as spaces.

    Args:
        encoding: Words or subwords, the size of the vocabulary, and the length and sides to cut and pad.
        train_texts: The texts that make the vocabulary.

    Returns:
        A tokenizer that cuts and pads. Its vocabulary may be smaller than asked for, never larger.
    """
    fit = {"words": _fit_words, "subwords": _fit_subwords}[encoding.tokenizer]
    return shaped(fit(encoding.vocabulary_size, [*map(lowered, train_texts)]), encoding)


def with_fewer_words(tokenizer: Tokenizer, vocabulary_size: int) -> Tokenizer:
    """Return the tokenizer that ``fit_tokenizer`` makes of the same texts for a smaller vocabulary of words. Words that
    stay have the same number.
    """
    whole = json.loads(tokenizer.to_str())
    words = whole["model"]["vocab"]
    whole["model"]["vocab"] = {word: number for word, number in words.items() if number < vocabulary_size}
    return Tokenizer.from_str(json.dumps(whole))


def shaped(tokenizer: Tokenizer, encoding: TextEncoding) -> Tokenizer:
    """Set a tokenizer to cut and pad.

    Args:
        tokenizer: The tokenizer, which is changed.
        encoding: The length and the sides.

    Returns:
        The same tokenizer.
    """
    sides = {"pre": "left", "post": "right"}
    tokenizer.enable_truncation(encoding.length, direction=sides[encoding.truncating])
    tokenizer.enable_padding(direction=sides[encoding.padding], length=encoding.length, pad_id=PAD_ID, pad_token=PAD)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Turn texts into rows of token numbers.

    Args:
        tokenizer: A tokenizer that cuts and pads, from ``fit_tokenizer``.
        texts: The texts, in any case.

    Returns:
        (texts, length), int32.
    """
    length = (tokenizer.truncation or {})["max_length"]
    rows = np.empty((len(texts), length), dtype=np.int32)
    for start in range(0, len(texts), 1_000):
        rows[start : start + 1_000] = _rows(tokenizer, [*map(lowered, texts[start : start + 1_000])])
    return rows


def _rows(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Most of the time of a long text would go into tokens that are cut: its beginning is read alone if it suffices."""
    truncation = tokenizer.truncation or {}
    length = truncation["max_length"]
    begun = [beginning(text, length + 8) for text in texts] if truncation["direction"] == "right" else texts
    rows = [encoded.ids for encoded in tokenizer.encode_batch_fast(begun, add_special_tokens=False)]
    short = [i for i, row in enumerate(rows) if len(begun[i]) < len(texts[i]) and PAD_ID in (row[0], row[-1])]
    again = tokenizer.encode_batch_fast([texts[i] for i in short], add_special_tokens=False)
    for i, encoded in zip(short, again, strict=True):
        rows[i] = encoded.ids
    return rows


def beginning(text: str, pieces: int) -> str:
    """Return a text up to the space after so many pieces; tokens never reach across a space."""
    parts = text.split(None, pieces)
    return text[: len(text) - len(parts[-1])] if len(parts) > pieces else text


def lowered(text: str) -> str:
    """Lower-case a text. ``tokenizers`` can do it, too, but tracks every character, which takes a fifth of its time."""
    return text.replace("<br />", " ").lower()


def in_lines(text: str) -> str:
    """Return a text as it is shown: with its line breaks instead of HTML's."""
    return text.replace("<br />", "\n")


def _fit_words(vocabulary_size: int, texts: list[str]) -> Tokenizer:
    """Take the most frequent words, equally frequent ones by spelling; punctuation is dropped."""
    tokenizer = Tokenizer(WordLevel(unk_token=OOV))
    tokenizer.pre_tokenizer = Split(Regex(r"[\w']+"), behavior="removed", invert=True)
    trainer = WordLevelTrainer(vocab_size=vocabulary_size, special_tokens=[PAD, OOV], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _fit_subwords(vocabulary_size: int, texts: list[str]) -> Tokenizer:
    """Byte-pair encoding: the most frequent pair within words becomes one piece, repeatedly.

    Each punctuation mark is a separate piece. Only very rare characters become OOV. Source: Sennrich, Haddow & Birch
    (2016), https://aclanthology.org/P16-1162
    """
    split = Split(Regex(r"[\w']+|[^\w'\s]"), behavior="removed", invert=True)
    alphabet = _alphabet(texts, most=(vocabulary_size - 2) // 4)
    begin = [character for character in alphabet if split.pre_tokenize_str(character)]
    continue_ = [CONTINUES + character for character in begin if len(split.pre_tokenize_str(2 * character)) == 1]
    learner = Tokenizer(BPE())
    learner.pre_tokenizer = split
    trainer = BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=2,
        # Given in advance: the library numbers characters in a different order in each process.
        special_tokens=[PAD, OOV, *begin, *continue_],
        initial_alphabet=begin,
        limit_alphabet=len(begin),
        continuing_subword_prefix=CONTINUES,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    learnt = json.loads(learner.to_str())["model"]
    # Built again, because the trainer treats each character as a special token, which it does not split texts at.
    tokenizer = Tokenizer(
        BPE(learnt["vocab"], [tuple(merge) for merge in learnt["merges"]], unk_token=OOV, fuse_unk=True,
            continuing_subword_prefix=CONTINUES)
    )  # fmt: skip
    tokenizer.pre_tokenizer = split
    return tokenizer


def _alphabet(texts: Iterable[str], most: int) -> list[str]:
    """The characters that occur in the most texts, in the order of their code points."""
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(set(text))
    return sorted(sorted(seen, key=lambda character: (-seen[character], character))[:most])
