"""A cache with something of every kind in it, for tests of who may change it."""

import io
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cache.browsing import annotations
from cache.inference import generation_requests
from cache.operations import saved_views
from cache.tasks import add_vectors, task_status
from cache.transfer import bundles
from models.data import datasets
from models.data.datasets import add_user_dataset
from models.data.labelled import Labelled
from models.stacks import named_stacks
from models.stacks.named_stacks import save_stack
from models.stacks.stack_parser import parse_stack
from models.vectors import word_vectors
from models.vectors.word_vectors import add_vectors as add_word_vectors

GLOVE = b"good 1 2 3\nbad 4 5 6\n"
FINISHED, WAITING, BINNED = 1, 2, 3


@pytest.fixture
def filled(store, finish, small_spec, tmp_path) -> Iterator[SimpleNamespace]:
    """A cache with something of every kind in it."""
    root, labelled = (
        store.root,
        Labelled([f"text {n}" for n in range(200)], [n % 2 for n in range(200)], ("a", "b"), ()),
    )
    done = finish(small_spec(), [0.8, 0.9])
    assert store.submit([small_spec(seed=seed) for seed in (1, 2, 3)], 1, "cpu") == [WAITING, BINNED, 4]
    annotations.delete(store, [BINNED])
    store.cancel([4])
    (store.staging_dir / "job").mkdir()
    (store.staging_dir / "job" / "state.npz").write_bytes(b"x")
    dataset = add_user_dataset(root, "Mine", labelled, "mine.csv")
    save_stack(root, "Mine", parse_stack("Embedding(16) → Flatten()"))
    vectors, _ = add_word_vectors(root, io.BytesIO(GLOVE), "glove.txt", "Mine")
    task_status.TaskStatus(task_status.FAILED, "It was no file.", "", 1.0).write(
        add_vectors.ADD_VECTORS.status_file(root)
    )
    saved_views.save_view(store, {"epochs": ["2"]})
    (tmp_path / "new.txt").write_bytes(b"other 1 2\nwords 3 4\n")
    bundle = io.BytesIO()
    bundles.export_bundle(store, [done.id], bundle)
    yield SimpleNamespace(
        root=root, labelled=labelled, dataset=dataset.name, vectors=vectors.name, vectors_file=tmp_path / "new.txt",
        bundle=bundle, spec=small_spec("gru"), failed=4, finished=done,
        request=generation_requests.Request((done.id,), "This film", 1, 1.0, 1, 0),
    )  # fmt: skip
    datasets._user_datasets.contents, word_vectors._known.contents, named_stacks._known.contents = {}, {}, ({}, ())
