"""Maintenance when a cache is opened: manifests that an earlier version has not written, and leftovers."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from cache.core.checksums import sync_folder, synced_checksum
from cache.store.database import Database
from cache.store.manifest import MANIFEST, RunManifest
from cache.store.rows import epoch_from_row
from cache.store.runs import FINISHED, Run
from models.atomic_files import PREFIX, atomic_write, remove_abandoned
from models.experiments.spec import UnreadableSpec

WITHOUT_TEMPORARIES = {"runs", "tfds"}
"""Large folders in which temporary files exist only for a moment, or which another program maintains."""

PACKAGED = ("unroll_*", "imdb.*.parquet", "rotten_tomatoes.*.parquet")
"""Names of the copies of packaged texts, which are read without one now."""


def write_missing_manifests(database: Database, runs_dir: Path) -> None:
    """Write missing manifests, so that the database is not the only record of these runs."""
    lacking = database.read(
        "SELECT * FROM runs WHERE state = ? AND files LIKE '%.npz%' AND files NOT LIKE ?", (FINISHED, f'%"{MANIFEST}"%')
    )
    for run in map(Run.from_row, lacking):
        folder = runs_dir / str(run.id)
        epochs = database.read("SELECT * FROM epochs WHERE run_id = ? ORDER BY epoch", (run.id,))
        try:
            text = RunManifest.of(run, list(map(epoch_from_row, epochs))).to_json()
        except UnreadableSpec:
            continue
        if not folder.is_dir():
            continue
        atomic_write(folder / MANIFEST, text)
        files = run.files | {MANIFEST: synced_checksum(folder / MANIFEST)}
        sync_folder(folder)
        with database.transaction() as db:
            db.execute("UPDATE runs SET files = ? WHERE id = ?", (json.dumps(files), run.id))


def remove_left_behind(root: Path) -> None:
    """Remove the temporary files and folders of ended processes anywhere in the cache, and files of earlier versions:
    requests to models, and copies of the texts that come with the installation.
    """
    for folder, below, _ in os.walk(root):
        if Path(folder) == root:
            below[:] = [name for name in below if name not in WITHOUT_TEMPORARIES]
        below[:] = [name for name in below if not name.startswith(PREFIX)]
        remove_abandoned(Path(folder))
    for name in ("*.request.json", "*.answer.json"):
        for file in (root / "generating").glob(name):
            file.unlink(missing_ok=True)
    for copy in (path for pattern in PACKAGED for path in (root / "tfds").glob(pattern)):
        with suppress(OSError):  # they only take space
            shutil.rmtree(copy) if copy.is_dir() else copy.unlink()
