import time

from cache.store.store import RunStore
from cache.tasks.dataset_statistics import run, start_measuring, status_file
from cache.tasks.task_status import DONE, FAILED, TaskStatus
from models.data.datasets import get_dataset
from models.encoded.statistics import read_statistics, statistics_file
from models.text.encoding import TextEncoding

ENCODING = TextEncoding(200, 10, "pre")


def test_texts_are_counted_in_a_process_of_its_own(data_root):
    start_measuring(RunStore(data_root), "rotten_tomatoes", 100, ENCODING)
    file, until = status_file(data_root, "rotten_tomatoes", 100, ENCODING), time.monotonic() + 60
    while (errand := TaskStatus.of(file)) is None or errand.state not in (DONE, FAILED):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.1)
    assert errand.state == DONE, errand.message
    found = read_statistics(statistics_file(get_dataset("rotten_tomatoes"), 100, ENCODING, data_root))
    assert sum(found.class_counts["train"]) == 100


def test_what_cannot_be_counted_says_why(tmp_path):
    ended = run(tmp_path, "imdb_reviews", None, ENCODING)
    assert ended.state == FAILED and "download it first" in ended.message
    assert TaskStatus.of(status_file(tmp_path, "imdb_reviews", None, ENCODING)) == ended
