import os
import tempfile

# Before anything imports keras: quiet, on the CPU, and the same to the last bit.
os.environ |= {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_DETERMINISTIC_OPS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "UNROLL_LOCKS": tempfile.mkdtemp(prefix="unroll-locks-"),  # not to wait for a training of the machine's owner
}

import pytest

from models.comparison import Comparison, Entry
from models.datasets import get_dataset
from models.encoded import EncodedDataset, load_encoded
from models.encoding import TextEncoding
from models.spec import RunSpec, Training

SMALL_ENCODING = TextEncoding(vocabulary_size=1_000, length=20)
SMALL_EXAMPLES = 200


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    """A folder in which datasets are prepared and encoded once for all tests."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def small_data(data_root) -> EncodedDataset:
    """200 real sentences of 20 tokens for training, with the whole validation and test splits."""
    return load_encoded(get_dataset("rotten_tomatoes"), SMALL_EXAMPLES, SMALL_ENCODING, data_root)


@pytest.fixture
def small_spec():
    """Makes a spec that trains on ``small_data``; keywords change it."""

    def make(architecture: str = "flatten", **changes) -> RunSpec:
        arguments = {
            "dataset": "rotten_tomatoes",
            "fingerprint": get_dataset("rotten_tomatoes").fingerprint(None),
            "train_examples": SMALL_EXAMPLES,
            "encoding": SMALL_ENCODING,
            "architecture": architecture,
        }
        return RunSpec.create(**arguments | changes)

    return make


@pytest.fixture
def comparison():
    return Comparison(
        dataset_name="imdb",
        train_examples=None,
        encoding=TextEncoding(),
        training=Training(),
        epochs=2,
        num_seeds=2,
        entries=(Entry("flatten"), Entry("lstm"), Entry("lstm", {"units": 64}, variant=2)),
    )
