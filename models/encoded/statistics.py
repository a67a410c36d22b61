"""Statistics of a dataset for a model: balance, lengths, unknown words, and examples, before any cut.

Cutting and padding come after these counts, so they can be changed without counting again.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer

from models.atomic_files import atomic_write
from models.data.dataset import Dataset
from models.data.splits import SPLITS, Split
from models.encoded.fitted import kept_tokenizer
from models.text.encoding import OOV_ID, PAD, PAD_ID, TextEncoding, lowered
from models.text.tokens import token_names

FORMAT = 1
MAX_MEASURED = 20_000
"""The number of texts of a split that are tokenized for counting. Texts are in random order, so the first are a fair
sample.
"""
NUM_WORDS, NUM_EXAMPLES, MAX_EXAMPLE = 30, 6, 2_000


@dataclass(frozen=True)
class Example:
    """A validation text (its start, if it is long) with all its tokens and their numbers."""

    text: str
    label: int
    tokens: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Statistics:
    """``class_counts``: texts of each class by split. ``lengths``: (tokens, training texts of so many), in order.

    ``words``: (token, occurrences) of the most frequent in the training texts. OOV is counted in validation texts.
    """

    class_counts: dict[str, tuple[int, ...]]
    num_measured: int
    lengths: tuple[tuple[int, int], ...]
    num_tokens: int
    words: tuple[tuple[str, int], ...]
    vocabulary_size: int
    num_validation_tokens: int
    num_oov: int
    examples: tuple[Example, ...]

    @property
    def oov_share(self) -> float:
        return self.num_oov / self.num_validation_tokens if self.num_validation_tokens else 0.0

    def share_cut(self, length: int) -> float:
        """The share of training texts with more tokens than ``length``."""
        return sum(count for tokens, count in self.lengths if tokens > length) / self.num_measured

    def share_of_tokens_cut(self, length: int) -> float:
        lost = sum((tokens - length) * count for tokens, count in self.lengths if tokens > length)
        return lost / self.num_tokens if self.num_tokens else 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"format": FORMAT}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read statistics. Raises ValueError for those of another version."""
        values = json.loads(text)
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise ValueError("These statistics were written by another version of Unroll.")
        examples = [
            Example(**each | {name: tuple(each[name]) for name in ("tokens", "numbers")})
            for each in values.pop("examples")
        ]
        values["class_counts"] = {name: tuple(counts) for name, counts in values["class_counts"].items()}
        values |= {name: tuple(map(tuple, values.pop(name))) for name in ("lengths", "words")}
        return cls(**values, examples=tuple(examples))


def statistics_file(dataset: Dataset, train_examples: int | None, encoding: TextEncoding, root: Path) -> Path:
    """Return where the counts of a dataset are kept.

    Args:
        dataset: The dataset.
        train_examples: The first so many training texts; all if None.
        encoding: Its length and sides change no count, and so not the file.
        root: The folder of the cache.
    """
    fields = {name: value for name, value in asdict(encoding).items()
              if name not in ("length", "padding", "truncating")}  # fmt: skip
    identity = [FORMAT, dataset.name, dataset.fingerprint(root / "tfds"), train_examples, fields]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    return root / "encoded" / "statistics" / f"{dataset.name}-{digest}.json"


def read_statistics(file: Path) -> Statistics | None:
    """Read statistics; None if they do not exist, or are damaged."""
    try:
        return Statistics.from_json(file.read_text())
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def make_statistics(
    dataset: Dataset,
    train_examples: int | None,
    encoding: TextEncoding,
    root: Path,
    on_progress: Callable[[str], None] = lambda message: None,
) -> Statistics:
    """Counts classes, lengths and words of a dataset, and keeps the counts.

    Args:
        dataset: The dataset.
        train_examples: The number of first training texts; all if None.
        encoding: The vocabulary and the length for the counts.
        root: The folder of the cache.
        on_progress: Receives a message for each slow step.

    Raises:
        DatasetMissing: The dataset has to be downloaded first.
    """
    tfds_dir = root / "tfds"
    on_progress(f"Reading {dataset.title}")
    splits = dataset.load(tfds_dir)
    splits["train"] = Split(splits["train"].texts[:train_examples], splits["train"].labels[:train_examples])
    on_progress(f"Making a vocabulary from {len(splits['train'].texts):,} texts")
    tokenizer = kept_tokenizer(dataset, train_examples, encoding, root, splits["train"].texts)
    on_progress("Counting")
    made = measure(splits, dataset.num_classes, tokenizer)
    file = statistics_file(dataset, train_examples, encoding, root)
    atomic_write(file, made.to_json())
    return made


def measure(splits: dict[str, Split], num_classes: int, tokenizer: Tokenizer) -> Statistics:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    train = [np.asarray(row, np.int32) for row in numbers_of(tokenizer, splits["train"].texts[:MAX_MEASURED])]
    validation = np.concatenate(
        [np.asarray(row, np.int32) for row in numbers_of(tokenizer, splits["validation"].texts[:MAX_MEASURED])]
    )
    lengths, counts = np.unique([len(row) for row in train], return_counts=True)
    occurrences = np.bincount(np.concatenate(train), minlength=OOV_ID + 1)
    occurrences[[PAD_ID, OOV_ID]] = 0
    names = token_names(tokenizer)
    frequent = [number for number in np.argsort(-occurrences, kind="stable")[:NUM_WORDS] if occurrences[number]]
    return Statistics(
        class_counts={name: tuple(np.bincount(splits[name].labels, minlength=num_classes).tolist()) for name in SPLITS},
        num_measured=len(train),
        lengths=tuple(zip(lengths.tolist(), counts.tolist(), strict=True)),
        num_tokens=int((lengths * counts).sum()),
        words=tuple((names[number], int(occurrences[number])) for number in frequent),
        vocabulary_size=tokenizer.get_vocab_size(),
        num_validation_tokens=len(validation),
        num_oov=int((validation == OOV_ID).sum()),
        examples=tuple(_examples(splits["validation"], tokenizer)),
    )


def cut_and_padded(example: Example, encoding: TextEncoding) -> list[tuple[str, int]]:
    """Return the tokens of an example as the model reads them.

    Args:
        example: All its tokens, before cutting and padding.
        encoding: The length, and the sides of cutting and padding.

    Returns:
        (token, number) pairs, ``encoding.length`` of them.
    """
    pairs = list(zip(example.tokens, example.numbers, strict=True))
    kept = pairs[-encoding.length :] if encoding.truncating == "pre" else pairs[: encoding.length]
    padding = [(PAD, PAD_ID)] * (encoding.length - len(kept))
    return padding + kept if encoding.padding == "pre" else kept + padding


def numbers_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token numbers of texts, without cutting and padding.

    Args:
        tokenizer: A tokenizer that does not cut or pad.
        texts: They are lower-cased here.

    Returns:
        A list for each text, as long as the text.
    """
    found = []
    for start in range(0, len(texts), 1_000):
        batch = tokenizer.encode_batch_fast([*map(lowered, texts[start : start + 1_000])], add_special_tokens=False)
        found += [encoded.ids for encoded in batch]
    return found


def _examples(split: Split, tokenizer: Tokenizer) -> list[Example]:
    """The first of each class in turn."""
    seen: dict[int, int] = {}
    ranked = []
    for position, label in enumerate(split.labels):
        ranked.append((seen.get(label, 0), label, position))
        seen[label] = seen.get(label, 0) + 1
    examples = []
    for _, label, position in sorted(ranked)[:NUM_EXAMPLES]:
        text = split.texts[position][:MAX_EXAMPLE]
        found = tokenizer.encode(lowered(text), add_special_tokens=False)
        examples.append(Example(text, label, tuple(found.tokens), tuple(found.ids)))
    return examples
