import gc
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from models.atomic_files import remove_abandoned, temporary_path

# Before anything imports keras: quiet, on the CPU, and the same to the last bit.
os.environ |= {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_DETERMINISTIC_OPS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "UNROLL_REFERENCE": "",  # a cache of a test is empty at first
    # Not to wait for a training of the machine's owner.
    "UNROLL_LOCKS": str(temporary_path(Path(tempfile.gettempdir()))),
}

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Lock

import numpy as np
import pytest

from cache.core.checksums import checksum
from cache.store import database, schema
from cache.store.manifest import MANIFEST, RunManifest
from cache.store.rows import insert_finished
from cache.store.runner_store import RunnerStore
from cache.store.runs import SHARED
from models.data.datasets import get_dataset
from models.encoded.encoded import EncodedDataset, load_encoded
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import RunSpec, Training
from models.layers.stack import summarize
from models.tasks import NEXT_WORD
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from models.training.run_files import (
    BEST_WEIGHTS,
    STATE,
    kept_epochs,
    save_arrays,
    save_epoch_weights,
    save_predictions,
)
from tests.disk import never_waiting_for_the_disk

SMALL_ENCODING = TextEncoding(vocabulary_size=1_000, length=20)
SMALL_EXAMPLES = 200
DEVICE = "Test CPU (2 cores)"
SLOWEST = ("browser", "models/training", "models/inside", "cache/execution", "cache/inference", "cache/cli")
"""Folders whose files take longest. Two processes that begin with them are done at the same time."""


def pytest_configure(config):
    remove_abandoned(Path(tempfile.gettempdir()))
    # pytest-xdist would begin with the files of most tests, and end with the few that take a minute each.
    config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Nothing that is made while tests are collected is garbage, and to search it takes a tenth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items):
    slowest = [Path(__file__).parent / folder for folder in SLOWEST]
    items.sort(key=lambda item: not any(item.path.is_relative_to(folder) for folder in slowest))


def pytest_unconfigure():
    shutil.rmtree(os.environ["UNROLL_LOCKS"], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def no_test_waits_for_the_disk() -> Iterator[None]:
    with never_waiting_for_the_disk():
        yield


@pytest.fixture(scope="session", autouse=True)
def tables_are_made_once() -> Iterator[None]:
    """A new cache gets its tables as a copy; a real one, as this one, by all changes since the first version."""
    tables, lock = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None), Lock()
    schema.migrate(tables, Path(), Path())

    def migrate(db: sqlite3.Connection, path: Path, backups: Path) -> None:
        (num_pages,) = db.execute("PRAGMA page_count").fetchone()
        if num_pages or schema.MIGRATIONS is not migrations:
            return schema.migrate(db, path, backups)
        with lock:
            tables.backup(db)

    migrations = schema.MIGRATIONS
    with closing(tables), pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "migrate", migrate)
        yield


@pytest.fixture(scope="module", autouse=True)
def only_new_garbage_is_collected() -> None:
    """Keras collects garbage before each model, and Streamlit after each run of a page. That takes half a second with
    all the tests and TensorFlow in memory, so what is there already is left out from now on."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    """A folder in which datasets are encoded once for all tests of a process."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def small_data(data_root) -> EncodedDataset:
    """200 real sentences of 20 tokens for training, with the whole validation and test splits."""
    return load_encoded(get_dataset("rotten_tomatoes"), SMALL_EXAMPLES, SMALL_ENCODING, data_root)


@pytest.fixture(scope="session")
def few_data(small_data) -> EncodedDataset:
    """100 of its rows in each split."""
    from tests.models.training.trainings import with_few_rows

    return with_few_rows(small_data)


@pytest.fixture
def no_graphs() -> Iterator[None]:
    """For what does not depend on how TensorFlow computes: each operation at once. For few texts it takes most of the
    time to make graphs of the operations."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["at once", "in graphs"])
def in_graphs(request) -> Iterator[bool]:
    """Whether TensorFlow makes graphs of a training, as it does for users: in the quick lane it computes the same
    operations one after the other, and in graphs those of simpler models."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(not request.param)
    yield request.param
    tensorflow.config.run_functions_eagerly(False)


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


@pytest.fixture
def store(tmp_path):
    return RunnerStore(tmp_path / "cache")


@pytest.fixture
def finish(store):
    """Puts a finished run with invented measurements into the store, in the place of one that waits for the same."""

    def make(
        spec: RunSpec,
        accuracies: list[float],
        seconds: float = 2.0,
        device: str = DEVICE,
        contended: str | None = None,
        growth: float = 0.0,
        keep_weights: bool = False,
        together: bool = False,
    ):
        """Each epoch takes ``growth`` times ``seconds`` longer than the one before."""
        best, epochs, predictions = -1.0, [], {}
        for number, accuracy in enumerate(accuracies, start=1):
            train_seconds = seconds * (1 + growth * number) + (number == 1)
            epoch = EpochFinished(
                number, 0.4, 0.9, 0.5, accuracy, 0.6, accuracy - 0.01, train_seconds, 0.1, number == 1
            )
            if spec.task == NEXT_WORD:
                epoch = replace(epoch, train_top5_accuracy=0.9, validation_top5_accuracy=0.8, test_top5_accuracy=0.7)
            if accuracy <= best:
                epoch = replace(epoch, test_loss=None, test_accuracy=None, test_top5_accuracy=None)
            else:
                predictions[number] = np.full((10, 3) if spec.task == NEXT_WORD else 10, 0.5, np.float32)
            best = max(best, accuracy)
            epochs.append(epoch)
        staged = Path(tempfile.mkdtemp(dir=store.staging_dir))
        layers = summarize(spec.layers(), (spec.encoding.length,))
        numbers = np.random.default_rng(spec.seed)  # no zeros: a bundle that packs too well is refused
        weights = [numbers.standard_normal(weight.shape, np.float32) for layer in layers for weight in layer.weights]
        save_arrays(staged / BEST_WEIGHTS, weights)
        shutil.copyfile(staged / BEST_WEIGHTS, staged / STATE)
        if keep_weights:
            save_epoch_weights(staged, dict.fromkeys(kept_epochs(len(accuracies)), weights))
        save_predictions(staged, predictions)
        files = {path.name: checksum(path) for path in sorted(staged.iterdir())}
        times = (store.clock(), store.clock(), store.clock())
        manifest = RunManifest(
            spec, tuple(epochs), {"device": device}, SHARED if together else contended, *times, files
        )
        (staged / MANIFEST).write_text(manifest.to_json())
        files |= {MANIFEST: checksum(staged / MANIFEST)}
        with store.db.transaction() as db:
            queued = db.execute(
                "DELETE FROM runs WHERE identity = ? AND state = 'queued' RETURNING id", (spec.identity,)
            )
            run_id, columns = next((row["id"] for row in queued), None), {"lane": "cpu", "attempts": 1}
            run_id = insert_finished(db, manifest, files, run_id, **columns, keeps_weights=keep_weights)
            staged.rename(store.files_dir(run_id))
        return store.run(run_id)

    return make


@pytest.fixture
def measured(store):
    """Puts many finished runs with invented measurements into the store at once, without files: from (spec, epochs),
    an epoch being (training accuracy, validation accuracy, test accuracy, seconds). Returns their ids."""

    def make(invented, device: str = DEVICE, contended: str | None = None) -> list[int]:
        return insert_measured(store, invented, device, contended)

    return make


def insert_measured(store, invented, device: str = DEVICE, contended: str | None = None) -> list[int]:
    """The same for any store."""
    with store.db.transaction() as db:
        return [
            insert_finished(
                db, RunManifest(spec, _epochs(rows), {"device": device}, contended, 0.0, 0.0, 0.0, {}), files={}
            )
            for spec, rows in invented
        ]


def _epochs(rows) -> tuple[EpochFinished, ...]:
    top5 = (0.9, 0.8, 0.7)
    return tuple(
        EpochFinished(number, 0.4, train, 0.5, validation, 0.6, test, seconds, 0.1, number == 1, *top5)
        for number, (train, validation, test, seconds) in enumerate(rows, start=1)
    )
