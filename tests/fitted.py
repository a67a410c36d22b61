"""Tokenizers of a few texts, in the place of those of a dataset."""

from pathlib import Path

from tokenizers import Tokenizer

from models.atomic_files import atomic_write
from models.text.encoding import TextEncoding, fit_tokenizer, shaped


def fitted_tokenizer(file: Path, encoding: TextEncoding, texts: list[str]) -> Tokenizer:
    tokenizer = fit_tokenizer(encoding, texts)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    atomic_write(file, tokenizer.to_str())
    return shaped(tokenizer, encoding)
