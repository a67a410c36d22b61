"""The matrix with which an embedding begins: a row for each token of a run's vocabulary."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock
from tokenizers import Tokenizer

from models.as_int import as_int
from models.atomic_files import complete_file, remove_abandoned
from models.data.datasets import get_dataset
from models.encoded.fitted import kept_tokenizer, tokenizer_file
from models.experiments.spec import RunSpec
from models.text.encoding import PAD_ID
from models.text.tokens import token_names
from models.vectors.word_vectors import (
    WORD2VEC,
    WordVectors,
    dimension_problem,
    get_vectors,
    require_vectors,
    tokens_in,
)

SPREAD = 0.05
"""Of vectors that have no others to go by; as Keras makes them."""


def initial_vectors(spec: RunSpec, root: Path, say: Callable[[str], None] = lambda message: None) -> np.ndarray | None:
    """Returns the weights with which an embedding begins that uses word vectors.

    Padding is zeros. A token without a vector gets a random one, always the same for the same token, with the spread of
    those that were found: with zeros a frozen model could not tell unknown words from each other or from padding.
    Source: Kim (2014), https://arxiv.org/abs/1408.5882

    Args:
        spec: The run. Its hyperparameter ``vectors`` names a file of vectors, or word2vec.
        root: The folder of the cache.
        say: Receives a message for each slow step.

    Returns:
        (vocabulary_size, embedding_dim), float32; None for an architecture that begins with random vectors.

    Raises:
        VectorsMissing: The vectors are not in this cache.
        DatasetMissing: word2vec needs the texts, which are not on this machine.
        ValueError: The vectors have another dimension.
    """
    if (name := spec.vectors) is None:
        return None
    dimension = _dimension(spec)
    require_vectors(name)
    if name == WORD2VEC:
        file = _word2vec_file(spec, root)
        if not file.exists():
            _make_word2vec(file, spec, root, say)
        return np.load(file)
    vectors = get_vectors(name)
    if problem := dimension_problem(name, dimension):
        raise ValueError(problem)
    say(f"Looking up words in {vectors.title}")
    tokenizer = kept_tokenizer(get_dataset(spec.dataset), spec.train_examples, spec.encoding, root)
    return embedding_matrix(
        token_names(tokenizer), spec.encoding.vocabulary_size, found_in(vectors, tokenizer), dimension
    )


def _dimension(spec: RunSpec) -> int:
    return as_int(spec.hyperparameters["embedding_dim"])


def found_in(vectors: WordVectors, tokenizer: Tokenizer) -> dict[int, np.ndarray]:
    """The vectors of those tokens that are words of ``vectors``."""
    places = tokens_in(vectors, tokenizer)
    array = vectors.vectors()
    return {number: np.array(array[place]) for number, place in places.items()}


def embedding_matrix(
    names: Sequence[str], vocabulary_size: int, found: Mapping[int, np.ndarray], dimension: int
) -> np.ndarray:
    """The matrix; a vocabulary that came out smaller than asked for has rows that no text uses."""
    values = np.array(list(found.values()), np.float32)
    spread = 3**0.5 * float(values.std()) if len(found) else SPREAD
    matrix = np.zeros((vocabulary_size, dimension), np.float32)
    for number, name in enumerate(names):
        if number in found:
            matrix[number] = found[number]
        elif number != PAD_ID:
            matrix[number] = spread * _random(name, dimension)
    return matrix


def _random(name: str, dimension: int) -> np.ndarray:
    """Numbers from −1 to 1 that depend on the token's spelling alone."""
    drawn = np.frombuffer(hashlib.shake_256(name.encode()).digest(2 * dimension), "<u2")
    return drawn.astype(np.float32) / 32_767.5 - 1


def _word2vec_file(spec: RunSpec, root: Path) -> Path:
    """By all that changes them: texts, tokenizer, dimension and recipe."""
    tokenizer = tokenizer_file(get_dataset(spec.dataset), spec.train_examples, spec.encoding, root).name
    identity = [tokenizer, spec.hyperparameters["embedding_dim"], WORD2VEC]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return root / "encoded" / "word2vec" / f"{spec.dataset}-{digest}.npy"


def _make_word2vec(file: Path, spec: RunSpec, root: Path, say: Callable[[str], None]) -> None:
    """Trains them unless another process just has, and writes them whole or not at all."""
    from models.training.word2vec import train_word2vec

    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):
        if file.exists():
            return
        remove_abandoned(file.parent)
        dataset = get_dataset(spec.dataset)
        texts = dataset.load(root / "tfds")["train"].texts[: spec.train_examples]
        tokenizer = kept_tokenizer(dataset, spec.train_examples, spec.encoding, root, texts)
        say(f"Training word vectors on {len(texts):,} texts of {dataset.title}")
        dimension = _dimension(spec)
        names = token_names(tokenizer)
        matrix = embedding_matrix(
            names, spec.encoding.vocabulary_size, train_word2vec(tokenizer, texts, dimension), dimension
        )
        with complete_file(file) as opened:
            np.save(opened, matrix)
