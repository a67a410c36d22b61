"""Files that go to a node or come back: in parts far below 100 MB, with a checksum of each whole file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cache.core.checksums import checksum
from models.atomic_files import atomic_file

PART_BYTES = 16_000_000


class Damaged(OSError):
    """A file did not arrive as it was sent."""


@dataclass(frozen=True)
class Part:
    """Some bytes of the file ``name``, which is a path below an agreed folder."""

    name: str
    offset: int
    contents: bytes


@dataclass(frozen=True)
class Shipment:
    """A file as references to its parts, which are fetched only where the file is missing."""

    name: str
    digest: str
    parts: tuple[Any, ...]


def known_checksum(path: Path) -> str | None:
    """Return the SHA-256 of a file, which is computed once for each of its versions."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return _checksum(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1_000)
def _checksum(path: Path, modified_ns: int, size_bytes: int) -> str | None:
    return checksum(path)


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def parts_of(folder: Path, path: Path) -> Iterator[Part]:
    """Read a file in parts; an empty one is one part."""
    name, offset = path.relative_to(folder).as_posix(), 0
    with path.open("rb") as file:
        while (contents := file.read(PART_BYTES)) or not offset:
            yield Part(name, offset, contents)
            offset += len(contents)
            if not contents:
                return


def write_part(folder: Path, part: Part) -> None:
    """Write a part where it belongs; a part that comes twice changes nothing. Raises ValueError for another folder."""
    path = inside(folder, part.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(part.offset)
        file.write(part.contents)


def inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} is not a path below the folder.")
    return path


def require_whole(folder: Path, digests: dict[str, str]) -> None:
    """Raises Damaged unless the folder has these files with these SHA-256 checksums."""
    for name, digest in digests.items():
        if checksum(inside(folder, name)) != digest:
            raise Damaged(f"The file {name} did not arrive as it was sent.")


def ship(root: Path, paths: Iterable[Path], put: Callable[[Part], Any]) -> list[Shipment]:
    """Hand the parts of files to ``put``, which returns references to them."""
    return [
        Shipment(path.relative_to(root).as_posix(), known_checksum(path) or "", tuple(map(put, parts_of(root, path))))
        for path in paths
    ]


def unpack(root: Path, shipments: Iterable[Shipment], get: Callable[[Any], Part]) -> None:
    """Write files whole or not at all. Raises Damaged."""
    for shipment in shipments:
        with atomic_file(inside(root, shipment.name)) as aside:
            with aside.open("wb") as file:
                for reference in shipment.parts:
                    file.write(get(reference).contents)
            if checksum(aside) != shipment.digest:
                raise Damaged(f"The file {shipment.name} did not arrive as it was sent.")
