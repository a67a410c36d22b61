from cache.store.store import RunStore
from cache.tasks.dataset_statistics import CountDataset
from cache.tasks.task_status import DONE, FAILED
from models.data.datasets import get_dataset
from models.encoded.statistics import read_statistics, statistics_file
from models.text.encoding import TextEncoding
from tests.waiting import wait_for

ENCODING = TextEncoding(200, 10, "pre")


def test_texts_are_counted_in_a_process_of_its_own(data_root):
    task = CountDataset("rotten_tomatoes", 100, ENCODING)
    task.start(RunStore(data_root))
    wait_for(lambda: (latest := task.status(data_root)) and not latest.is_running)
    assert task.status(data_root).state == DONE, task.status(data_root).message
    found = read_statistics(statistics_file(get_dataset("rotten_tomatoes"), 100, ENCODING, data_root))
    assert sum(found.class_counts["train"]) == 100


def test_what_cannot_be_counted_gives_the_reason(tmp_path):
    task = CountDataset("imdb_reviews", None, ENCODING)
    ended = task.run(tmp_path)
    assert ended.state == FAILED and "download it first" in ended.message
    assert task.status(tmp_path) == ended
