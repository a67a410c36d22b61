from multiprocessing import Pipe
from pathlib import Path

import pandas as pd
import pytest

from cache.execution import worker
from cache.execution.worker import Job, reason_for
from models.data import datasets
from models.data.datasets import add_user_dataset, load_user_datasets
from models.data.labelled import label_texts
from models.experiments.spec import RunSpec, Training
from models.text.encoding import TextEncoding
from models.training import training
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


def test_a_worker_knows_the_datasets_of_users_before_it_reads_what_to_train(tmp_path, monkeypatch):
    table = pd.DataFrame([(f"text {i} of class {i % 2}", f"class {i % 2}") for i in range(100)], columns=["a", "b"])
    own = add_user_dataset(tmp_path, "Our mails", label_texts(table, "a", "b"), "mails.csv")
    encoding = TextEncoding(vocabulary_size=50, length=10)
    asked = {"dataset": own.name, "fingerprint": own.fingerprint(tmp_path), "encoding": encoding}
    spec = RunSpec.create(architecture="flatten", **asked)
    load_user_datasets(tmp_path / "another")  # so this process no longer knows them, as one that has just begun
    trained, (ours, _theirs) = [], Pipe()
    monkeypatch.setattr(training, "train", lambda spec, data, *rest: trained.append((spec, len(data.train.y))) or [])
    try:
        worker._train(Job(1, spec.to_json(), 1, tmp_path, None, tmp_path, tmp_path / "job.log"), ours)
    finally:
        datasets._user_datasets.contents = {}
    assert trained == [(spec, own.num_train)]
