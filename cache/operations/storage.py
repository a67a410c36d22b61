"""The disk space of the cache, and what can be freed at what cost."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cache.browsing import annotations
from cache.store.runs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, Run
from cache.store.store import RunStore
from cache.tasks.add_vectors import UPLOADS
from models.data.user_datasets import DESCRIPTION, TEXTS, read_user_datasets
from models.data.user_datasets import FOLDER as OWN_DATASETS
from models.training.run_files import EPOCH_WEIGHTS, STATE
from models.vectors import word_vectors

UNCLAIMED = "NOT pinned AND name || note = '' AND tags = '[]' AND deleted_at IS NULL"
"""Runs without pin, name, note or tag."""
FILES = {"states": STATE, "epochs": EPOCH_WEIGHTS}
"""The file that is freed of a run, by kind, if not the whole run is."""
SETTLED_SECONDS = 3_600.0
"""Files without an owner are kept for so long, since a process may be about to record them."""


@dataclass(frozen=True)
class Kind:
    """Something that can be freed. ``price`` says what is lost; nothing useful is lost if it is ``safe``."""

    name: str
    title: str
    price: str
    safe: bool
    find: Callable[[RunStore], Sequence[Run | Path]]


@dataclass(frozen=True)
class Freeable:
    kind: Kind
    num_items: int
    size_bytes: int


def usage(store: RunStore) -> dict[str, int]:
    """Return the bytes by use."""
    named = {
        "Runs": store.runs_dir,
        "Encoded datasets": store.root / "encoded",
        "Datasets": store.root / "tfds",
        "Your own datasets": store.root / OWN_DATASETS,
        "Word vectors": store.root / word_vectors.FOLDER,
        "Logs": store.logs_dir,
        "Backups": store.backups_dir,
        "Unfinished work": store.staging_dir,
        "States of unfinished runs": store.unfinished_dir,
    }
    database = sum(size(path) for path in store.root.glob(f"{store.database_file.name}*"))
    return {"Database": database} | {title: size(path) for title, path in named.items()}


def freeable(store: RunStore) -> list[Freeable]:
    """List every kind with what there is to free now."""
    found = []
    for kind in KINDS.values():
        items = kind.find(store)
        found.append(Freeable(kind, len(items), sum(_item_size(store, kind, item) for item in items)))
    return found


def free(store: RunStore, kinds: Iterable[str]) -> int:
    """Delete files that can be made again, for good.

    Args:
        store: The cache.
        kinds: Names in ``KINDS``.

    Returns:
        The number of bytes.

    Raises:
        ValueError: A kind is unknown.
        CacheReadOnly: The cache cannot be changed.
    """
    kinds = list(kinds)
    for name in kinds:
        if name not in KINDS:
            raise ValueError(f"There is nothing called {name!r} to free; there are: {', '.join(KINDS)}.")
    if kinds:
        store.db.require_writable()
    freed = 0
    for kind in (KINDS[name] for name in kinds):
        items = kind.find(store)
        freed += sum(_item_size(store, kind, item) for item in items)
        runs = [item for item in items if isinstance(item, Run)]
        if kind.name in FILES:
            _drop_files(store, runs, FILES[kind.name])
        else:
            ids = [run.id for run in runs]
            annotations.delete(store, ids)
            annotations.purge(store, ids)
        for path in (item for item in items if isinstance(item, Path)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return freed


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; 0 if it does not exist."""
    try:
        if path.is_dir():
            return sum(each.lstat().st_size for each in path.rglob("*") if not each.is_dir())
        return path.lstat().st_size
    except FileNotFoundError:  # it went while we looked
        return 0


def _item_size(store: RunStore, kind: Kind, item: Run | Path) -> int:
    if isinstance(item, Path):
        return size(item)
    folder = store.files_dir(item.id)
    return size(folder / FILES[kind.name]) if kind.name in FILES else size(folder) + size(store.log_file(item.id))


def _drop_files(store: RunStore, runs: Iterable[Run], dropped: str) -> None:
    for run in runs:
        left = {name: checksum for name, checksum in run.files.items() if name != dropped}
        with store.db.transaction() as db:
            db.execute("UPDATE runs SET files = ? WHERE id = ?", (json.dumps(left), run.id))
        (store.files_dir(run.id) / dropped).unlink(missing_ok=True)


def _runs(store: RunStore, where: str, *values: object) -> list[Run]:
    return [Run.from_row(row) for row in store.db.read(f"SELECT * FROM runs WHERE {where}", values)]  # noqa: S608


def _bin(store: RunStore) -> Sequence[Run | Path]:
    return _runs(store, "deleted_at IS NOT NULL")


def _failures(store: RunStore) -> Sequence[Run | Path]:
    return _runs(store, f"state IN (?, ?) AND {UNCLAIMED}", FAILED, CANCELLED)


def _superseded(store: RunStore) -> Sequence[Run | Path]:
    return _runs(
        store,
        f"state = ? AND {UNCLAIMED} AND EXISTS ("  # noqa: S608
        "SELECT 1 FROM runs AS longer WHERE longer.identity = runs.identity AND longer.device = runs.device "
        "AND longer.state = runs.state AND longer.deleted_at IS NULL AND longer.epochs > runs.epochs "
        "AND (longer.contended IS NULL OR runs.contended IS NOT NULL))",
        FINISHED,
    )


def _with(file: str) -> Callable[[RunStore], Sequence[Run | Path]]:
    """Find the unpinned runs that have this file."""
    return lambda store: [run for run in _runs(store, "state = ? AND NOT pinned", FINISHED) if file in run.files]


def _encoded(store: RunStore) -> Sequence[Run | Path]:
    if store.runs([QUEUED, RUNNING]):
        return []
    return [path for path in (store.root / "encoded").glob("*") if path.is_dir()]


def _leftovers(store: RunStore) -> Sequence[Run | Path]:
    """Files of runs that are not in the database, and unfinished files of killed processes."""
    ids = {str(row["id"]) for row in store.db.read("SELECT id FROM runs")}
    found = [path for path in store.runs_dir.glob("*") if path.name not in ids]
    found += [path for path in store.logs_dir.glob("run-*.log") if path.stem.removeprefix("run-") not in ids]
    for path in store.staging_dir.glob("*"):
        if not store.live_runner(path.name.replace("-", ":")):
            found.append(path)
    found += _texts_of_nothing(store.root)
    found += (store.root / UPLOADS).glob("*")
    settled = time.time() - SETTLED_SECONDS
    return [path for path in found if path.lstat().st_mtime < settled]


def _texts_of_nothing(root: Path) -> Iterator[Path]:
    """Files of killed processes that were adding or deleting a dataset or word vectors."""
    known = read_user_datasets(root)
    for folder in (root / OWN_DATASETS).glob("*"):
        if not (folder / DESCRIPTION).exists():
            yield folder
        elif folder.name in known and known[folder.name].is_deleted and (folder / TEXTS).exists():
            yield folder / TEXTS
    vectors = word_vectors.known_under(root)
    for folder in (root / word_vectors.FOLDER).glob("*"):
        if not (folder / word_vectors.DESCRIPTION).exists():
            yield folder
        elif folder.name in vectors and vectors[folder.name].is_deleted:
            yield from (path for path in folder.iterdir() if path.name != word_vectors.DESCRIPTION)


def _backups(store: RunStore) -> Sequence[Run | Path]:
    return list(store.backups_dir.glob("*"))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("leftovers", "Left behind by processes that were killed", "Nothing is lost.", True, _leftovers),
        Kind("bin", "Runs in the bin", "They cannot be taken back any more.", True, _bin),
        Kind("failures", "Failed and cancelled runs", "Their curves, reasons and logs are lost.", False, _failures),
        Kind(
            "superseded",
            "Runs that a longer run of the same question contains",
            "Their own seconds are lost; their curves are in the longer runs.",
            False,
            _superseded,
        ),
        Kind("encoded", "Encoded datasets", "They are rebuilt in seconds when a run needs them.", False, _encoded),
        Kind("states", "Checkpoints", "A run with more epochs is trained again from epoch 1.", False, _with(STATE)),
        Kind(
            "epochs",
            "Weights after chosen epochs",
            "Inside shows these models before and after training alone.",
            False,
            _with(EPOCH_WEIGHTS),
        ),
        Kind("backups", "Copies of earlier databases", "There is no way back to them.", False, _backups),
    )
}
