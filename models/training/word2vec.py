"""Word vectors trained on a dataset's own training texts, where no file of vectors was brought. Only worker processes
and tests import this module.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from gensim.models import Word2Vec
from tokenizers import Tokenizer

from models.encoded.statistics import numbers_of
from models.text.encoding import OOV_ID, PAD_ID

SEED = 1
TOKENS = 12_000_000
"""Texts are read again and again, at least 2 and at most 20 times, until about so many tokens were read."""


def train_word2vec(tokenizer: Tokenizer, texts: Sequence[str], dimension: int) -> dict[int, np.ndarray]:
    """A vector for each token number that occurs in ``texts``, the same in every process of a machine. ``tokenizer``
    neither cuts nor pads.

    Skip-gram with negative sampling. Source: Mikolov et al. (2013), https://arxiv.org/abs/1310.4546
    """
    sentences = _sentences(tokenizer, texts)
    num_tokens = sum(map(len, sentences))
    if not num_tokens:
        return {}
    model = Word2Vec(
        sentences,
        vector_size=dimension,
        sg=1,
        window=5,
        negative=5,
        min_count=1,  # the tokenizer has chosen already which words there are
        epochs=max(2, min(20, round(TOKENS / num_tokens))),
        workers=1,  # several would take the texts in an order of their own
        seed=SEED,
        hashfxn=lambda text: zlib.crc32(text.encode()),  # Python's own differs from process to process
    )
    return {int(number): model.wv.vectors[place] for number, place in model.wv.key_to_index.items()}


def _sentences(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[str]]:
    """Texts as token numbers, spelled as gensim wants them; unknown words are left out."""
    return [[str(number) for number in row if number not in (PAD_ID, OOV_ID)] for row in numbers_of(tokenizer, texts)]
