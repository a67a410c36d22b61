"""A real Ray cluster on loopback, with real trainings."""

from importlib.util import find_spec

import psutil
import pytest

from tests.cache.cluster.loopback import loopback_cluster
from tests.cache.execution.executor_contract import ExecutorContract

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="cache/requirements-ray.txt is not installed")


@pytest.fixture(scope="module")
def loopback(tmp_path_factory):
    with loopback_cluster(tmp_path_factory.mktemp("ray")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster(loopback):
    return loopback.connect()


@pytest.fixture(scope="module")
def slots(cluster):
    found, problems = cluster.slots()
    assert problems == []
    return found


def processes(words):
    """The processes below this one whose command contains ``words``."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if words in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            pass
    return found


@pytest.fixture(scope="module")
def made(cluster, slots):
    """Makes executors for the first device, and ends them after the tests."""
    from cache.cluster.executor import RayExecutor

    executors = []

    def make(slot=slots[0], kind=RayExecutor):
        executors.append(kind(cluster, slot))
        return executors[-1]

    yield make
    for executor in executors:
        executor.cancel()
        executor.release()


@pytest.fixture(scope="module")
def executor(made):
    return made()


@pytest.fixture
def kill():
    def kill_the_task(executor):
        (task,) = processes("ray::train_on_node")
        task.kill()

    return kill_the_task


class TestRayExecutor(ExecutorContract):
    pass


def test_each_node_is_a_device(slots):
    assert len({slot.node_id for slot in slots}) == 2
    assert all((slot.num_cpus, slot.num_gpus) == (1, 0) for slot in slots), "no backend sees the pretended GPUs"
