"""The labelled texts that Unroll can train on. ``tfds`` is the only way into all of them.

This module is imported by pages, so ``tensorflow_datasets`` is imported only where data are read.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.movie_reviews_file import VERSION, csv_sha256
from models.splitting import split_by_label

SPLITS = ("train", "validation", "test")


class DatasetMissing(RuntimeError):
    """A dataset that has to be downloaded first."""


@dataclass(frozen=True)
class Split:
    """``texts`` and their integer ``labels``, in step."""

    texts: list[str]
    labels: list[int]


@dataclass(frozen=True)
class Dataset:
    """A dataset by its name in Unroll. ``download_mb`` is None if a fresh install has it already."""

    name: str
    title: str
    description: str
    source: str
    labels: tuple[str, ...]
    num_train: int
    builder: Callable[[Path], object]
    held_out_from_train: int = 0
    download_mb: int | None = None
    download_host: str = ""
    packaged_identity: Callable[[], str] | None = None

    @property
    def num_classes(self) -> int:
        return len(self.labels)

    def fingerprint(self, data_dir: Path) -> str | None:
        """Identifies contents, split and version; None for a dataset that is not downloaded yet.

        A packaged dataset is identified by its source file, so that it can be asked for before it is prepared. A
        downloaded one is identified by what was prepared (see ``prepare``).
        """
        if self.packaged_identity:
            return hashlib.sha256(f"{self.name} {self.packaged_identity()}".encode()).hexdigest()[:16]
        try:
            return json.loads(self._fingerprint_file(data_dir).read_text())["fingerprint"]
        except FileNotFoundError:
            return None

    def prepare(self, data_dir: Path) -> None:
        """Downloads (where needed) and writes the dataset in TFDS's own format, once."""
        builder = self.builder(data_dir)
        if not builder.is_prepared():
            builder.download_and_prepare()
        if not self.packaged_identity and not self._fingerprint_file(data_dir).exists():
            digest = hashlib.sha256(str(builder.info.full_name).encode())
            for name, split in self.load(data_dir).items():
                for text, label in zip(split.texts, split.labels, strict=True):
                    digest.update(f"{name}\0{label}\0{text}\0".encode())
            self._write_fingerprint(data_dir, digest.hexdigest()[:16])

    def load(self, data_dir: Path) -> dict[str, Split]:
        """The train, validation and test splits of a prepared dataset. Raises DatasetMissing."""
        builder = self.builder(data_dir)
        if not builder.is_prepared():
            raise DatasetMissing(f"{self.title} is not on this machine yet: download it first.")
        splits = {name: self._read(builder, name) for name in SPLITS if name in builder.info.splits}
        if "validation" not in splits:
            pairs = list(dict(zip(splits["train"].texts, splits["train"].labels, strict=True)).items())
            names = split_by_label(pairs, {"validation": self.held_out_from_train}, seed=self.name)
            for wanted in ("train", "validation"):
                chosen = [pair for pair, name in zip(pairs, names, strict=True) if name == wanted]
                splits[wanted] = Split([text for text, _ in chosen], [label for _, label in chosen])
        return {name: splits[name] for name in SPLITS}

    @staticmethod
    def _read(builder: object, split: str) -> Split:
        source = builder.as_data_source(split=split)
        rows = source.__getitems__(range(len(source)))
        return Split([row["text"].decode() for row in rows], [int(row["label"]) for row in rows])

    def _fingerprint_file(self, data_dir: Path) -> Path:
        return data_dir / f"{self.name}.fingerprint.json"

    def _write_fingerprint(self, data_dir: Path, fingerprint: str) -> None:
        aside = self._fingerprint_file(data_dir).with_suffix(".part")
        aside.write_text(json.dumps({"fingerprint": fingerprint}))
        os.replace(aside, self._fingerprint_file(data_dir))


def _own_builder(class_name: str) -> Callable[[Path], object]:
    def make(data_dir: Path) -> object:
        from models import movie_reviews

        return getattr(movie_reviews, class_name)(data_dir=data_dir, file_format="array_record")

    return make


def _stock_builder(tfds_name: str) -> Callable[[Path], object]:
    def make(data_dir: Path) -> object:
        import tensorflow_datasets as tfds

        return tfds.builder(tfds_name, data_dir=data_dir, file_format="array_record")

    return make


def _movie_reviews_identity() -> str:
    return f"{VERSION} {csv_sha256()}"


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="imdb",
            title="IMDB reviews",
            description="24,904 film reviews: 20,000 for training, 2,452 for validation and 2,452 for testing.",
            source="Maas et al. (2011), https://aclanthology.org/P11-1015",
            labels=("negative", "positive"),
            num_train=20_000,
            builder=_own_builder("UnrollImdbReviews"),
            packaged_identity=_movie_reviews_identity,
        ),
        Dataset(
            name="rotten_tomatoes",
            title="Rotten Tomatoes sentences",
            description="8,530 sentences from film reviews: 6,824 for training, 853 for validation, 853 for testing.",
            source="Pang & Lee (2005), https://aclanthology.org/P05-1015",
            labels=("negative", "positive"),
            num_train=6_824,
            builder=_own_builder("UnrollRottenTomatoes"),
            packaged_identity=_movie_reviews_identity,
        ),
        Dataset(
            name="imdb_reviews",
            title="IMDB reviews, all 50,000",
            description="The stock TensorFlow Datasets set: its 25,000 test reviews stay the test split, 5,000 of the "
            "training reviews become the validation split.",
            source="Maas et al. (2011), https://aclanthology.org/P11-1015",
            labels=("negative", "positive"),
            num_train=19_904,
            builder=_stock_builder("imdb_reviews/plain_text"),
            held_out_from_train=5_000,
            download_mb=80,
            download_host="ai.stanford.edu",
        ),
    )
}


def get_dataset(name: str) -> Dataset:
    """Raises ValueError for an unknown name."""
    try:
        return DATASETS[name]
    except KeyError:
        raise ValueError(f"There is no dataset {name!r}; there are: {', '.join(DATASETS)}.") from None
