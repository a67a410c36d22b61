"""Counting how many words of a dataset word vectors contain. TensorFlow's libraries read its texts."""

from dataclasses import dataclass
from pathlib import Path

from cache.tasks.task import OnProgress, Task
from models.data.datasets import get_dataset
from models.text.encoding import TextEncoding
from models.vectors.coverage import coverage_file, make_coverage


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
