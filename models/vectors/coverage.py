"""How many of a dataset's words have a vector in a file of word vectors."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

from models.atomic_files import atomic_write
from models.data.dataset import Dataset
from models.encoded.fitted import kept_tokenizer, tokenizer_file
from models.encoded.statistics import MAX_MEASURED, numbers_of
from models.text.encoding import OOV_ID, PAD_ID, TextEncoding
from models.text.tokens import token_names
from models.vectors.word_vectors import get_vectors, tokens_in

FORMAT = 1
NUM_MISSING = 30


@dataclass(frozen=True)
class Coverage:
    """The share with a vector: of a vocabulary's entries without padding and OOV, and of training texts' tokens with
    OOV.

    ``missing``: (token, occurrences) of the most frequent ones without a vector.
    """

    num_entries: int
    num_entries_covered: int
    num_tokens: int
    num_tokens_covered: int
    missing: tuple[tuple[str, int], ...]

    @property
    def entries_share(self) -> float:
        return self.num_entries_covered / max(1, self.num_entries)

    @property
    def tokens_share(self) -> float:
        return self.num_tokens_covered / max(1, self.num_tokens)

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"format": FORMAT}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read counts. Raises ValueError for those of another version."""
        values = json.loads(text)
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise ValueError("This coverage was written by another version of Unroll.")
        return cls(**values | {"missing": tuple(map(tuple, values["missing"]))})


def coverage_file(
    vectors: str, dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path
) -> Path:
    """Return the file with the coverage of a dataset by word vectors.

    Args:
        vectors: The vectors' name.
        dataset: The dataset.
        train_examples: The number of first training texts; all if None.
        encoding: Its length and sides do not change the counts, so they do not change the file.
        root: The folder of the cache.
    """
    identity = [FORMAT, vectors, tokenizer_file(dataset, train_examples, encoding, root).name]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return root / "encoded" / "coverage" / f"{dataset.name}-{digest}.json"


def read_coverage(file: Path) -> Coverage | None:
    """Read counts; None if they do not exist, or are damaged."""
    try:
        return Coverage.from_json(file.read_text())
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def make_coverage(
    name: str,
    dataset: Dataset,
    train_examples: int | None,
    encoding: TextEncoding,
    root: Path,
    on_progress: Callable[[str], None] = lambda message: None,
) -> Coverage:
    """Counts how much of a dataset has a word vector, and keeps the counts.

    Args:
        name: The name of the vectors.
        dataset: The dataset.
        train_examples: The number of first training texts; all if None.
        encoding: The vocabulary.
        root: The folder of the cache.
        on_progress: Receives a message for each slow step.

    Raises:
        VectorsMissing: The vectors are not in this cache.
        DatasetMissing: The dataset has to be downloaded first.
    """
    on_progress("Reading the word vectors")
    vectors = get_vectors(name)
    on_progress(f"Reading {dataset.title}")
    texts = dataset.load(root / "tfds")["train"].texts[:train_examples]
    tokenizer = kept_tokenizer(dataset, train_examples, encoding, root, texts)
    on_progress(f"Looking up the words of {min(len(texts), MAX_MEASURED):,} texts")
    names = token_names(tokenizer)
    covered = np.zeros(len(names), bool)
    covered[list(tokens_in(vectors, tokenizer))] = True
    covered[[PAD_ID, OOV_ID]] = False  # no file means them, though it may have words so spelled
    rows = [number for row in numbers_of(tokenizer, texts[:MAX_MEASURED]) for number in row]
    made = _count(names, covered, np.bincount(rows, minlength=len(names)))
    file = coverage_file(name, dataset, train_examples, encoding, root)
    atomic_write(file, made.to_json())
    return made


def _count(names: list[str], covered: np.ndarray, occurrences: np.ndarray) -> Coverage:
    without = np.where(covered, 0, occurrences)
    without[[PAD_ID, OOV_ID]] = 0
    first = [number for number in np.argsort(-without, kind="stable")[:NUM_MISSING] if without[number]]
    return Coverage(
        num_entries=len(names) - 2,
        num_entries_covered=int(covered.sum()),
        num_tokens=int(occurrences.sum()),
        num_tokens_covered=int(occurrences[covered].sum()),
        missing=tuple((names[number], int(without[number])) for number in first),
    )
