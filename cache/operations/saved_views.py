"""Short links: the URL parameters of a view, kept as ``links/CODE.json`` in the cache."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cache.store.store import RunStore
from models.atomic_files import atomic_write

FOLDER, FORMAT = "links", 1
CODE = re.compile(r"[0-9a-f]{10,64}")
MAX_CHARACTERS = 100_000


class ViewMissing(ValueError):
    """This cache does not have the view of a short link."""


def save_view(store: RunStore, query: Mapping[str, Sequence[str]]) -> str:
    """Save the URL parameters of a view for a short link.

    Args:
        store: The cache.
        query: Every value of each key.

    Returns:
        The code of the link, the same for the same view.

    Raises:
        ValueError: It is too long.
        CacheReadOnly: The cache cannot be changed.
        OSError: It cannot be written.
    """
    store.db.require_writable()
    text = json.dumps({"format": FORMAT, "query": {key: list(query[key]) for key in sorted(query)}}, ensure_ascii=True)
    if len(text) > MAX_CHARACTERS:
        raise ValueError("This view has too many settings for a short link: use the full link.")
    digest = hashlib.sha256(text.encode()).hexdigest()
    folder = store.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for length in (10, 16, 64):  # longer only if another view has the short code
        file = folder / f"{digest[:length]}.json"
        if not file.exists():
            atomic_write(file, text)
        if file.read_text() == text:
            break
    return file.stem


def read_view(root: Path, code: str) -> dict[str, list[str]]:
    """Read the URL parameters of a saved view.

    Args:
        root: The folder of the cache.
        code: The code of a short link.

    Raises:
        ViewMissing: This cache does not have it.
    """
    try:
        if not CODE.fullmatch(code):
            raise ValueError("it is no code of ours")
        text = (root / FOLDER / f"{code}.json").read_text()
        values = json.loads(text)
        query = values["query"]
        if len(text) > MAX_CHARACTERS or values["format"] != FORMAT or not _is_query(query):
            raise ValueError("it is not as Unroll writes it")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ViewMissing(
            f"This cache holds no view “{code[:64]}”: short links work where they were made. Ask for the full link."
        ) from error
    return query


def _is_query(query: object) -> bool:
    return isinstance(query, dict) and all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in query.values()
    )
