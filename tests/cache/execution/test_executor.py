import pytest

from cache.execution.local import LocalExecutor
from tests.cache.execution.executor_contract import ExecutorContract


class TestLocalExecutor(ExecutorContract):
    pass


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes executors for the first device, and ends them after the tests."""
    folder, executors = tmp_path_factory.mktemp("executors"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLL_LOCKS", str(folder / "locks"))

        def make():
            device = LocalExecutor.devices("tensorflow")[0]
            executors.append(LocalExecutor(device, folder / f"{len(executors)}.log"))
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
    return lambda executor: executor._worker._process.kill()
