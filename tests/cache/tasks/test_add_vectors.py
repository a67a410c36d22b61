from pathlib import Path

import pytest

from cache.core.processes import ProcessIdentity
from cache.store.store import RunStore
from cache.tasks.add_vectors import ADD_VECTORS, UPLOADS, cancel_adding, start_adding, start_adding_upload, title_for
from cache.tasks.task_status import CANCELLED, DONE, FAILED, RUNNING, TaskStatus
from models.vectors import word_vectors
from models.vectors.word_vectors import load_vectors, registered
from tests.cache.cli.test_vector_commands import forget_vectors, glove  # noqa: F401
from tests.waiting import wait_for


def ended(root):
    """How a task ended."""
    wait_for(lambda: (status := ADD_VECTORS.status(root)) and not status.is_running)
    return ADD_VECTORS.status(root)


def test_a_file_is_added_in_a_process_of_its_own(tmp_path, glove):  # noqa: F811
    store = RunStore(tmp_path)
    start_adding_upload(store, Path(glove).read_bytes(), "mine.txt", "Mine")
    done = ended(tmp_path)
    assert done.state == DONE and done.message == "“Mine”: 10 words of 3 dimensions can be used now."
    load_vectors(tmp_path)
    assert [each.file for each in registered()] == ["mine.txt"]
    wait_for(lambda: not list((tmp_path / UPLOADS).iterdir()))  # the copy goes last
    start_adding(store, Path(__file__), "No vectors")
    refused = ended(tmp_path)
    assert refused.state == FAILED and refused.message.startswith("Line 1 is not a word")
    ADD_VECTORS.forget(store)
    assert ADD_VECTORS.status(tmp_path) is None


def test_what_cannot_be_begun_gives_the_reason_and_leaves_nothing(tmp_path, glove):  # noqa: F811
    store = RunStore(tmp_path)
    with open(glove, "rb") as file:
        word_vectors.add_vectors(tmp_path, file, "glove.3d.txt", "Mine")
    for title, file, expected in (("Mine", glove, "choose another name"), ("New", "/nowhere", "no file /nowhere")):
        with pytest.raises(ValueError, match=expected):
            start_adding(store, Path(file), title)
    TaskStatus(RUNNING, "Reading", ProcessIdentity.current().to_json(), 1.0).write(ADD_VECTORS.status_file(tmp_path))
    with pytest.raises(ValueError, match="Another file is being added"):
        start_adding_upload(store, b"a 1 2", "new.txt", "New")
    assert not (tmp_path / UPLOADS).exists()
    ADD_VECTORS.forget(store)
    assert ADD_VECTORS.status(tmp_path).state == RUNNING


def test_it_can_be_stopped(tmp_path, glove):  # noqa: F811
    big = tmp_path / "big.txt"
    big.write_text("".join(f"word{number} {'0.125 ' * 300}\n" for number in range(20_000)))
    store = RunStore(tmp_path)
    start_adding_upload(store, big.read_bytes(), "big.txt", "Big")
    assert len(list((tmp_path / UPLOADS).iterdir())) == 1
    cancel_adding(store)
    assert not list((tmp_path / UPLOADS).iterdir())
    assert ADD_VECTORS.status(tmp_path).state == CANCELLED
    load_vectors(tmp_path)
    assert registered() == []


@pytest.mark.parametrize(
    ("file_name", "title"),
    [("glove.6B.100d.txt", "glove.6B.100d"), ("my_own.vec.gz", "my own"), ("…", ""), ("a/<b>.TXT", "b")],
)
def test_titles_are_made_of_file_names(file_name, title):
    assert title_for(file_name) == title
