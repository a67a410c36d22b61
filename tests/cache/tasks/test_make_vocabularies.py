import pytest

from cache.store.store import RunStore
from cache.tasks.make_vocabularies import MakeVocabularies
from models.data.datasets import get_dataset
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.text.encoding import TextEncoding
from tests.waiting import wait_for

ENCODINGS = (TextEncoding(400), TextEncoding(300, tokenizer="subwords"))


@pytest.fixture
def root(tmp_path, data_root, small_data):
    """A cache whose datasets are prepared already."""
    (tmp_path / "tfds").symlink_to(data_root / "tfds")
    return tmp_path


def test_the_vocabularies_are_there_in_the_end(root):
    task = MakeVocabularies("rotten_tomatoes", 50, ENCODINGS)
    task.start(RunStore(root))
    wait_for(lambda: (latest := task.status(root)) and not latest.is_running)
    assert not task.status(root).has_failed
    for encoding in ENCODINGS:
        file = tokenizer_file(get_dataset("rotten_tomatoes"), 50, encoding, root)
        assert read_tokenizer(file).get_vocab_size() == encoding.vocabulary_size


def test_what_went_wrong_is_reported(tmp_path):
    (tmp_path / "tfds").write_text("no folder")
    assert "File exists" in MakeVocabularies("rotten_tomatoes", None, ENCODINGS).run(tmp_path).message


def test_a_dataset_that_is_not_here_is_reported(tmp_path):
    assert "download it first" in MakeVocabularies("imdb_reviews", None, ENCODINGS).run(tmp_path).message
