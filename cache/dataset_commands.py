"""The commands on datasets of one's own, which the page Data shares."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cache.limits import check_upload
from cache.runs import QUEUED, RUNNING
from cache.store import RunStore
from models.data_files import read_table
from models.dataset import Dataset
from models.datasets import add_own, delete_own, get_dataset, offered
from models.labelled import Labelled, guess_columns, label_texts
from models.memory_texts import MAX_STEPS, MIN_STEPS, TITLE, memory_dataset
from models.own_datasets import OwnDataset

if TYPE_CHECKING:
    import pandas as pd


def read_upload(store: RunStore, file: BinaryIO, name: str) -> "pd.DataFrame":
    """What came through a browser as a table. Raises BadData, OverLimit, CacheReadOnly."""
    store.db.require_writable()
    check_upload(file)
    return read_table(file, name)


def add(store: RunStore, title: str, labelled: Labelled, file_name: str) -> OwnDataset:
    """Raises ValueError for a title that is taken, CacheReadOnly."""
    store.db.require_writable()
    return add_own(store.root, title, labelled, file_name)


def delete(store: RunStore, name: str) -> None:
    """Raises ValueError for a dataset that is not one's own or that a run is waiting for, CacheReadOnly."""
    store.db.require_writable()
    if any(run.settings.get("dataset") == name for run in store.runs([QUEUED, RUNNING])):
        raise ValueError(f"{get_dataset(name).title} is needed by runs in training or waiting: cancel them first.")
    delete_own(store.root, name)


def add_file(store: RunStore, path: Path, text: str | None, label: str | None, title: str | None) -> dict[str, Any]:
    """Columns that are not named are guessed; the title is the file's name unless given."""
    with path.open("rb") as file:
        table = read_table(file, path.name)
    guessed_text, guessed_label = guess_columns(table)
    labelled = label_texts(table, text or guessed_text, label or guessed_label)
    dataset = add(store, title or path.stem.replace("_", " "), labelled, path.name)
    columns = {"text": text or guessed_text, "label": label or guessed_label}
    return row(dataset) | columns | {"notes": " ".join(labelled.notes)}


def rows() -> list[dict[str, Any]]:
    """Every dataset that can be trained on, or downloaded; the memory test, which is many, in one row."""
    nearest, farthest = memory_dataset(MIN_STEPS), memory_dataset(MAX_STEPS)
    many = {"dataset": f"{nearest.name} … {farthest.name}", "title": TITLE}
    return [*(row(dataset) for dataset in offered().values()), row(nearest) | many]


def row(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "classes": dataset.num_classes,
        "train": dataset.num_train,
        "download_mb": dataset.download_mb,
    }
