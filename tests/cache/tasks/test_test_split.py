from cache.store.store import RunStore
from cache.tasks import test_split
from cache.tasks.task_status import DONE, FAILED, RUNNING, TaskStatus
from cache.tasks.test_split import main, start_reading, status_file
from models.data.datasets import get_dataset
from models.encoded.held_out import read_held_out
from tests.waiting import wait_for


def test_test_texts_are_read_in_a_process_of_its_own(tmp_path):
    start_reading(RunStore(tmp_path), "rotten_tomatoes")
    file, log = status_file(tmp_path, "rotten_tomatoes"), tmp_path / "logs" / "reading.log"
    wait_for(lambda: TaskStatus.of(file).state != RUNNING, log.read_text)
    assert TaskStatus.of(file).state == DONE
    assert len(read_held_out(get_dataset("rotten_tomatoes"), tmp_path).texts) == 853


def test_what_cannot_be_read_says_why(tmp_path, capsys):
    assert test_split.run(tmp_path, "imdb_reviews").state == FAILED
    assert main(["nonsense", "--cache", str(tmp_path)]) == 1
    assert "There is no dataset 'nonsense'" in capsys.readouterr().err
