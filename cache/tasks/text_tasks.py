"""Tasks that read the texts of a dataset. That takes seconds and, with TFDS, libraries that a page must not load."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cache.tasks.task import OnProgress, Task
from models.data.datasets import get_dataset
from models.encoded.encoded import fit_tokenizers
from models.encoded.test_split import make_test_split, path_of_test_split
from models.text.encoding import TextEncoding
from models.vectors.coverage import coverage_file, make_coverage


@dataclass(frozen=True)
class ReadTestTexts(Task):
    """``dataset`` is its name."""

    dataset: str
    name = "read_test_texts"

    def status_file(self, root: Path) -> Path:
        return root / "reading" / path_of_test_split(get_dataset(self.dataset), root).with_suffix(".json").name

    def work(self, root: Path, on_progress: OnProgress) -> str:
        make_test_split(get_dataset(self.dataset), root, on_progress)
        return "Read."


@dataclass(frozen=True)
class MakeVocabularies(Task):
    """``dataset`` is its name; ``train_examples`` is None for all; one vocabulary for each of ``encodings``."""

    dataset: str
    train_examples: int | None
    encodings: tuple[TextEncoding, ...]
    name = "make_vocabularies"

    def status_file(self, root: Path) -> Path:
        asked = json.dumps(asdict(self) | {"fingerprint": get_dataset(self.dataset).fingerprint(root / "tfds")})
        return root / "tokenizing" / f"{self.dataset}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"

    def work(self, root: Path, on_progress: OnProgress) -> str:
        fit_tokenizers(get_dataset(self.dataset), self.train_examples, self.encodings, root, on_progress)
        return "Made."


@dataclass(frozen=True)
class CountCoverage(Task):
    """``vectors`` and ``dataset`` are names; ``train_examples`` is None for all."""

    vectors: str
    dataset: str
    train_examples: int | None
    encoding: TextEncoding
    name = "count_coverage"

    def status_file(self, root: Path) -> Path:
        dataset = get_dataset(self.dataset)
        return root / "covering" / coverage_file(self.vectors, dataset, self.train_examples, self.encoding, root).name

    def work(self, root: Path, on_progress: OnProgress) -> str:
        make_coverage(self.vectors, get_dataset(self.dataset), self.train_examples, self.encoding, root, on_progress)
        return "Counted."
