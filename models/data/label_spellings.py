"""Labels that differ only in spelling: in capitals, in blanks, or as 1 and 1.0."""

import unicodedata
from collections import Counter
from collections.abc import Iterable


def spelling_groups(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Find groups of at least two of the names, each sorted; empty names are left out."""
    groups: dict[object, set[str]] = {}
    for name in names:
        if name:
            groups.setdefault(_key(name), set()).add(name)
    return tuple(sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1))


def joined_spellings(names: Iterable[str]) -> dict[str, str]:
    """Return the most frequent spelling for each other spelling of a label; the first of equally frequent ones."""
    counts = Counter(names)
    joined: dict[str, str] = {}
    for group in spelling_groups(counts):
        shown = min(group, key=lambda name: (-counts[name], name))
        joined |= {name: shown for name in group if name != shown}
    return joined


def _key(name: str) -> object:
    """Equal for all spellings of a label."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    try:
        number = float(plain)
    except ValueError:
        return plain
    return number if number == number else plain
