from dataclasses import replace

import pytest

from cache.processes import ProcessIdentity
from cache.runner_store import RunnerStore
from models.events import EpochFinished
from models.spec import RunSpec

DEVICE = "Test CPU (2 cores)"


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache")


@pytest.fixture
def finish(store):
    """Puts a finished run with invented measurements into the store."""

    def make(spec: RunSpec, accuracies: list[float], seconds: float = 2.0, device: str = DEVICE):
        (run_id,) = store.submit([spec], len(accuracies), "cpu")
        assert store.claim("cpu", ProcessIdentity.current()).id == run_id
        store.begin(run_id, {"device": device}, None)
        best = -1.0
        for number, accuracy in enumerate(accuracies, start=1):
            epoch = EpochFinished(number, 0.4, 0.9, 0.5, accuracy, 0.6, accuracy - 0.01, seconds, 0.1, number == 1)
            if accuracy <= best:
                epoch = replace(epoch, test_loss=None, test_accuracy=None)
            best = max(best, accuracy)
            store.add_epoch(run_id, replace(epoch, train_seconds=seconds + (number == 1)))
        staged = store.staging_dir / "job"
        staged.mkdir()
        store.finish(run_id, staged, {"device": device})
        return store.run(run_id)

    return make
