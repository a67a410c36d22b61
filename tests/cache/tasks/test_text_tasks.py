from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED
from cache.tasks.text_tasks import CountCoverage, MakeVocabularies, ReadTestTexts
from models.data.datasets import get_dataset
from models.encoded.fitted import read_tokenizer, tokenizer_file
from models.encoded.test_split import read_test_classes, read_test_split
from models.text.encoding import TextEncoding
from models.vectors import word_vectors
from models.vectors.coverage import coverage_file, read_coverage
from tests.cache.cli.test_vector_commands import forget_vectors, glove  # noqa: F401
from tests.waiting import wait_for

ENCODINGS = (TextEncoding(400), TextEncoding(300, tokenizer="subwords"))


def test_test_texts_are_read_in_a_process_of_its_own(tmp_path):
    task, dataset = ReadTestTexts("rotten_tomatoes"), get_dataset("rotten_tomatoes")
    assert read_test_classes(dataset, tmp_path) is None
    task.start(RunStore(tmp_path))
    wait_for(lambda: not task.is_running(tmp_path), (tmp_path / "logs" / "read_test_texts.log").read_text)
    assert task.status(tmp_path).state == DONE
    split = read_test_split(dataset, tmp_path)
    assert len(split.texts) == 853
    assert read_test_classes(dataset, tmp_path).tolist() == split.labels


def test_what_cannot_be_read_gives_the_reason(tmp_path):
    assert ReadTestTexts("imdb_reviews").run(tmp_path).state == FAILED


def test_the_vocabularies_are_there_in_the_end(tmp_path):
    task = MakeVocabularies("rotten_tomatoes", 50, ENCODINGS)
    task.start(RunStore(tmp_path))
    wait_for(lambda: (latest := task.status(tmp_path)) and not latest.is_running)
    assert not task.status(tmp_path).has_failed
    for encoding in ENCODINGS:
        file = tokenizer_file(get_dataset("rotten_tomatoes"), 50, encoding, tmp_path)
        assert read_tokenizer(file).get_vocab_size() == encoding.vocabulary_size


def test_what_went_wrong_is_reported(tmp_path):
    (tmp_path / "encoded").write_text("no folder")
    assert "Not a directory" in MakeVocabularies("rotten_tomatoes", None, ENCODINGS).run(tmp_path).message


def test_a_dataset_that_is_not_here_is_reported(tmp_path):
    assert "download it first" in MakeVocabularies("imdb_reviews", None, ENCODINGS).run(tmp_path).message


def test_what_is_covered_is_counted_and_kept(tmp_path, glove):  # noqa: F811
    with open(glove, "rb") as file:
        added, _ = word_vectors.add_vectors(tmp_path, file, "glove.3d.txt", "Mine")
    question = added.name, "rotten_tomatoes", 200, TextEncoding(500, 20)
    assert CountCoverage(*question).run(tmp_path).state == DONE
    found = read_coverage(
        coverage_file(added.name, get_dataset("rotten_tomatoes"), 200, TextEncoding(500, 90), tmp_path)
    )
    assert (found.num_entries, found.num_entries_covered) == (498, 9)
    assert 0.1 < found.tokens_share < 0.3 and found.missing[0][0] in ("is", "it", "that", "in")
    missing = CountCoverage("vectors_0", *question[1:]).run(tmp_path)
    assert missing.state == FAILED and "not in this cache" in missing.message
