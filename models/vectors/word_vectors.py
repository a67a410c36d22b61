"""Word vectors that users added: ``vectors/NAME/`` in the cache, with a description of each.

A name contains the SHA-256 of the words and their vectors. So the same contents are the same vectors, independent of
the file's name and packing. A description stays when its vectors are deleted, so that their runs can still be named.
"""

import errno
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import rmtree
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock
from tokenizers import Tokenizer

from models.atomic_files import atomic_write, put_in_place, temporary_folder
from models.hyperparameters import NamedValue
from models.titles import RULE, is_title
from models.vectors.vector_file import read_vectors
from models.watched_folder import WatchedFolder, mark_changed

FOLDER, DESCRIPTION, WORDS, VECTORS = "vectors", "vectors.json", "words.txt", "vectors.npy"
FORMAT = 1
WORD2VEC = "word2vec_1"
"""Vectors trained on the chosen dataset itself. Raise the number if ``word2vec`` gives others."""
WORD2VEC_TITLE = "word2vec of the dataset"
RANDOM, RANDOM_TITLE = "random", "Random numbers"
"""The entry of the list for an embedding without word vectors."""
SHARED = ("name", "title", "file", "count", "dimension", "digest")
"""What a bundle contains about the vectors of its runs."""
NAME = re.compile(r"vectors_[0-9a-f]{16}|word2vec_[1-9][0-9]{0,3}")


class VectorsMissing(ValueError):
    """A run names vectors that this cache does not have; the message says what to do."""


@dataclass(frozen=True)
class WordVectors:
    """``count`` words of ``dimension`` numbers each. ``file`` is the name of the file."""

    name: str
    title: str
    file: str
    count: int
    dimension: int
    digest: str
    added_at: float
    is_deleted: bool
    folder: Path

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def words(self) -> list[str]:
        return (self.folder / WORDS).read_bytes().decode().split("\n")[: self.count]

    def vectors(self) -> np.ndarray:
        """Memory-mapped, of shape (count, dimension), float32."""
        return np.load(self.folder / VECTORS, mmap_mode="r")

    def check(self) -> None:
        """Raises VectorsMissing if they are deleted or changed."""
        again = f"add {self.file} on the page Data or by “python -m cache add-vectors”."
        if self.is_deleted:
            raise VectorsMissing(f"The word vectors “{self.title}” are not in this cache: {again}")
        try:
            if _digest(self.folder) == self.digest:
                return
        except OSError:
            pass
        raise VectorsMissing(f"The word vectors “{self.title}” are no longer what was added: {again}")


def known_under(root: Path) -> dict[str, WordVectors]:
    """Return every description, by title."""
    found = []
    for file in (root / FOLDER).glob(f"vectors_*/{DESCRIPTION}"):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # a damaged one describes nothing
            values = json.loads(file.read_text())
            if values.pop("format") == FORMAT and values["name"] == file.parent.name:
                found.append(WordVectors(**values, folder=file.parent))
    return {vectors.name: vectors for vectors in sorted(found, key=lambda vectors: vectors.title.casefold())}


_known = WatchedFolder[Mapping[str, WordVectors]](FOLDER, known_under, {})


def load_vectors(root: Path) -> None:
    """Load the vectors that are registered under ``root``, which replace all others.

    Later changes by other processes are noticed at the next look-up.
    """
    _known.open(root)


def registered() -> list[WordVectors]:
    """List the vectors that can be chosen, by title."""
    return [vectors for vectors in _known.latest().values() if not vectors.is_deleted]


def titles() -> dict[str, str]:
    """Return the titles of all choices by name, the dataset's own vectors first."""
    return {WORD2VEC: WORD2VEC_TITLE} | {vectors.name: vectors.title for vectors in registered()}


def title_of(name: str) -> str:
    """Return the title of vectors, or the name if they are not known here."""
    vectors = find_vectors(name)
    return vectors.title if vectors else titles().get(name, name)


VECTORS_DOMAIN = NamedValue(
    NAME.pattern,
    titles,
    title_of,
    "Source of the vectors: trained on the chosen training texts, or a file such as GloVe that you add on the page "
    "Data.",
    lambda name: {"embedding_dim": dimension} if (dimension := find_dimension(name)) else {},
)


def find_vectors(name: str) -> WordVectors | None:
    """Find vectors, including deleted ones; None for unknown ones, and for the dataset's own."""
    return _known.latest().get(name)


def find_dimension(name: str) -> int | None:
    """Return the dimension of these vectors; None if any is possible, or they are unknown."""
    vectors = find_vectors(name)
    return vectors.dimension if vectors else None


def dimension_problem(name: str, dimension: int) -> str | None:
    """Say that word vectors do not fit an embedding.

    Args:
        name: The vectors' name.
        dimension: The length of the embedding's vectors.

    Returns:
        None if they fit, or are not known here.
    """
    vectors = find_vectors(name)
    if vectors is None or vectors.dimension == dimension:
        return None
    return (
        f"The word vectors “{vectors.title}” have {vectors.dimension} dimensions and embedding_dim is {dimension}: "
        f"set embedding_dim to {vectors.dimension}."
    )


def get_vectors(name: str) -> WordVectors:
    """Return the undamaged vectors with this name. Raises VectorsMissing."""
    if (vectors := find_vectors(name)) is None:
        raise VectorsMissing(
            f"The word vectors {name!r} are not in this cache: add the same file on the page Data or by “python -m "
            "cache add-vectors”, or choose other vectors."
        )
    vectors.check()
    return vectors


def require_vectors(name: str) -> None:
    """Raises VectorsMissing if no run can begin with these vectors now."""
    if not name.startswith("word2vec"):
        get_vectors(name)
    elif name != WORD2VEC:
        raise VectorsMissing(f"This version of Unroll trains word vectors as {WORD2VEC}, not as {name}: choose those.")


def add_vectors(
    root: Path,
    file: BinaryIO,
    file_name: str,
    title: str,
    on_progress: Callable[[str], None] = lambda message: None,
) -> tuple[WordVectors, str]:
    """Adds a text file of word vectors, whole or not at all.

    Args:
        root: The folder of the cache.
        file: The opened file; may be packed as gzip or zip.
        file_name: Its name, which is shown with the vectors.
        title: The title of the vectors. Contents that exist already keep their title.
        on_progress: Receives a message on the progress.

    Returns:
        The vectors, and a note on lines that were left out, or "".

    Raises:
        ValueError: The title is taken, or the disk is full.
        BadVectors: The file cannot be used.
    """
    check_title(root, title)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    with FileLock(root / f"{FOLDER}.lock"):
        for left in (root / FOLDER).glob(".part-*"):  # by a process that was killed
            rmtree(left, ignore_errors=True)
        try:
            with temporary_folder(root / FOLDER) as aside:
                shape, note = read_vectors(file, aside / WORDS, aside / VECTORS, on_progress)
                digest = _digest(aside)
                name = f"vectors_{digest[:16]}"
                load_vectors(root)
                if (same := find_vectors(name)) and not same.is_deleted:
                    return same, note
                values = {"name": name, "title": title, "file": file_name, "count": shape[0], "dimension": shape[1]}
                values |= {"digest": digest, "added_at": time.time(), "is_deleted": False, "format": FORMAT}
                atomic_write(aside / DESCRIPTION, json.dumps(values, indent=1).encode())
                rmtree(root / FOLDER / name, ignore_errors=True)  # the description of what was deleted
                put_in_place(aside, root / FOLDER / name)
                mark_changed(root / FOLDER)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ValueError("The disk is full: free some space, then add the file again.") from error
            raise
    load_vectors(root)
    return _known.contents[name], note


def remember_vectors(root: Path, descriptions: Iterable[Mapping[str, Any]]) -> None:
    """Write the descriptions of the vectors of a bundle's runs, so that they have a title and the missing file is
    named.

    Args:
        root: The folder of the cache.
        descriptions: Those of the bundle. Vectors with a description here do not change.
    """
    with FileLock(root / f"{FOLDER}.lock"):
        known = known_under(root)
        for values in descriptions:
            if values["name"] not in known:
                folder = root / FOLDER / values["name"]
                folder.mkdir(parents=True, exist_ok=True)
                values = dict(values) | {"added_at": time.time(), "is_deleted": True, "format": FORMAT}
                atomic_write(folder / DESCRIPTION, json.dumps(values, indent=1).encode())
                mark_changed(root / FOLDER)
    load_vectors(root)


def check_title(root: Path, title: str) -> None:
    """Refuse a title that word vectors cannot have.

    Args:
        root: The folder of the cache.
        title: The title.

    Raises:
        ValueError: It is taken, or cannot be shown.
    """
    if not is_title(title):
        raise ValueError(RULE)
    taken = [WORD2VEC_TITLE, *(vectors.title for vectors in known_under(root).values() if not vectors.is_deleted)]
    if title.casefold() in map(str.casefold, taken):
        raise ValueError(f"There are word vectors called “{title}” already: choose another name.")


def delete_vectors(root: Path, name: str) -> None:
    """Delete words and vectors for good; the description stays, for runs.

    Args:
        root: The folder of the cache.
        name: The vectors' name.

    Raises:
        ValueError: There are no such vectors, or they were deleted.
    """
    with FileLock(root / f"{FOLDER}.lock"):
        if (vectors := known_under(root).get(name)) is None or vectors.is_deleted:
            there_are = ", ".join(f"“{each.title}”" for each in registered()) or "none"
            raise ValueError(f"There are no word vectors “{name}” to delete; there are: {there_are}.")
        values = asdict(vectors) | {"is_deleted": True, "format": FORMAT}
        del values["folder"]
        atomic_write(vectors.folder / DESCRIPTION, json.dumps(values, indent=1).encode())
        mark_changed(root / FOLDER)
        for part in (WORDS, VECTORS):
            (vectors.folder / part).unlink(missing_ok=True)
    load_vectors(root)


def _digest(folder: Path) -> str:
    """SHA-256 over the words and the vectors."""
    digest = sha256()
    for part in (WORDS, VECTORS):
        with (folder / part).open("rb") as file:
            digest.update(file_digest(file, "sha256").digest())
    return digest.hexdigest()


def tokens_in(vectors: WordVectors, tokenizer: Tokenizer) -> dict[int, int]:
    """Find the tokens that have a word vector.

    Args:
        vectors: The word vectors.
        tokenizer: Its vocabulary contains the tokens.

    Returns:
        The place of a token's vector, by the token's number.
    """
    numbers = tokenizer.get_vocab()
    return {numbers[word]: place for place, word in enumerate(vectors.words()) if word in numbers}
