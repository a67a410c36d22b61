from cache.store.store import RunStore
from cache.tasks.read_test_texts import ReadTestTexts
from cache.tasks.task_status import DONE, FAILED
from models.data.datasets import get_dataset
from models.encoded.test_split import read_test_classes, read_test_split
from tests.waiting import wait_for


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
