"""A zip file of unknown origin, read so that any damage or attack only leads to an error of one sentence."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

END = struct.Struct("<4s4H2LH")
END_64 = b"PK\6\7"
ENCRYPTED = 0x1 | 0x40 | 0x2000
DESCRIPTION_BYTES = 512
"""The largest description of one member in a zip file, both places together."""
CHUNK_BYTES = 1 << 20
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
    OSError,
)
"""The errors of zipfile for damaged files."""


class BadBundle(ValueError):
    """A bundle is not valid; the message is one sentence."""

    def __init__(self, what: str) -> None:
        line = "".join(each if each.isprintable() else "�" for each in what).rstrip(".")
        line = line if len(line) <= 300 else f"{line[:300]}…"
        super().__init__(f"{line[:1].upper()}{line[1:]}: nothing was imported.")


Refusals = Iterable[tuple[bool, str]]
"""Conditions, each with the message of its error. They are checked in order, and the first true one raises, so that
each may rely on those before it.
"""


def refuse(refusals: Refusals) -> None:
    for is_so, what in refusals:
        if is_so:
            raise BadBundle(what)


def shown(name: str) -> str:
    """Return a name from a bundle in quotes, shortened if needed."""
    return f"“{name}”" if len(name) <= 60 else f"“{name[:60]}…”"


class UntrustedZip:
    """A zip file that is whole and contains only plain members, each under one name.

    ``rename`` maps each member to its name here; members with None are left out, unread. With it there may be entries
    of empty folders, which are left out, too. Raises BadBundle for any other file.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        max_bytes: int,
        max_unpacked_bytes: int,
        max_members: int,
        rename: Callable[[Sequence[str]], Sequence[str | None]] | None = None,
    ) -> None:
        self.name = name
        with _reading(name):
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 42))
            tail = file.read(42)
        # Before zipfile reads the directory, which creates an object for each entry, however many there are.
        refuse(self._directory_refusals(size, tail, max_bytes, max_members))
        with _reading(name):
            self._zip = zipfile.ZipFile(file)
        infos = self._zip.infolist()
        refuse(self._member_refusals(infos, size, may_have_folders=rename is not None))
        infos = [info for info in infos if not _is_folder(info)]
        names = [info.filename for info in infos]
        self.members: dict[str, zipfile.ZipInfo] = {}
        for new, info in zip(rename(names) if rename else names, infos, strict=True):
            if new in self.members:
                raise BadBundle(f"{shown(new)} in {name} is there twice")
            if new is not None:
                self.members[new] = info
        self.unpacked_bytes = sum(info.file_size for info in infos)  # including those that are left out
        if self.unpacked_bytes > max_unpacked_bytes:
            raise BadBundle(f"{name} unpacks to more than {max_unpacked_bytes:,} bytes")

    def _directory_refusals(self, size: int, tail: bytes, max_bytes: int, max_members: int) -> Refusals:
        yield size > max_bytes, f"{self.name} is larger than {max_bytes:,} bytes"
        yield len(tail) < END.size, f"{self.name} is no zip file"
        signature, disk, first_disk, num_here, num, directory, start, comment = END.unpack(tail[-END.size :])
        yield signature != b"PK\5\6", f"{self.name} is no zip file, or not a whole one"
        yield num > max_members, f"{self.name} has {num:,} members, and no more than {max_members:,} are read"
        is_plain = (disk, first_disk, comment, num_here) == (0, 0, 0, num) and tail[-42:-38] != END_64
        is_framed = start + directory + END.size == size and directory <= num * DESCRIPTION_BYTES
        yield not (is_plain and is_framed), f"{self.name} is no plain zip file, or not a whole one"

    def _member_refusals(self, infos: Sequence[zipfile.ZipInfo], size: int, may_have_folders: bool) -> Refusals:
        seen: set[str] = set()
        for info in infos:
            name = f"{shown(info.orig_filename)} in {self.name}"
            is_stored = info.compress_type == zipfile.ZIP_STORED
            is_packed = info.compress_type == zipfile.ZIP_DEFLATED
            yield info.filename != info.orig_filename, f"{name} goes by two names"
            yield info.filename in seen, f"{name} is there twice"
            is_empty_folder = may_have_folders and _is_folder(info) and info.file_size == 0
            kinds = (0, stat.S_IFDIR) if is_empty_folder else (0, stat.S_IFREG)
            yield _is_folder(info) and not is_empty_folder, f"{name} is a folder"
            yield stat.S_IFMT(info.external_attr >> 16) not in kinds, f"{name} is no plain file"
            yield bool(info.flag_bits & ENCRYPTED), f"{name} is encrypted"
            yield not (is_stored or is_packed), f"{name} is packed in a way that is not read here"
            yield is_stored and info.file_size != info.compress_size, f"{name} has two sizes"
            seen.add(info.filename)
        packed = sum(info.compress_size for info in infos)
        yield packed > size, f"{self.name} holds members that overlap"
        yield size - packed > END.size + len(infos) * DESCRIPTION_BYTES, f"{self.name} holds more than its members"

    def chunks(self, name: str) -> Iterator[bytes]:
        """Read a member in pieces of CHUNK_BYTES, never more than its size. Raises BadBundle."""
        what, size = f"{shown(name)} in {self.name}", self.members[name].file_size
        with _reading(what):
            member = self._zip.open(self.members[name])
        with member:
            for start in range(0, size, CHUNK_BYTES):
                with _reading(what):
                    chunk = member.read(min(size - start, CHUNK_BYTES))
                if len(chunk) != min(size - start, CHUNK_BYTES):
                    raise BadBundle(f"{what} is shorter than the {size:,} bytes that it says")
                yield chunk


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(("/", "\\"))


@contextmanager
def _reading(what: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise BadBundle(f"{what} is damaged") from error
