"""Annotations of runs: name, tag, note, pin, archive, delete and restore. Measurements do not change."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from unicodedata import category

from cache.core.limits import check_queue
from cache.store.database import LISTED, listed
from cache.store.manifest import is_line
from cache.store.runs import CANCELLED, QUEUED, RUNNING
from cache.store.store import RunStore, num_waiting

DELETED_WAITING = "It was deleted while it waited."
MAX_NAME, MAX_TAG, MAX_TAGS, MAX_NOTE = 100, 50, 20, 10_000


def rename(store: RunStore, run_id: int, name: str) -> None:
    """Names a run.

    Args:
        store: The cache.
        run_id: The run's number.
        name: The name; if empty, the run goes by its label again.

    Raises:
        ValueError: The name is too long or has more than one line.
        KeyError: There is no such run.
    """
    _change(store, [run_id], "name = ?", check_name(name))


def annotate(store: RunStore, run_id: int, note: str) -> None:
    """Replaces the note on a run.

    Args:
        store: The cache.
        run_id: The run's number.
        note: The text; if empty, the note is removed.

    Raises:
        ValueError: The note is too long, or contains characters that cannot be shown.
        KeyError: There is no such run.
    """
    _change(store, [run_id], "note = ?", check_note(note))


def tag(store: RunStore, run_ids: Iterable[int], add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Adds tags to runs and removes tags from them.

    Args:
        store: The cache.
        run_ids: The runs' numbers.
        add: Tags to add.
        remove: Tags to remove; runs without them do not change.

    Raises:
        ValueError: A tag is not valid; nothing has changed.
        KeyError: There is no such run; nothing has changed.
    """
    add, remove = check_tags(add), set(remove)
    with store.db.transaction() as db:
        for row in _rows(db, run_ids):
            kept = [each for each in json.loads(row["tags"]) if each not in remove]
            tags = check_tags([*kept, *add])
            db.execute("UPDATE runs SET tags = ? WHERE id = ?", (json.dumps(tags), row["id"]))


def pin(store: RunStore, run_ids: Iterable[int], pinned: bool = True) -> None:
    """Pins runs, so that they are listed first and are not deleted when space is freed.

    Args:
        store: The cache.
        run_ids: The runs' numbers.
        pinned: False unpins them.

    Raises:
        KeyError: There is no such run.
    """
    _change(store, run_ids, "pinned = ?", int(pinned))


def archive(store: RunStore, run_ids: Iterable[int], archived: bool = True) -> None:
    """Archives runs: they leave the list of current runs, but still answer comparisons.

    Args:
        store: The cache.
        run_ids: The runs' numbers.
        archived: False takes them out of the archive.

    Raises:
        KeyError: There is no such run.
    """
    _change(store, run_ids, "archived = ?", int(archived))


def delete(store: RunStore, run_ids: Iterable[int]) -> list[int]:
    """Put runs into the bin: they answer no comparison until ``restore``. Waiting ones leave the queue.

    Args:
        store: The cache.
        run_ids: The runs.

    Returns:
        The ids of those that were not in the bin already.

    Raises:
        KeyError: There is no such run.
        ValueError: A run is in training. In both cases nothing has changed.
    """
    with store.db.transaction() as db:
        rows = [row for row in _rows(db, run_ids) if row["deleted_at"] is None]
        for row in rows:
            if row["state"] == RUNNING:
                raise ValueError(f"Run {row['id']} is in training: stop it first.")
        now = store.clock()
        for row in rows:
            db.execute(
                "UPDATE runs SET state = ?, reason = ?, ended_at = ? WHERE id = ? AND state = ?",
                (CANCELLED, DELETED_WAITING, now, row["id"], QUEUED),
            )
            db.execute("UPDATE runs SET deleted_at = ? WHERE id = ?", (now, row["id"]))
    store.remove_ended_states()
    return [row["id"] for row in rows]


def restore(store: RunStore, run_ids: Iterable[int]) -> None:
    """Take runs out of the bin; waiting ones are queued again, unless the same run was queued since.

    Args:
        store: The cache.
        run_ids: The runs.

    Raises:
        KeyError: There is no such run.
        OverLimit: The queue would be too long. In both cases nothing has changed.
    """
    with store.db.transaction() as db:
        before = num_waiting(db)
        for row in _rows(db, run_ids):
            db.execute("UPDATE runs SET deleted_at = NULL WHERE id = ?", (row["id"],))
            db.execute(
                "UPDATE OR IGNORE runs SET state = ?, reason = NULL, ended_at = NULL WHERE id = ? AND state = ? "
                "AND reason = ?",
                (QUEUED, row["id"], CANCELLED, DELETED_WAITING),
            )
        check_queue(before, num_waiting(db))


def purge(store: RunStore, run_ids: Iterable[int]) -> None:
    """Delete runs in the bin for good, with their files and logs.

    Args:
        store: The cache.
        run_ids: The runs.

    Raises:
        KeyError: There is no such run.
        ValueError: A run is not in the bin. In both cases nothing has changed.
    """
    with store.db.transaction() as db:
        rows = _rows(db, run_ids)
        for row in rows:
            if row["deleted_at"] is None:
                raise ValueError(f"Run {row['id']} is not in the bin: delete it first.")
        ids = [row["id"] for row in rows]
        db.execute(f"DELETE FROM runs WHERE id IN {LISTED}", [listed(ids)])  # noqa: S608
    for run_id in ids:  # afterwards: files without a row are swept up, a row without its files would be damaged
        shutil.rmtree(store.files_dir(run_id), ignore_errors=True)
        store.log_file(run_id).unlink(missing_ok=True)


def check_name(name: str) -> str:
    name = name.strip()
    if not is_line(name, MAX_NAME):
        raise ValueError(f"A name is one line of at most {MAX_NAME} characters.")
    return name


def check_note(note: str) -> str:
    if len(note) > MAX_NOTE:
        raise ValueError(f"A note has at most {MAX_NOTE:,} characters; this one has {len(note):,}.")
    if any(category(each) in ("Cc", "Cs") and each not in "\n\r\t" for each in note):
        raise ValueError("A note is text; this one holds characters that cannot be shown.")
    return note


def check_tags(tags: Iterable[str]) -> list[str]:
    """The tags without surrounding blanks, each once.

    Raises:
        ValueError: A tag is not valid.
    """
    tags = list(dict.fromkeys(each.strip() for each in tags))
    if not all(each and is_line(each, MAX_TAG) and "," not in each for each in tags):
        raise ValueError(f"A tag is one line of 1 to {MAX_TAG} characters without commas.")
    if len(tags) > MAX_TAGS:
        raise ValueError(f"A run has at most {MAX_TAGS} tags.")
    return tags


def _change(store: RunStore, run_ids: Iterable[int], setting: str, value: str | int | None) -> None:
    with store.db.transaction() as db:
        ids = [row["id"] for row in _rows(db, run_ids)]
        db.execute(f"UPDATE runs SET {setting} WHERE id IN {LISTED}", (value, listed(ids)))  # noqa: S608


def _rows(db: sqlite3.Connection, run_ids: Iterable[int]) -> Sequence[sqlite3.Row]:
    """Raises KeyError if one of the runs is unknown."""
    ids = list(dict.fromkeys(run_ids))
    rows = db.execute(f"SELECT * FROM runs WHERE id IN {LISTED}", [listed(ids)]).fetchall()  # noqa: S608
    if unknown := set(ids) - {row["id"] for row in rows}:
        raise KeyError(f"There is no run {min(unknown)}.")
    return rows
