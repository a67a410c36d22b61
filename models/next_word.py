"""Next-word prediction: every sentence cut into its prefixes, each of which is to be continued by its next word.

Tokens 7 3 4 9 become (0 0 0 7) → 3, (0 0 7 3) → 4 and (0 7 3 4) → 9.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from tokenizers import Tokenizer

from models.encoding import OOV_ID, PAD_ID, lowered

MAX_EXAMPLES = {"train": 100_000, "validation": 10_000, "test": 10_000}
"""20,000 film reviews have 4.6 million prefixes: more than trains in a sitting."""
EXAMPLES_VERSION = 1
"""Raise it when the same texts would give other examples."""
TOP = 5
"""The right word is found if it is among so many."""
TEXTS_AT_ONCE = 500
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*<br />\s*|\n+")


def sentences(text: str) -> list[str]:
    """Cut behind a full stop, question or exclamation mark that is followed by a space, and at line breaks."""
    return [sentence for sentence in SENTENCE_END.split(text) if sentence.strip()]


def prefixes(tokens: Sequence[int], length: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of one sentence: x (len(tokens) − 1, length), the last ``length`` tokens before each word, zeros at the
    left; y (len(tokens) − 1,), the words. A word outside the vocabulary is nothing to be predicted and left out."""
    y = np.asarray(tokens[1:], dtype=np.int32)
    if not len(y):
        return np.empty((0, length), np.int32), y
    padded = np.concatenate([np.full(length, PAD_ID, np.int32), np.asarray(tokens, dtype=np.int32)])
    x = np.lib.stride_tricks.sliding_window_view(padded, length)[1 : len(tokens)]
    is_known = y != OOV_ID
    return x[is_known], y[is_known]


def examples(tokenizer: Tokenizer, texts: Iterable[str], length: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of the first ``most`` prefixes of ``texts``, by a ``tokenizer`` that neither cuts nor pads."""
    xs, ys, texts, number = [], [], list(texts), 0
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        found = [lowered(sentence) for text in texts[start : start + TEXTS_AT_ONCE] for sentence in sentences(text)]
        for encoded in tokenizer.encode_batch_fast(found, add_special_tokens=False):
            x, y = prefixes(encoded.ids, length)
            xs.append(x)
            ys.append(y)
            number += len(y)
        if number >= most:
            break
    if not number:
        raise ValueError("No sentence of these texts has two known words: choose other texts or a larger vocabulary.")
    return np.concatenate(xs)[:most], np.concatenate(ys)[:most]
