"""Datasets that users registered: ``datasets/NAME/`` in the cache, texts as Parquet, everything else in
``dataset.json``.

That description is written last: without it there is no dataset. It stays when a dataset is deleted, so that its runs
can still be shown.
"""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from models.atomic_files import atomic_write
from models.data.dataset import Dataset, DatasetMissing
from models.data.splits import SPLITS, Split, read_splits, write_splits
from models.text.suggested_encoding import Suggestion, suggest_encoding
from models.titles import RULE, is_title
from models.watched_folder import mark_changed

OWN = "own-"
FOLDER, DESCRIPTION, TEXTS = "datasets", "dataset.json", "texts.parquet"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class UserDataset(Dataset):
    folder: Path
    stored_fingerprint: str
    added_at: float
    suggestion: Suggestion | None = None
    """None for a dataset that an earlier version of Unroll added."""

    @property
    def how_to_get(self) -> str:
        return f"{self.title} was deleted: add its file again on the page Data or by “python -m cache add-dataset”."

    def fingerprint(self, data_dir: Path) -> str | None:
        return None if self.is_deleted else self.stored_fingerprint

    def files(self, data_dir: Path) -> list[Path]:
        return [self.folder / TEXTS, self.folder / DESCRIPTION]

    def load(self, data_dir: Path) -> dict[str, Split]:
        if self.is_deleted:
            raise DatasetMissing(self.how_to_get)
        try:
            splits = read_splits(self.folder / TEXTS)
        except (OSError, ValueError, KeyError) as error:
            raise DatasetMissing(f"The texts of {self.title} cannot be read: add its file again.") from error
        if fingerprint_of(self.labels, splits) != self.stored_fingerprint:
            raise DatasetMissing(f"The texts of {self.title} are no longer what was added: add its file again.")
        return splits


def is_user_dataset(name: object) -> bool:
    """Whether a dataset of this name was uploaded, here or elsewhere."""
    return isinstance(name, str) and name.startswith(OWN)


def title_in(name: str) -> str:
    """Return the part of an uploaded dataset's title in its name: “our mails” of “own-our-mails-1a2b3c4d”."""
    return name.removeprefix(OWN).rpartition("-")[0].replace("-", " ") or name


def fingerprint_of(classes: tuple[str, ...], splits: Mapping[str, Split]) -> str:
    """Hash the contents alone: the file, its name and the order of its rows do not matter."""
    digest = hashlib.sha256(json.dumps(classes).encode())
    for name in SPLITS:
        for text, label in zip(splits[name].texts, splits[name].labels, strict=True):
            digest.update(f"{name}\0{label}\0{text}\0".encode())
    return digest.hexdigest()[:16]


def read_user_datasets(root: Path) -> dict[str, UserDataset]:
    """Read every dataset that was ever registered under ``root``, including deleted ones, by title."""
    found = []
    for file in (root / FOLDER).glob(f"*/{DESCRIPTION}"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged description describes nothing
            found.append(_described(json.loads(file.read_text()), file.parent))
    return {dataset.name: dataset for dataset in sorted(found, key=lambda dataset: dataset.title.casefold())}


def register(root: Path, title: str, classes: tuple[str, ...], splits: Mapping[str, Split], file_name: str) -> str:
    """Write the dataset, whole or not at all, or find the one with the same contents; return its name.

    Raises ValueError if the title is taken by other contents or cannot be shown.
    """
    if not is_title(title):
        raise ValueError(RULE)
    fingerprint = fingerprint_of(classes, splits)
    suggestion = suggest_encoding(splits["train"].texts, splits["validation"].texts)
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f"{FOLDER}.lock"):
        known = read_user_datasets(root)
        same = next((dataset for dataset in known.values() if dataset.stored_fingerprint == fingerprint), None)
        if same and not same.is_deleted:
            return same.name
        if any(each.title.casefold() == title.casefold() for each in known.values() if not each.is_deleted):
            raise ValueError(f"There is a dataset called “{title}” with other contents: choose another name.")
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "data"
        name = same.name if same else f"{OWN}{slug}-{fingerprint[:8]}"
        folder = root / FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        write_splits(folder / TEXTS, splits)
        sizes = {split: len(splits[split].texts) for split in SPLITS}
        values = {"format": FORMAT, "name": name, "title": title, "labels": classes, "sizes": sizes}
        values |= {"fingerprint": fingerprint, "file": file_name, "added_at": time.time(), "deleted": False}
        values |= {"suggested": suggestion.to_dict()} if suggestion else {}
        atomic_write(folder / DESCRIPTION, json.dumps(values, indent=1).encode())
        mark_changed(root / FOLDER)
    return name


def delete(root: Path, name: str) -> None:
    """Delete the texts and everything that was encoded from them; the description stays. Raises ValueError."""
    with FileLock(root / f"{FOLDER}.lock"):
        if name not in read_user_datasets(root):
            raise ValueError(f"There is no user dataset {name!r} to delete.")
        file = root / FOLDER / name / DESCRIPTION
        atomic_write(file, json.dumps(json.loads(file.read_text()) | {"deleted": True}, indent=1).encode())
        mark_changed(root / FOLDER)
        (file.parent / TEXTS).unlink(missing_ok=True)
        for folder in list((root / "encoded").rglob(f"{name}-*")):  # arrays, statistics, vocabularies
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink(missing_ok=True)


def _classes(labels: Sequence[str]) -> str:
    return f"in {len(labels)} classes" if len(labels) > 1 else "without labels, whose words can be predicted"


def _described(values: dict, folder: Path) -> UserDataset:
    sizes, suggested = values["sizes"], values.get("suggested")
    suggestion = Suggestion.from_dict(suggested) if suggested else None
    if values["format"] != FORMAT or values["name"] != folder.name:
        raise ValueError("another version's description")
    return UserDataset(
        name=values["name"],
        title=values["title"],
        description=f"{sum(sizes.values()):,} texts of your own {_classes(values['labels'])}: {sizes['train']:,} "
        f"for training, {sizes['validation']:,} for validation and {sizes['test']:,} for testing."
        + (f" {suggestion.sentence}" if suggestion else ""),
        source="your own data",
        labels=tuple(values["labels"]),
        num_train=int(sizes["train"]),
        folder=folder,
        stored_fingerprint=values["fingerprint"],
        is_deleted=values["deleted"],
        added_at=values["added_at"],
        suggestion=suggestion,
    )
