"""The commands on your own datasets, also used by the page Data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from cache.core.limits import check_upload
from cache.store.runs import QUEUED, RUNNING
from cache.store.store import RunStore
from cache.tasks.download import Download
from models.data.dataset import Dataset
from models.data.datasets import add_user_dataset, available_datasets, delete_user_dataset, get_dataset
from models.data.labelled import Labelled, guess_columns, label_spellings, label_texts
from models.data.memory_tests import MAX_STEPS, MIN_STEPS, TESTS, MemoryTest, memory_dataset
from models.data.user_datasets import UserDataset
from models.tables.data_files import read_table
from models.tables.file_table import BadData, Doubt, FileTable
from models.titles import as_title


def read_upload(store: RunStore, file: BinaryIO, name: str, answers: Mapping[str, str] | None = None) -> FileTable:
    """Read an uploaded file as a table. Raises BadData, OverLimit, CacheReadOnly."""
    store.db.require_writable()
    check_upload(file)
    return read_table(file, name, answers)


def add(store: RunStore, title: str, labelled: Labelled, file_name: str) -> UserDataset:
    """Add a dataset. Raises ValueError if the title is taken, CacheReadOnly."""
    store.db.require_writable()
    return add_user_dataset(store.root, title, labelled, file_name)


def delete(store: RunStore, name: str) -> None:
    """Delete a dataset. Raises ValueError if it is not your own or a run waits for it, CacheReadOnly."""
    store.db.require_writable()
    if any(run.settings.get("dataset") == name for run in store.runs([QUEUED, RUNNING])):
        raise ValueError(f"{get_dataset(name).title} is needed by runs in training or waiting: cancel them first.")
    delete_user_dataset(store.root, name)


def download(store: RunStore, name: str) -> dict[str, Any]:
    """Download a dataset. Raises ValueError if it needs no download, RuntimeError if the download failed,
    CacheReadOnly.
    """
    store.db.require_writable()
    if get_dataset(name).download_mb is None:
        raise ValueError(f"{get_dataset(name).title} needs no download.")
    ended = Download(name).run(store.root)
    if ended.has_failed:
        raise RuntimeError(ended.message)
    return row(get_dataset(name)) | {"state": ended.message}


def add_file(
    store: RunStore,
    path: Path,
    text: str | None,
    label: str | None,
    title: str | None,
    answers: Mapping[str, str] | None = None,
    join_spellings: bool = False,
    has_labels: bool = True,
) -> dict[str, Any]:
    """Adds a file as a dataset.

    Columns that are not named are guessed; the title is the file's name unless given. ``answers`` decide how to read an
    ambiguous file. Raises BadData, also if only a person can decide.
    """
    with path.open("rb") as file:
        read = read_table(file, path.name, answers)
    for doubt in read.open_doubts:
        options = "; ".join(f"--{doubt.name} {answer}: {meaning}" for answer, meaning in doubt.answers.items())
        raise BadData(f"{doubt.question} {options}.")
    guessed_text, guessed_label = guess_columns(read.table)
    text, label = text or guessed_text, (label or guessed_label) if has_labels else None
    labelled = _labelled(read, text, label, join_spellings)
    dataset = add(store, title or as_title(path.stem), labelled, path.name)
    notes = [read.summary, *read.notes, *map(_decided, read.doubts), *labelled.notes]
    if label and not join_spellings:
        notes += map(_differ, label_spellings(read.table, label))
    if not dataset.is_labelled:
        notes.append("It has no labels: its words can be predicted, but its texts cannot be classified.")
    if dataset.suggestion:
        notes += filter(None, (dataset.suggestion.warning, dataset.suggestion.sentence))
    return row(dataset) | {"text": text, "label": label} | {"notes": " ".join(notes)}


def _labelled(read: FileTable, text: str, label: str | None, join_spellings: bool) -> Labelled:
    try:
        return label_texts(read.table, text, label, join_spellings)
    except BadData as error:
        groups = () if join_spellings or label not in read.table.columns else label_spellings(read.table, str(label))
        raise BadData(" ".join((str(error), *map(_differ, groups)))) from None


def _decided(doubt: Doubt) -> str:
    taken = doubt.answer or ""
    return f"{doubt.question} Taken: {doubt.answers.get(taken, 'nothing')} (--{doubt.name} {taken})."


def _differ(group: tuple[str, ...]) -> str:
    names = ", ".join(f"“{name}”" for name in group[:6])
    return f"{names} differ in spelling only; --join-spellings makes them one class."


def rows() -> list[dict[str, Any]]:
    """List every dataset that can be used or downloaded; each memory test, which has many datasets, in one row."""
    return [*(row(dataset) for dataset in available_datasets().values()), *map(_all_distances, TESTS.values())]


def _all_distances(test: MemoryTest) -> dict[str, Any]:
    nearest, farthest = memory_dataset(MIN_STEPS, test), memory_dataset(MAX_STEPS, test)
    return row(nearest) | {"dataset": f"{nearest.name} … {farthest.name}", "title": test.choice}


def row(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "classes": dataset.num_classes if dataset.is_labelled else 0,
        "train": dataset.num_train,
        "download_mb": dataset.download_mb,
    }
