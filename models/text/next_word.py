"""Next-word prediction: every sentence is cut into its prefixes, and the model predicts the word after each.

Tokens 7 3 4 9 become (0 0 0 7) → 3, (0 0 7 3) → 4 and (0 7 3 4) → 9. A few prefixes are drawn from each of many texts:
those of one text are alike, so more of them add little.
"""

import re
from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from models.text.encoding import OOV_ID, PAD_ID, lowered

MAX_EXAMPLES = {"train": 100_000, "validation": 10_000, "test": 10_000}
"""20,000 film reviews have 4.6 million prefixes, too many to train on."""
EXAMPLES_VERSION = 2
"""Raise it if the same texts give other examples. Version 1 took the first prefixes of the first texts."""
DRAW_SEED = 0
TOP = 5
"""A prediction counts as found if the right word is among so many."""
TEXTS_AT_ONCE = 500
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*<br />\s*|\n+")


def sentences(text: str) -> list[str]:
    """Split after a full stop, question or exclamation mark that is followed by a space, and at line breaks."""
    return [sentence for sentence in SENTENCE_END.split(text) if sentence.strip()]


def examples(
    tokenizer: Tokenizer, texts: Sequence[str], length: int, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw at most ``most`` prefixes, the same number from every text as far as possible.

    A word outside the vocabulary is read, but never predicted.

    Args:
        tokenizer: A tokenizer that does not cut or pad.
        texts: The texts; a prefix never reaches beyond its sentence.
        length: The number of tokens that are read before a word.
        most: The number of examples. A larger number includes those of a smaller one.

    Returns:
        (x, y, texts) in the order of the texts. x: (examples, length), the last tokens before each word, zeros at the
        left. y: (examples,), the words. texts: (examples,), the index of each one's text. All int32.

    Raises:
        ValueError: No sentence has two known words.
    """
    tokens, starts, owners = tokenized(tokenizer, texts)
    is_asked = tokens != OOV_ID
    is_asked[starts] = False  # there is nothing before the first word of a sentence
    places = np.flatnonzero(is_asked)
    if not len(places):
        raise ValueError("No sentence of these texts has two known words: choose other texts or a larger vocabulary.")
    sizes = np.diff(starts, append=len(tokens))
    owners = np.repeat(owners, sizes)
    places = places[draw(np.bincount(owners[places], minlength=len(texts)), most)]
    starts = starts[np.searchsorted(starts, places) - 1]
    return prefixes(tokens, starts, places, length), tokens[places], owners[places]


def prefixes_of(tokenizer: Tokenizer, text: str, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (x, y) of every prefix of one text, including those before unknown words, which training leaves out.

    Args:
        tokenizer: A tokenizer that does not cut or pad.
        text: Any text.
        length: The number of tokens that are read before a word.

    Returns:
        x: (words, length), the last tokens before each word, zeros at the left. y: (words,), the words.
    """
    tokens, starts, _ = tokenized(tokenizer, [text])
    places = np.setdiff1d(np.arange(len(tokens)), starts)
    return prefixes(tokens, starts[np.searchsorted(starts, places) - 1], places, length), tokens[places]


def tokenized(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (tokens, starts, owners), all int32: the tokens of all sentences in order, (tokens,); the start of each
    sentence among them, (sentences,); the index of its text, (sentences,).
    """
    tokens, sizes, owners = [np.empty(0, np.int32)], [], []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        batch = enumerate(texts[start : start + TEXTS_AT_ONCE], start)
        found = [(number, lowered(sentence)) for number, text in batch for sentence in sentences(text)]
        encoded = tokenizer.encode_batch_fast([sentence for _, sentence in found], add_special_tokens=False)
        kept = [(number, each.ids) for (number, _), each in zip(found, encoded, strict=True) if len(each)]
        tokens.append(np.array([token for _, ids in kept for token in ids], np.int32))
        sizes += [len(ids) for _, ids in kept]
        owners += [number for number, _ in kept]
    starts = np.cumsum([0, *sizes], dtype=np.int32)[:-1]
    return np.concatenate(tokens), starts, np.array(owners, np.int32)


def draw(counts: np.ndarray, most: int) -> np.ndarray:
    """Choose the words to predict, if the texts in order have ``counts`` of them. Return their places among all,
    ascending.

    All texts give the same number, if they have it; the last round chooses at random which texts give one more.
    ``counts``: (texts,). Returns (at most ``most``,).
    """
    random = np.random.default_rng(DRAW_SEED)
    turns = random.permutation(len(counts))
    asked_by_round = np.cumsum([(counts > number).sum() for number in range(counts.max())])
    rounds = np.searchsorted(asked_by_round, most, side="right")  # in which every text with another word gives one
    shares = np.minimum(counts, rounds)
    shares[turns[counts[turns] > rounds][: most - shares.sum()]] += 1
    firsts = np.cumsum(counts) - counts
    drawn = [np.sort(random.permutation(count)[:share]) for count, share in zip(counts, shares, strict=True)]
    return np.repeat(firsts, shares) + np.concatenate(drawn)


def prefixes(tokens: np.ndarray, starts: np.ndarray, places: np.ndarray, length: int) -> np.ndarray:
    """Return (places, length): the last ``length`` tokens before each of ``places``, from its sentence's start on,
    zeros at the left.
    """
    x = np.full((len(places), length), PAD_ID, np.int32)
    for row, start, place in zip(x, starts, places, strict=True):
        seen = tokens[max(start, place - length) : place]
        row[length - len(seen) :] = seen
    return x
