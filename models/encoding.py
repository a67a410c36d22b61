"""Texts to rows of token numbers, by the ``tokenizers`` library."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.trainers import WordLevelTrainer

from models.whole import whole

PAD, OOV = "<PAD>", "<OOV>"
PAD_ID, OOV_ID = 0, 1
WORDS_VERSION = 1
"""Raise it when ``fit_tokenizer`` would give other numbers for the same text."""

Side = Literal["pre", "post"]
SIDES: tuple[Side, ...] = ("post", "pre")


@dataclass(frozen=True)
class TextEncoding:
    """How a text becomes ``length`` token numbers.

    ``vocabulary_size`` counts the padding (0) and the out-of-vocabulary token (1). ``padding`` and ``truncating`` name
    the end at which zeros are added and words are cut, in Keras's terms. Raises ValueError for values out of range.
    """

    vocabulary_size: int = 10_000
    length: int = 120
    padding: Side = "post"
    truncating: Side = "post"
    tokenizer: str = "words"
    version: int = WORDS_VERSION

    def __post_init__(self) -> None:
        for name in ("vocabulary_size", "length", "version"):
            object.__setattr__(self, name, whole(getattr(self, name)))
        if not 10 <= self.vocabulary_size <= 100_000:
            raise ValueError(f"The vocabulary must have 10 to 100,000 entries, not {self.vocabulary_size}.")
        if not 5 <= self.length <= 2_000:
            raise ValueError(f"The length must be 5 to 2,000 tokens, not {self.length}.")
        for side in (self.padding, self.truncating):
            if side not in SIDES:
                raise ValueError(f'A side is "pre" or "post", not {side!r}.')
        if (self.tokenizer, self.version) != ("words", WORDS_VERSION):
            raise ValueError(f"This version of Unroll cannot encode by {self.tokenizer!r}, version {self.version}.")


def fit_tokenizer(encoding: TextEncoding, train_texts: Iterable[str]) -> Tokenizer:
    """A tokenizer whose vocabulary holds the most frequent words of ``train_texts``, equally frequent ones by spelling.

    A word is a run of letters, digits and apostrophes, lower-cased; HTML line breaks count as spaces.
    """
    tokenizer = Tokenizer(WordLevel(unk_token=OOV))
    tokenizer.pre_tokenizer = Split(Regex(r"[\w']+"), behavior="removed", invert=True)
    trainer = WordLevelTrainer(vocab_size=encoding.vocabulary_size, special_tokens=[PAD, OOV], show_progress=False)
    tokenizer.train_from_iterator(map(_lower, train_texts), trainer)
    sides = {"pre": "left", "post": "right"}
    tokenizer.enable_truncation(encoding.length, direction=sides[encoding.truncating])
    tokenizer.enable_padding(direction=sides[encoding.padding], length=encoding.length, pad_id=PAD_ID, pad_token=PAD)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Token numbers of shape (len(texts), length), int32."""
    length = tokenizer.truncation["max_length"]
    rows = np.empty((len(texts), length), dtype=np.int32)
    for start in range(0, len(texts), 1_000):
        batch = tokenizer.encode_batch_fast([*map(_lower, texts[start : start + 1_000])], add_special_tokens=False)
        rows[start : start + len(batch)] = [encoded.ids for encoded in batch]
    return rows


def _lower(text: str) -> str:
    """Could be left to ``tokenizers``, which tracks every character and takes a fifth of the whole time for it."""
    return text.replace("<br />", " ").lower()
