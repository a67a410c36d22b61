"""Encoding all IMDB reviews the first time and the next."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from models.datasets import get_dataset
from models.encoded import load_encoded
from models.encoding import TextEncoding


def measure() -> Iterator[tuple[str, str, str]]:
    imdb, encoding = get_dataset("imdb"), TextEncoding()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        imdb.prepare(root / "tfds")
        reading = _seconds(lambda: imdb.load(root / "tfds"))
        first = _seconds(lambda: load_encoded(imdb, None, encoding, root))
        again = _seconds(lambda: load_encoded(imdb, None, encoding, root))
        what = f"encoding 24,904 reviews the first time (reading them: {reading:.2f} s more)"
        yield what, f"{first - reading:.2f} s", "under 5 s"
        yield "the same arrays again, memory-mapped", f"{1_000 * again:.1f} ms", "under 100 ms"


def _seconds(function) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
