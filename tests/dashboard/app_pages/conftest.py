import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from models.training.run_files import save_predictions

NUM_TEST = 400


@pytest.fixture
def open_compare(open_page):
    return lambda **query: open_page("compare", **query)


@pytest.fixture
def specs():
    """Of the line-up that Compare begins with, by label: each seed's."""
    imdb = get_dataset("imdb")
    entries = tuple(map(Entry, ("flatten", "gru", "lstm", "conv1d")))
    return Comparison("imdb", None, TextEncoding(), Training(), 5, 3, entries).specs(imdb.fingerprint(None))


@pytest.fixture
def trained(store, finish):
    """Runs whose predictions have the given accuracies; the test split is all of the second class."""

    def make(**accuracies):
        entries = tuple(map(Entry, accuracies))
        comparison = Comparison(
            "imdb", None, TextEncoding(), Training(), 2, max(map(len, accuracies.values())), entries
        )
        specs = comparison.specs(get_dataset("imdb").fingerprint(None))
        for each, shares in zip(specs.values(), accuracies.values(), strict=True):
            for spec, share in zip(each, shares, strict=False):
                run = finish(spec, [0.8, 0.7], device=cpu().name)
                right = np.arange(NUM_TEST) < share * NUM_TEST
                save_predictions(store.files_dir(run.id), {1: right.astype(np.float32)})

    return make


@pytest.fixture
def classes(store):
    file = path_of_test_split(get_dataset("imdb"), store.root)
    file.parent.mkdir(parents=True)
    write_splits(file, {"test": Split([f"Text {number}" for number in range(NUM_TEST)], [1] * NUM_TEST)})
