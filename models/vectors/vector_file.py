"""Text files of word vectors, as written by GloVe, word2vec and fastText: ``word v1 … vd`` on each line.

They are read and written line by line, so that only the words of a large file are in memory.
"""

import gzip
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

MAX_BYTES = 12_000_000_000
"""Of text, packed or not. The largest GloVe file has less than half of it."""
MAX_WORDS = 5_000_000
MAX_DIMENSION = 1_024
MAX_LINE, MAX_WORD = 100_000, 1_000
PROGRESS_EVERY = 20_000
FEW_WORDS, FEW_SHARE = 10, 0.01
"""So many words, or this share of them, may be left out because they are not UTF-8; more of them mean another encoding.
"""


class BadVectors(ValueError):
    """A file without usable word vectors; the message says why and what to do."""


def read_vectors(
    file: BinaryIO, words_file: Path, vectors_file: Path, on_progress: Callable[[str], None] = lambda message: None
) -> tuple[tuple[int, int], str]:
    """Writes the words, one a line, and their vectors as a float32 array; returns its shape and a note, or "".

    A first line of two integers, as in word2vec, is compared with the contents; published files are sometimes off by
    one. gzip is unpacked, and so is a zip file of one member. If a word occurs twice, the first vector counts. A few
    words that are not UTF-8 are left out. Raises BadVectors.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if not size:
        raise BadVectors("The file is empty.")
    promised, dimension, num_lines, num_twice, num_wordless = None, 0, 0, 0, 0
    words: set[bytes] = set()
    not_utf8: list[int] = []  # numbers of lines
    with words_file.open("wb") as words_out, vectors_file.open("wb") as vectors_out:
        _write_header(vectors_out, (0, 1))
        for number, line in enumerate(_lines(file), start=1):
            fields = line.split()
            if number == 1 and len(fields) == 2 and all(field.isdigit() for field in fields):
                promised, dimension = int(fields[0]), int(fields[1])
                if not 1 <= dimension <= MAX_DIMENSION:
                    raise BadVectors(f"Its first line promises vectors of {dimension:,} numbers; 1 to 1,024 are taken.")
                continue
            if not fields:
                continue
            if num_lines == 0 and not dimension:
                dimension = _first_dimension(fields, number)
            num_lines += 1
            word, vector = _split(line, dimension, number)
            if not word:
                num_wordless += 1
            elif not _is_utf8(word):
                not_utf8.append(number)
            elif word in words:
                num_twice += 1
            else:
                words.add(word)
                words_out.write(word + b"\n")
                vectors_out.write(vector.tobytes())
            if len(words) > MAX_WORDS:
                raise BadVectors(f"The file has more than {MAX_WORDS:,} words: take the most frequent of them.")
            if num_lines % PROGRESS_EVERY == 0:
                on_progress(
                    f"Reading: {num_lines:,} words of {dimension} numbers, {file.tell() / size:.0%} of the file"
                )
        if not_utf8 and (not words or len(not_utf8) > max(FEW_WORDS, num_lines * FEW_SHARE)):
            raise BadVectors(
                f"{len(not_utf8):,} of {num_lines:,} words are not UTF-8 text, the first on line {not_utf8[0]:,}: save "
                "the file as UTF-8 and try again."
            )
        if not words:
            raise BadVectors("The file has no line of a word and its vector.")
        if promised is not None and promised > num_lines + 1:
            raise BadVectors(
                f"Its first line promises {promised:,} words, and {num_lines:,} are there: the file may be cut off, so "
                "get it again, or delete its first line if you want these words only."
            )
        vectors_out.seek(0)
        _write_header(vectors_out, (len(words), dimension))
    notes = (
        (num_twice, f"Words that are there twice, of which the first vector counts: {num_twice:,}."),
        (num_wordless, f"Lines without a word, left out: {num_wordless:,}."),
        (not_utf8, f"Words that are not UTF-8 text, left out: {_counted(not_utf8)}."),
        (
            promised not in (None, num_lines),
            f"The first line promises {promised or 0:,} words; the file has {num_lines:,}, and all were read.",
        ),
    )
    return (len(words), dimension), " ".join(note for holds, note in notes if holds)


def _counted(lines: list[int]) -> str:
    """Format line numbers as "1 (line 16)" or "3 (the first on line 16)"."""
    where = ", ".join(f"the first on line {line:,}" if len(lines) > 1 else f"line {line:,}" for line in lines[:1])
    return f"{len(lines):,} ({where})"


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file that may be packed. Raises an error for endless ones."""
    try:
        text, num_bytes, number = _unpacked(file), 0, 0
        while line := text.readline(MAX_LINE):
            number, num_bytes = number + 1, num_bytes + len(line)
            if b"\0" in line or (number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff"))):
                raise BadVectors(
                    "The file is not UTF-8 text: save the vectors as text (word2vec's binary format cannot be read)."
                )
            if len(line) == MAX_LINE:
                raise BadVectors(f"Line {number:,} does not end: each line is one word with its vector.")
            if num_bytes > MAX_BYTES:
                raise BadVectors(f"The file has more than {MAX_BYTES / 1e9:.0f} GB of text: take its first lines.")
            yield line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise BadVectors(f"The file cannot be unpacked ({error}): get it again, or unpack it yourself.") from None


def _unpacked(file: BinaryIO) -> IO[bytes] | gzip.GzipFile:
    head = file.read(4)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if head != b"PK\x03\x04":
        return file
    archive = zipfile.ZipFile(file)
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) != 1:
        names = ", ".join(info.filename[:60] for info in members[:6])
        raise BadVectors(f"The zip file holds {len(members)} files ({names}): unpack it and add one of them.")
    return archive.open(members[0])


def _first_dimension(fields: list[bytes], number: int) -> int:
    """The number of numbers at the end of the line. The first field is a word, even if it looks like a number."""
    dimension = 0
    for field in reversed(fields[1:]):
        try:
            float(field)
        except ValueError:
            break
        dimension += 1
    if not dimension:
        raise BadVectors(f"Line {number:,} is not a word followed by numbers: no file of word vectors begins so.")
    if dimension > MAX_DIMENSION:
        raise BadVectors(f"Line {number:,} has {dimension:,} numbers; vectors of 1 to {MAX_DIMENSION:,} are taken.")
    return dimension


def _split(line: bytes, dimension: int, number: int) -> tuple[bytes, array]:
    """Word and vector; a word may contain blanks (as some in the largest GloVe file), or be missing."""
    fields = line.rsplit(None, dimension)
    word = fields.pop(0).strip() if len(fields) > dimension else b""
    if not word and not (len(fields) == dimension and line[:1].isspace()):
        raise BadVectors(
            f"Line {number:,} has {len(line.split()) - 1:,} numbers behind its word, and the lines before it have "
            f"{dimension:,}."
        )
    if len(parts := word.split()) > 1 and _is_number(parts[-1]):
        raise BadVectors(f"Line {number:,} has more than the {dimension:,} numbers that the lines before it have.")
    try:
        vector = array("f", map(float, fields))
    except ValueError:
        wrong = next(field for field in fields if not _is_number(field))
        raise BadVectors(
            f"Line {number:,} has “{wrong[:30].decode('utf-8', 'replace')}” where a number is expected: each line is a "
            f"word and {dimension:,} numbers."
        ) from None
    if not all(map(isfinite, vector)):
        raise BadVectors(f"Line {number:,} contains NaN, infinity or a number too large for 32 bits.")
    if len(word) > MAX_WORD:
        raise BadVectors(f"Line {number:,} has a word of {len(word):,} bytes.")
    return word, vector


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode()
        return True
    except UnicodeDecodeError:
        return False


def _is_number(field: bytes) -> bool:
    try:
        float(field)
        return True
    except ValueError:
        return False


def _write_header(file: BinaryIO, shape: tuple[int, int]) -> None:
    """NumPy leaves room in it for a larger first axis, so that it can be written again when that is known."""
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
