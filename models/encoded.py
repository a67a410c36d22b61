"""Encoded datasets on disk: each (dataset, training examples, encoding) is encoded once, then memory-mapped."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from filelock import FileLock

from models.dataset import Dataset
from models.encoding import TextEncoding, encode
from models.fitted import fitted_tokenizer, tokenizer_file
from models.splits import SPLITS


@dataclass(frozen=True)
class EncodedSplit:
    """``x``: token numbers (examples, length), int32; ``y``: labels (examples,), int32. Both memory-mapped."""

    x: np.ndarray
    y: np.ndarray


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
    say: Callable[[str], None] = lambda message: None,
) -> EncodedDataset:
    """The dataset's splits as token numbers, prepared and encoded under ``root`` if they are not yet.

    ``train_examples`` takes only the first so many of the training split (which TFDS keeps in a fixed random order);
    the vocabulary is made from those alone. ``say`` is told of each slow step. Raises DatasetMissing.
    """
    tfds_dir, folder = (
        root / "tfds",
        root / "encoded" / _key(dataset, train_examples, encoding, root / "tfds"),
    )
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                for left in folder.parent.glob(f".part-{folder.name}-*"):  # by a process that was killed
                    shutil.rmtree(left, ignore_errors=True)
                ensure_prepared(dataset, tfds_dir, say)
                say(f"Encoding {dataset.title}")
                _encode_into(folder, dataset, train_examples, encoding, root)
    arrays = {
        name: EncodedSplit(
            x=np.load(folder / f"{name}_x.npy", mmap_mode="r"),
            y=np.load(folder / f"{name}_y.npy", mmap_mode="r"),
        )
        for name in SPLITS
    }
    return EncodedDataset(**arrays, num_classes=dataset.num_classes)


def fit_tokenizers(
    dataset: Dataset,
    train_examples: int | None,
    encodings: Iterable[TextEncoding],
    root: Path,
    say: Callable[[str], None] = lambda message: None,
) -> None:
    """Fits and keeps the tokenizers that ``load_encoded`` would need for ``encodings``. Raises DatasetMissing."""
    ensure_prepared(dataset, root / "tfds", say)
    say(f"Reading {dataset.title}")
    texts = dataset.load(root / "tfds")["train"].texts[:train_examples]
    for encoding in encodings:
        say(f"Making a vocabulary of {encoding.vocabulary_size:,} {encoding.tokenizer} from {len(texts):,} texts")
        fitted_tokenizer(tokenizer_file(dataset, train_examples, encoding, root), encoding, texts)


def ensure_prepared(dataset: Dataset, tfds_dir: Path, say: Callable[[str], None]) -> None:
    """Writes a dataset that needs no download in TFDS's own format, once."""
    if dataset.download_mb is None:
        tfds_dir.mkdir(parents=True, exist_ok=True)
        say(f"Preparing {dataset.title}")
        with FileLock(tfds_dir / f"{dataset.name}.lock"):
            dataset.prepare(tfds_dir)


def _key(dataset: Dataset, train_examples: int | None, encoding: TextEncoding, tfds_dir: Path) -> str:
    identity = [dataset.name, dataset.fingerprint(tfds_dir), train_examples, asdict(encoding)]
    return f"{dataset.name}-{hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]}"


def _encode_into(
    folder: Path, dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path
) -> None:
    """Writes the arrays aside and renames the folder, so that it is there whole or not at all."""
    splits = dataset.load(root / "tfds")
    file = tokenizer_file(dataset, train_examples, encoding, root)
    tokenizer = fitted_tokenizer(file, encoding, splits["train"].texts[:train_examples])
    aside = Path(mkdtemp(prefix=f".part-{folder.name}-", dir=folder.parent))
    try:
        for name, split in splits.items():
            kept = slice(train_examples) if name == "train" else slice(None)
            np.save(aside / f"{name}_x.npy", encode(tokenizer, split.texts[kept]))
            np.save(aside / f"{name}_y.npy", np.asarray(split.labels[kept], dtype=np.int32))
        aside.chmod(0o755)
        os.replace(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
