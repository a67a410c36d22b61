from pathlib import Path

import pytest

from cache.execution.worker import Job, reason_for
from models.experiments.spec import Training
from models.training.training import TrainingDiverged


class ResourceExhaustedError(Exception):
    """Stands for TensorFlow's, which cannot be provoked on every machine."""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "choose a smaller batch size (now 64), fewer units, or shorter texts"),
        (ResourceExhaustedError("OOM when allocating"), "choose a smaller batch size (now 64)"),
        (RuntimeError("RESOURCE_EXHAUSTED: failed to allocate"), "choose a smaller batch size (now 64)"),
        (RuntimeError("CUDA out of memory."), "choose a smaller batch size (now 64)"),
        (OSError(28, "No space left on device"), "The disk is full: free some space"),
        (TrainingDiverged("The loss became nan."), "The loss became nan."),
        (ValueError("length must be positive\nmore"), "length must be positive"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_reasons_are_one_sentence_that_shows_what_to_do(error, reason, small_spec):
    spec = small_spec(training=Training(batch_size=64))
    job = Job(1, spec.to_json(), 1, Path(), None, Path(), Path())
    assert reason in reason_for(error, job)
    assert "\n" not in reason_for(error, job)
