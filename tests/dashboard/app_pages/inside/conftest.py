import shutil

import pytest

from cache.inference import generation_requests
from cache.inference.generation_requests import vocabulary_file
from models.encoded.encoded import fit_tokenizers


@pytest.fixture
def open_inside(open_page, monkeypatch):
    monkeypatch.setattr(generation_requests, "ensure_process", lambda store: None)
    return lambda **query: open_page("inside", **query)


@pytest.fixture
def run(store, small_spec, finish, small_data, data_root):
    run = finish(small_spec("lstm"), [0.8])
    if not vocabulary_file(data_root, run.spec).exists():
        fit_tokenizers(run.spec.data, run.spec.train_examples, [run.spec.encoding], data_root)
    shutil.copytree(data_root / "encoded" / "tokenizers", store.root / "encoded" / "tokenizers")
    return run
