"""The commands on word vectors, also used by the page Data."""

import sys
from pathlib import Path
from typing import Any

from cache.store.runs import QUEUED, RUNNING, Run
from cache.store.store import RunStore
from cache.tasks.add_vectors import title_for
from models.experiments.spec import vectors_of
from models.vectors.word_vectors import WordVectors, add_vectors, delete_vectors, registered, title_of


def add_file(store: RunStore, path: Path, title: str | None, show_progress: bool) -> dict[str, Any]:
    """Add word vectors. Raises ValueError if the file cannot be used or the title is taken, CacheReadOnly, OSError."""
    store.db.require_writable()

    def on_progress(message: str) -> None:
        print(f"\r{message}", end="", file=sys.stderr, flush=True)

    title = title or title_for(path.name)
    try:
        with path.open("rb") as file:
            added, note = add_vectors(store.root, file, path.name, title, *([on_progress] if show_progress else []))
    finally:
        if show_progress:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    same = f"These vectors were here already, under the name “{added.title}”." if title != added.title else ""
    return row(added) | {"note": f"{same} {note}".strip()}


def delete(store: RunStore, name: str) -> None:
    """Delete word vectors. Raises ValueError if they do not exist or a run waits for them, CacheReadOnly."""
    store.db.require_writable()
    waiting = store.runs([QUEUED, RUNNING])
    if any(_vectors_of(run) == name for run in waiting):
        raise ValueError(f"{title_of(name)} is needed by runs in training or waiting: cancel them first.")
    delete_vectors(store.root, name)


def _vectors_of(run: Run) -> str | None:
    named = {key: run.settings.get(f"hyperparameters.{key}") or "" for key in ("vectors", "stack")}
    return vectors_of(named)


def rows() -> list[dict[str, Any]]:
    """List every file of word vectors that was added."""
    return list(map(row, registered()))


def row(vectors: WordVectors) -> dict[str, Any]:
    return {
        "vectors": vectors.name,
        "title": vectors.title,
        "words": vectors.count,
        "dimension": vectors.dimension,
        "megabytes": round(vectors.size_bytes / 1e6, 1),
        "file": vectors.file,
    }
