"""Encoding all IMDB reviews the first time and the next, by words and by subwords."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.text.encoding import TextEncoding, fit_tokenizer


def measure() -> Iterator[tuple[str, str, str]]:
    imdb, words, subwords = get_dataset("imdb"), TextEncoding(), TextEncoding(tokenizer="subwords")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        reading = _seconds(lambda: imdb.load(root / "tfds"))
        first = _seconds(lambda: load_encoded(imdb, None, words, root))
        again = _seconds(lambda: load_encoded(imdb, None, words, root))
        what = f"encoding 24,904 reviews the first time (reading them: {reading:.2f} s more)"
        yield what, f"{first - reading:.2f} s", "under 5 s"
        fewer = _seconds(lambda: load_encoded(imdb, None, TextEncoding(5_000), root))
        yield "the same reviews by a smaller vocabulary, whose words are counted already", f"{fewer:.2f} s", ""
        yield "the same arrays again, memory-mapped", f"{1_000 * again:.1f} ms", "under 100 ms"
        texts = imdb.load(root / "tfds")["train"].texts
        yield "making 8,000 subwords of 20,000 reviews", f"{_seconds(lambda: fit_tokenizer(subwords, texts)):.2f} s", ""
        first = _seconds(lambda: load_encoded(imdb, None, subwords, root))
        yield "encoding 24,904 reviews by subwords the first time", f"{first - reading:.2f} s", "under 15 s"


def _seconds(function) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
