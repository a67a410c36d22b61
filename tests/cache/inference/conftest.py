import shutil

import pytest

from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import RunSpec
from models.tasks import NEXT_WORD
from models.training.events import EpochFinished
from models.training.training import train
from tests.cache.inference.answering import ENCODING, put_in
from tests.conftest import SMALL_EXAMPLES


@pytest.fixture(scope="session")
def trained(data_root, tmp_path_factory):
    """(a spec, the folder of its run, its epoch) of a model that was really trained to predict the next word."""
    dataset = get_dataset("rotten_tomatoes")
    spec = RunSpec.create(
        dataset=dataset.name, fingerprint=dataset.fingerprint(None), train_examples=SMALL_EXAMPLES, encoding=ENCODING,
        architecture="next_word_conv1d",
    )  # fmt: skip
    data = load_encoded(dataset, spec.train_examples, spec.encoding, data_root, task=NEXT_WORD)
    folder = tmp_path_factory.mktemp("trained")
    events = list(train(spec, data, 1, folder))
    return spec, folder, next(event for event in events if isinstance(event, EpochFinished))


@pytest.fixture
def writer(store, data_root, trained):
    """A store with one run that was really trained."""
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    put_in(store, *trained)
    return store
