import subprocess
import sys

import pytest

from cache.core.processes import PROJECT_ROOT
from cache.store.store import RunStore
from cache.tasks.vocabularies import Tokenizing
from models.data.datasets import get_dataset
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.text.encoding import TextEncoding
from tests.waiting import wait_for

ENCODINGS = [TextEncoding(400), TextEncoding(300, tokenizer="subwords")]


def ended(making):
    wait_for(lambda: not making.is_running)
    return making


@pytest.fixture
def root(tmp_path, data_root, small_data):
    """A cache whose datasets are prepared already."""
    (tmp_path / "tfds").symlink_to(data_root / "tfds")
    return tmp_path


def test_the_vocabularies_are_there_in_the_end(root):
    making = ended(Tokenizing(RunStore(root), "rotten_tomatoes", 50, ENCODINGS))
    assert making.failure is None and making.seconds > 0
    for encoding in ENCODINGS:
        file = tokenizer_file(get_dataset("rotten_tomatoes"), 50, encoding, root)
        assert read_tokenizer(file).get_vocab_size() == encoding.vocabulary_size


def test_what_went_wrong_is_told(tmp_path):
    (tmp_path / "encoded").write_text("no folder")
    (tmp_path / "tfds").write_text("no folder")
    making = ended(Tokenizing(RunStore(tmp_path), "rotten_tomatoes", None, ENCODINGS))
    assert "tfds" in making.failure and "File exists" in making.failure


def test_a_dataset_that_is_not_here_is_told(tmp_path):
    assert "download it first" in ended(Tokenizing(RunStore(tmp_path), "imdb_reviews", None, ENCODINGS)).failure


def test_an_impossible_vocabulary_is_refused(tmp_path):
    command = [sys.executable, "-m", "cache.tasks.vocabularies", "imdb", "--cache", str(tmp_path), "--subwords", "3"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.strip() == "The vocabulary must have 10 to 100,000 entries, not 3."
