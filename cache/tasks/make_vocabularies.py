"""Making vocabularies: reading the texts takes seconds and TensorFlow's libraries, which a page must not load."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cache.tasks.task import OnProgress, Task
from models.data.datasets import get_dataset
from models.encoded.encoded import fit_tokenizers
from models.text.encoding import TextEncoding


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
