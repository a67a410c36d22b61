"""Requests that are answered in the test's own process."""

import shutil

from cache.core.processes import ProcessIdentity
from cache.inference import generation_requests
from cache.inference.generation_requests import Answer, Request, ask
from cache.inference.inference_server import serve
from models.text.encoding import TextEncoding

ENCODING = TextEncoding(1_000, 8)
WANTED = Request(runs=(1,), text="The film is", num_words=4, temperature=1.0, top_k=5, seed=0)


def put_in(store, spec, folder, *epochs):
    """A run with the files of the folder."""
    (run_id,) = store.submit([spec], len(epochs), "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.mark_started(run_id, {"device": "Test CPU"}, None)
    staged = store.staging_dir / "job"
    shutil.copytree(folder, staged)
    for each in epochs:
        store.add_epoch(run_id, each)
    store.finish(run_id, staged, {"device": "Test CPU"})
    return store.run(run_id)


def leave(store, request, monkeypatch, again=False):
    """As ``ask``, without starting a process."""
    with monkeypatch.context() as patch:
        patch.setattr(generation_requests, "ensure_process", lambda store: None)
        ask(store, request, again)


def answer_to(store, request, monkeypatch, again=False):
    """What the process answers, run here until it is idle."""
    leave(store, request, monkeypatch, again)
    serve(store.root, idle_seconds=0.2)
    return Answer.of(store, request)
