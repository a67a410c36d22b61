"""The text of a run that a search uses."""

import json
from collections.abc import Callable
from functools import cache

from cache.core.folding import fold
from cache.core.formatting import flatten
from cache.store.run_names import dataset_title, describe
from models.architectures import ARCHITECTURES
from models.experiments.spec import RunSpec

SEED = b'"seed":'


def word_finder() -> Callable[[str, bytes, bytes, bytes, int], bool]:
    """Make the SQL function ``has_word``. Make a new one for each connection: titles of datasets can change.

    Columns come as bytes, because SQLite refuses to pass on text with a damaged character.
    """
    text_of, folded = cache(_text_of), cache(lambda annotations: fold(annotations.decode(errors="replace")))

    def has_word(word: str, annotations: bytes, tags: bytes, spec: bytes, epochs: int) -> bool:
        """Whether the folded ``word`` is in the run's name, note, tags or description."""
        before, _, after = spec.partition(SEED)
        seed = after[: -len(after.lstrip(b"0123456789")) or None]
        # Runs that differ in their seed alone have the same text, which is made once for all of them.
        if word in text_of(before, after[len(seed) :], epochs) or word in folded(annotations):
            return True
        return (tags != b"[]" and word in _of_tags(tags)) or (bool(seed) and word in ("seed", seed.decode()))

    return has_word


def _text_of(before: bytes, after: bytes, epochs: int) -> str:
    """The text for the spec that consists of both parts, with any seed between them."""
    spec_json = (before + SEED + b"0" + after if after else before).decode(errors="replace")
    try:
        settings = flatten(json.loads(spec_json))
    except (ValueError, AttributeError, RecursionError):
        return ""
    names = [str(settings.get(name, "")) for name in ("architecture", "dataset", "hyperparameters.stack")]
    try:
        description = describe(RunSpec.from_json(spec_json), epochs)
    except (ValueError, KeyError):  # of another version
        description = ""
    title = ARCHITECTURES[names[0]].title if names[0] in ARCHITECTURES else ""
    return fold("\n".join([*names, title, dataset_title(settings.get("dataset")), description]))


def _of_tags(tags: bytes) -> str:
    try:
        found = json.loads(tags)
    except (ValueError, RecursionError):
        return ""
    return fold("\n".join(map(str, found))) if isinstance(found, list) else ""
