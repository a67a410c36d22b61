"""The members of a bundle that a file manager unpacked and packed again.

macOS and Windows add a folder around the files, macOS adds ``__MACOSX`` and ``.DS_Store``, some programs write
backslashes. Names are only compared here: no contents are read, and no name becomes a path.
"""

from collections.abc import Sequence

from cache.transfer.bundle_zip import BadBundle, shown

ADDED = (".DS_Store", "Thumbs.db", "desktop.ini")


def names_within(names: Sequence[str], contents: str) -> list[str | None]:
    """Return the name of each member within the folder that contains ``contents``; None for files that a file manager
    added.

    Raises BadBundle if several folders contain ``contents``.
    """
    plain = [name.replace("\\", "/") for name in names]
    folders = {name.removesuffix(contents) for name in plain if not _is_added(name) and _last(name) == contents}
    if len(folders) > 1 and "" not in folders:
        first, second, *_ = (shown(folder.rstrip("/")) for folder in sorted(folders))
        raise BadBundle(f"The zip file holds several bundles, {first} and {second}; pack and import each by itself")
    folder = folders.pop() if len(folders) == 1 else ""
    return [None if _is_added(name) else name.removeprefix(folder) for name in plain]


def _is_added(name: str) -> bool:
    return _last(name) in ADDED or _last(name).startswith("._") or "__MACOSX" in name.split("/")


def _last(name: str) -> str:
    return name.rpartition("/")[2]
