"""The text of a run in which a search looks for a word."""

import json
import re
from collections.abc import Callable
from functools import cache

from cache.flat import flatten
from cache.folding import fold
from cache.run_names import dataset_title, describe
from models.spec import RunSpec

VARYING = re.compile('"(seed|fingerprint)":(?:[0-9]+|"[^"]*")')
"""Runs that differ in these alone have the same text, which is made once for all of them."""
SEED = re.compile('"seed":([0-9]+)')


def word_finder() -> Callable[[str, bytes, bytes, bytes, int], bool]:
    """Makes the SQL function ``has_word``. Make a new one for each connection: titles of datasets can change.

    Columns come as bytes, because SQLite refuses to pass on text with a damaged letter.
    """
    text_of = cache(_text_of)

    def has_word(word: str, said: bytes, tags: bytes, spec: bytes, epochs: int) -> bool:
        """Whether the folded ``word`` is in what people said of a run, its tags, or what it is."""
        spec_json = spec.decode(errors="replace")
        if word in text_of(VARYING.sub(r'"\1":0', spec_json), epochs) or word in fold(said.decode(errors="replace")):
            return True
        if tags != b"[]" and word in fold("\n".join(_tags(tags))):
            return True
        seed = SEED.search(spec_json) if word.isdecimal() or word == "seed" else None
        return seed is not None and word in ("seed", seed[1])

    return has_word


def _text_of(spec_json: str, epochs: int) -> str:
    try:
        settings = flatten(json.loads(spec_json))
    except (ValueError, AttributeError, RecursionError):
        return ""
    names = [str(settings.get(name, "")) for name in ("architecture", "dataset", "hyperparameters.stack")]
    try:
        description = describe(RunSpec.from_json(spec_json), epochs)
    except (ValueError, KeyError):  # of another version
        description = ""
    return fold("\n".join([*names, dataset_title(settings.get("dataset")), description]))


def _tags(tags: bytes) -> list[str]:
    try:
        found = json.loads(tags)
    except (ValueError, RecursionError):
        return []
    return [str(tag) for tag in found] if isinstance(found, list) else []
