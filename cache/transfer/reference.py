"""Reference runs: bundles that come with Unroll, so that a new cache is not empty."""

import json
from pathlib import Path

from filelock import FileLock

from cache.core.checksums import checksum
from cache.store.store import RunStore
from cache.tasks.text_tasks import ReadTestTexts
from cache.transfer.bundles import BadBundle, import_bundle
from models.atomic_files import atomic_write
from models.data.datasets import get_dataset

TAG = "reference"
KNOWN = "reference.json"
"""In the cache: the checksums of the imported bundles, so that deleted runs do not come back."""


def bring_in(store: RunStore, folder: Path | None) -> list[str]:
    """Import the bundles of a folder that this cache has not imported yet.

    Args:
        store: The cache. Nothing happens if it is read-only.
        folder: With bundles at any depth; None for none.

    Returns:
        A sentence for each bundle that could not be imported, which is tried again the next time.
    """
    if store.read_only or folder is None:
        return []
    problems = []
    known_file = store.root / KNOWN
    with FileLock(store.locks_dir / "reference.lock"):
        known = _known(known_file)
        for bundle in sorted(folder.rglob("*.zip")):
            if (digest := checksum(bundle)) is None or digest in known:
                continue
            try:
                import_bundle(store, bundle)
            except (BadBundle, OSError) as error:
                problems.append(f"The reference runs in {bundle.name} could not be brought in: {error}")
                continue
            known.append(digest)
            _write(known_file, known)
    return problems


def read_texts(store: RunStore) -> None:
    """Start reading the test texts of the runs' datasets in another process, if this needs no network: verdicts need
    their classes, also in a new cache.
    """
    for row in store.db.read("SELECT DISTINCT json_extract(spec, '$.dataset') AS name FROM runs"):
        dataset = get_dataset(row["name"])
        if dataset.download_mb is None and not dataset.is_generated:
            ReadTestTexts(dataset.name).start(store)


def _known(file: Path) -> list[str]:
    """A missing or damaged file does no harm: importing a bundle again adds nothing."""
    try:
        found = json.loads(file.read_text())
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
    except (OSError, ValueError, RecursionError):
        return []


def _write(file: Path, known: list[str]) -> None:
    atomic_write(file, json.dumps(known, indent=1))
