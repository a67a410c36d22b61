import multiprocessing
from dataclasses import replace

import pytest

from cache.execution.worker import Job
from cache.execution.worker_process import WorkerProcess
from models.data.datasets import get_dataset
from models.encoded.encoded import encoded_classes
from models.machine.devices import cpu
from models.training.events import Started
from tests import waiting
from tests.conftest import SMALL_ENCODING, SMALL_EXAMPLES


@pytest.fixture
def worker(tmp_path):
    """One whose backend cannot be loaded, so that it encodes nothing itself."""
    worker = WorkerProcess("none of Keras's", cpu(), tmp_path / "worker.log")
    yield worker
    worker.kill()


@pytest.fixture
def job(small_spec, small_data, data_root, tmp_path):
    """Its texts are not encoded yet."""
    spec = small_spec(encoding=replace(SMALL_ENCODING, length=SMALL_ENCODING.length + 1))
    return Job(1, spec.to_json(), 1, tmp_path, None, data_root, tmp_path / "job.log"), spec


def test_texts_are_encoded_while_the_backend_is_loaded(worker, job, data_root):
    asked, spec = job
    worker.send(asked)
    dataset = get_dataset(spec.dataset)
    waiting.wait_for(lambda: encoded_classes(dataset, SMALL_EXAMPLES, spec.encoding, data_root) is not None)
    assert "Encoding Rotten Tomatoes" in asked.log.read_text()
    assert "could not start" in worker.receive(60).reason
    waiting.wait_for(lambda: not worker._encoder.is_alive())


def test_nothing_encodes_once_a_training_starts(worker, job):
    asked, _ = job
    worker.send(asked)
    worker._pipe, theirs = multiprocessing.Pipe()
    theirs.send(Started(0, 1, {}))
    assert isinstance(worker.receive(60), Started)
    assert not worker._encoder.is_alive()


def test_the_end_of_a_worker_ends_what_encodes_for_it(worker, job):
    asked, _ = job
    worker.send(asked)
    worker.kill()
    assert not worker._encoder.is_alive()
