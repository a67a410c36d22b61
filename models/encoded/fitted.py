"""Fitted tokenizers on disk: each (dataset, training examples, tokenizer, vocabulary) is fitted once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from models.atomic_files import atomic_write
from models.data.dataset import Dataset
from models.text.encoding import MAX_VOCABULARY, TextEncoding, fit_tokenizer, with_fewer_words


def tokenizer_file(dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path) -> Path:
    """Names the file of a tokenizer.

    Args:
        dataset: The dataset whose training texts it is made from.
        train_examples: The number of training texts; all of them if None.
        encoding: Only its tokenizer and vocabulary size matter; length and sides are set when it is read.
        root: The folder of the cache.
    """
    identity = [dataset.name, dataset.fingerprint(root / "tfds"), train_examples]
    identity += [encoding.tokenizer, encoding.version, encoding.vocabulary_size]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return root / "encoded" / "tokenizers" / f"{dataset.name}-{encoding.tokenizer}-{digest}.json"


def read_tokenizer(file: Path) -> Tokenizer | None:
    """Return the tokenizer, which does not cut or pad; None if it does not exist, or is damaged."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return None
    try:
        return Tokenizer.from_str(text)
    except Exception:  # the library raises nothing more precise
        return None


def kept_tokenizer(
    dataset: Dataset,
    train_examples: int | None,
    encoding: TextEncoding,
    root: Path,
    train_texts: Sequence[str] | None = None,
) -> Tokenizer:
    """Returns the tokenizer of a dataset, which neither cuts nor pads. Words are counted once: each vocabulary is cut
    from the largest.

    Args:
        dataset: The dataset.
        train_examples: The number of training texts; all of them if None.
        encoding: The kind and size of the vocabulary.
        root: The folder of the cache.
        train_texts: These training texts; they are read if they are needed and None.

    Raises:
        DatasetMissing: The dataset has to be downloaded first.
    """
    file = tokenizer_file(dataset, train_examples, encoding, root)
    if (tokenizer := read_tokenizer(file)) is None:
        if largest := _with_most_words(encoding):
            whole = kept_tokenizer(dataset, train_examples, largest, root, train_texts)
            tokenizer = with_fewer_words(whole, encoding.vocabulary_size)
        else:
            texts = dataset.load(root / "tfds")["train"].texts[:train_examples] if train_texts is None else train_texts
            tokenizer = fit_tokenizer(encoding, texts)
            tokenizer.no_truncation()
            tokenizer.no_padding()
        atomic_write(file, tokenizer.to_str())
    return tokenizer


def _with_most_words(encoding: TextEncoding) -> TextEncoding | None:
    """Return the same encoding with the largest vocabulary of words; None if it has that, or subwords."""
    most = MAX_VOCABULARY[encoding.tokenizer]
    has_fewer = encoding.tokenizer == "words" and encoding.vocabulary_size < most
    return replace(encoding, vocabulary_size=most) if has_fewer else None
