"""A dataset: labelled texts in three splits. Its name, classes and size are known before anything is read.

Pages import this module, so ``tensorflow_datasets`` is imported only when data are read.
"""

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.atomic_files import atomic_write, temporary_files_in
from models.data.splits import SPLITS, Split, read_splits, write_splits
from models.data.splitting import split_by_label
from models.text.encoding import TextEncoding

ROWS_AT_ONCE = 10_000
"""A row of TFDS takes far more memory than its text and label, which are all that is kept."""


class DatasetMissing(RuntimeError):
    """A dataset that must first be downloaded or registered."""


@dataclass(frozen=True)
class Share:
    """Where the texts of one stock ``split`` go: a number of texts to each of ``sizes``, all others to ``rest``.

    Without a ``rest``, texts that occur in another stock split are not used.
    """

    split: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    rest: str = ""


@dataclass(frozen=True)
class Dataset:
    """A dataset by its name in Unroll. ``download_mb`` is None if it comes with the installation.

    ``tfds_name`` and ``shares`` are those of a stock dataset of TFDS, which this class reads; a subclass reads others.
    ``label_classes`` gives the class of each raw label, if they differ; examples with other raw labels are left out.
    ``encoding`` is fixed for texts that need a certain one, and overrides every choice.
    """

    name: str
    title: str
    description: str
    source: str
    labels: tuple[str, ...]
    num_train: int
    tfds_name: str = ""
    text_feature: str = "text"
    label_feature: str = "label"
    label_classes: Mapping[int, int] | None = None
    shares: tuple[Share, ...] = ()
    download_mb: int | None = None
    download_host: str = ""
    encoding: TextEncoding | None = None
    is_generated: bool = False
    is_deleted: bool = False
    """Only a dataset that a user added can be deleted; its description stays."""

    @property
    def num_classes(self) -> int:
        return len(self.labels)

    @property
    def is_labelled(self) -> bool:
        """Whether its texts can be classified; if not, they can only be used for next words."""
        return self.num_classes > 1

    @property
    def how_to_get(self) -> str:
        """What to do on the command line if it has no fingerprint."""
        return f"{self.title} is not on this machine yet: run “python -m cache download {self.name}”."

    def fingerprint(self, data_dir: Path) -> str | None:
        """Return an identifier of contents, split and version; None for a dataset that is not downloaded yet."""
        try:
            return json.loads(self._fingerprint_file(data_dir).read_text())["fingerprint"]
        except FileNotFoundError:
            return None

    def prepare(self, data_dir: Path) -> None:
        """Download the dataset if needed, and write it once in TFDS's own format, and its splits to one file."""
        if self.fingerprint(data_dir) and self._splits_file(data_dir).exists():
            return
        builder = self._builder_for(data_dir)
        if not builder.is_prepared():
            builder.download_and_prepare()
        splits = self._shared_out(builder)
        write_splits(self._splits_file(data_dir), splits)
        digest = hashlib.sha256(str(builder.info.full_name).encode())
        for name, split in splits.items():
            for text, label in zip(split.texts, split.labels, strict=True):
                digest.update(f"{name}\0{label}\0{text}\0".encode())
        atomic_write(self._fingerprint_file(data_dir), json.dumps({"fingerprint": digest.hexdigest()[:16]}))

    def load(self, data_dir: Path) -> dict[str, Split]:
        """Return the train, validation and test splits of a prepared dataset. Their file is written again if it is
        damaged. Raises DatasetMissing, or OSError if it cannot be read.
        """
        file = self._splits_file(data_dir)
        try:
            return read_splits(file)
        except (OSError, ValueError, KeyError) as error:  # PyArrow reports damage by an OSError without a number
            if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT):
                raise
        builder = self._builder_for(data_dir)
        if not builder.is_prepared():
            with suppress(OSError):
                self._fingerprint_file(data_dir).unlink()  # so that it can be downloaded again
            raise DatasetMissing(f"{self.title} is not on this machine yet: download it first.")
        splits = self._shared_out(builder)
        with suppress(OSError):  # as in a cache that cannot be changed
            write_splits(file, splits)
        return splits

    def files(self, data_dir: Path) -> list[Path]:
        """Return the files that another machine needs for ``load``; none if the dataset comes with the installation."""
        return [self._fingerprint_file(data_dir), self._splits_file(data_dir)] if self.tfds_name else []

    def _builder_for(self, data_dir: Path) -> Any:
        """TFDS's builder, whose type is not known without importing it. TFDS creates a folder for temporary files here
        and never removes it.
        """
        import tensorflow_datasets as tfds

        with temporary_files_in(data_dir) if os.access(data_dir, os.W_OK) else nullcontext():
            return tfds.builder(self.tfds_name, data_dir=data_dir, file_format="array_record")

    def _shared_out(self, builder: Any) -> dict[str, Split]:
        stock = {share.split: self._read(builder, share.split) for share in self.shares}
        splits: dict[str, Split] = {}
        for share in self.shares:
            others = [split.texts for name, split in stock.items() if name != share.split]
            splits |= _share_out(stock[share.split], share, others, seed=self.name)
        return {name: splits[name] for name in SPLITS}

    def _read(self, builder: Any, split: str) -> Split:
        source = builder.as_data_source(split=split)
        texts: list[str] = []
        labels: list[int] = []
        for start in range(0, len(source), ROWS_AT_ONCE):
            for row in source.__getitems__(range(start, min(start + ROWS_AT_ONCE, len(source)))):
                label = int(row[self.label_feature])
                if self.label_classes is None or label in self.label_classes:
                    texts.append(row[self.text_feature].decode())
                    labels.append(label if self.label_classes is None else self.label_classes[label])
        return Split(texts, labels)

    def _splits_file(self, data_dir: Path) -> Path:
        return data_dir / f"{self.name}.texts.parquet"

    def _fingerprint_file(self, data_dir: Path) -> Path:
        return data_dir / f"{self.name}.fingerprint.json"


def _share_out(stock: Split, share: Share, others: list[list[str]], seed: str) -> dict[str, Split]:
    """Distribute each text once, so that copies are never in two splits. A stock split that is not divided does not
    change.
    """
    if not share.sizes:
        return {share.rest: stock}
    chosen = dict(zip(stock.texts, stock.labels, strict=True))
    if not share.rest:
        for text in (text for texts in others for text in texts):
            chosen.pop(text, None)
    pairs = list(chosen.items())
    names = split_by_label(pairs, share.sizes, seed, share.rest)
    splits = {name: Split([], []) for name in (*share.sizes, share.rest) if name}
    for (text, label), name in zip(pairs, names, strict=True):
        if name:
            splits[name].texts.append(text)
            splits[name].labels.append(label)
    return splits
