"""Encoded datasets on disk: each (dataset, training examples, encoding) is encoded once, then memory-mapped."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from models.atomic_files import put_in_place, remove_abandoned, temporary_folder
from models.data.dataset import Dataset
from models.data.splits import SPLITS, Split
from models.encoded.fitted import kept_tokenizer
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.text.encoding import TextEncoding, encode, shaped
from models.text.next_word import EXAMPLES_VERSION, MAX_EXAMPLES, examples


@dataclass(frozen=True)
class EncodedSplit:
    """``x``: token numbers (examples, length); ``y``: labels (examples,); ``texts``: for next words, the index of each
    word's text (examples,), ascending. All int32 and memory-mapped.
    """

    x: np.ndarray
    y: np.ndarray
    texts: np.ndarray | None = None


PARTS = {CLASSIFICATION: ("x", "y"), NEXT_WORD: ("x", "y", "texts")}


@dataclass(frozen=True)
class EncodedDataset:
    train: EncodedSplit
    validation: EncodedSplit
    test: EncodedSplit
    num_classes: int


def load_encoded(
    dataset: Dataset,
    train_examples: int | None,
    encoding: TextEncoding,
    root: Path,
    on_progress: Callable[[str], None] = lambda message: None,
    task: str = CLASSIFICATION,
) -> EncodedDataset:
    """Returns a dataset's splits as token numbers. Missing ones are prepared and encoded first.

    Args:
        dataset: The dataset.
        train_examples: The number of first training texts, whose order is fixed and random; the vocabulary is made from
            those alone. For next words: the number of prefixes; the vocabulary is made from all texts. All if
            None.
        encoding: How texts are encoded.
        root: The folder of the cache, which keeps the encoded splits.
        on_progress: Receives a message for each slow step.
        task: "classification" or "next_word".

    Returns:
        Splits with ``x`` (examples, length) and ``y`` (examples,), int32, memory-mapped.

    Raises:
        DatasetMissing: The dataset has to be downloaded first.
    """
    folder = root / "encoded" / _key(dataset, train_examples, encoding, root / "tfds", task)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        on_progress(f"Preparing {dataset.title}")  # another process may be at it
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                remove_abandoned(folder.parent)
                on_progress(f"Encoding {dataset.title}")
                if task == NEXT_WORD:
                    arrays = _next_words(dataset, train_examples, encoding, root)
                else:
                    arrays = _classes(dataset, train_examples, encoding, root)
                _write(folder, arrays, task)
    train, validation, test = (
        EncodedSplit(*(np.load(folder / f"{name}_{part}.npy", mmap_mode="r") for part in PARTS[task]))
        for name in SPLITS
    )
    return EncodedDataset(train, validation, test, dataset.num_classes)


def encoded_classes(
    dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path, split: str = "test"
) -> np.ndarray | None:
    """Returns the classes of a split from the files of ``load_encoded``.

    Args:
        dataset: The dataset.
        train_examples: As for ``load_encoded``.
        encoding: As for ``load_encoded``.
        root: The folder of the cache.
        split: "train", "validation" or "test".

    Returns:
        (examples,), int32; None if there are no such files.
    """
    folder = _key(dataset, train_examples, encoding, root / "tfds", CLASSIFICATION)
    try:
        return np.load(root / "encoded" / folder / f"{split}_y.npy")
    except (OSError, ValueError):
        return None


def fit_tokenizers(
    dataset: Dataset,
    train_examples: int | None,
    encodings: Iterable[TextEncoding],
    root: Path,
    on_progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Fits and keeps the tokenizers that ``load_encoded`` would need.

    Args:
        dataset: The dataset, from whose training texts the vocabularies are made.
        train_examples: Takes only the first so many training texts; all if None.
        encodings: A vocabulary is made for each of them.
        root: The folder of the cache.
        on_progress: Receives a message for each slow step.

    Raises:
        DatasetMissing: The dataset has to be downloaded first.
    """
    on_progress(f"Reading {dataset.title}")
    texts = dataset.load(root / "tfds")["train"].texts[:train_examples]
    for encoding in encodings:
        on_progress(
            f"Making a vocabulary of {encoding.vocabulary_size:,} {encoding.tokenizer} from {len(texts):,} texts"
        )
        kept_tokenizer(dataset, train_examples, encoding, root, texts)


def _key(dataset: Dataset, train_examples: int | None, encoding: TextEncoding, tfds_dir: Path, task: str) -> str:
    identity = [dataset.name, dataset.fingerprint(tfds_dir), train_examples, asdict(encoding)]
    if task != CLASSIFICATION:
        identity += [task, EXAMPLES_VERSION]
    return f"{dataset.name}-{hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]}"


Arrays = dict[str, tuple[np.ndarray, ...]]
"""The parts of each split."""


def _classes(dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path) -> Arrays:
    splits = dataset.load(root / "tfds")
    splits["train"] = Split(splits["train"].texts[:train_examples], splits["train"].labels[:train_examples])
    tokenizer = kept_tokenizer(dataset, train_examples, encoding, root, splits["train"].texts)
    shaped(tokenizer, encoding)
    return {
        name: (encode(tokenizer, split.texts), np.asarray(split.labels, dtype=np.int32))
        for name, split in splits.items()
    }


def _next_words(dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path) -> Arrays:
    splits = dataset.load(root / "tfds")
    tokenizer = kept_tokenizer(dataset, None, encoding, root, splits["train"].texts)
    most = MAX_EXAMPLES | {"train": train_examples or MAX_EXAMPLES["train"]}
    return {name: examples(tokenizer, split.texts, encoding.length, most[name]) for name, split in splits.items()}


def _write(folder: Path, arrays: Arrays, task: str) -> None:
    """Write the arrays to a temporary folder and rename it, so that it is complete or missing."""
    with temporary_folder(folder.parent) as aside:
        for name, split in arrays.items():
            for part, array in zip(PARTS[task], split, strict=True):
                np.save(aside / f"{name}_{part}.npy", array)
        put_in_place(aside, folder)
