"""Reading a dataset's test texts, which needs TensorFlow's libraries."""

from dataclasses import dataclass
from pathlib import Path

from cache.tasks.task import OnProgress, Task
from models.data.datasets import get_dataset
from models.encoded.test_split import make_test_split, path_of_test_split


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
