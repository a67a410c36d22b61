"""Texts put to trained models, in a process of its own that stays warm: ``python -m cache.inference.inference_server``.

A word of each model in turn, so that all can be watched side by side. The same request is answered once.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from tokenizers import Tokenizer

from cache.core.access import CacheReadOnly, require_writable
from cache.core.changes import Changes
from cache.core.paths import cache_root
from cache.core.processes import ProcessIdentity
from cache.inference.generation_requests import (
    Answer,
    InsideRequest,
    ModelId,
    ModelRequest,
    Request,
    embedding_file,
    forget_inside,
    inside_file,
    open_requests,
    process_file,
    vocabulary_file,
    why_not,
)
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED, RUNNING, TaskStatus
from models.data.datasets import get_dataset, load_user_datasets
from models.encoded.encoded import fit_tokenizers
from models.encoded.fitted import read_tokenizer
from models.experiments.spec import RunSpec
from models.inside.embeddings import save_embedding
from models.inside.readings import Readings
from models.machine.devices import cpu
from models.machine.environment import configure
from models.tasks import NEXT_WORD
from models.text.encoding import PAD_ID, encode, shaped
from models.training.generation import NOTHING_READ, Step, classify, continue_text, read_encoding
from models.training.run_files import BEST_WEIGHTS, load_arrays
from models.vectors.word_vectors import load_vectors

IDLE_SECONDS = 300
WRITE_SECONDS = 0.25
"""Time between two writes of an unfinished answer; pages that follow it read about as often."""


def serve(root: Path, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answers requests until there has been none for ``idle_seconds``; returns at once if another process does.

    Raises CacheReadOnly.
    """
    require_writable(root)
    owner, status = ProcessIdentity.current().to_json(), process_file(root)
    status.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(status.with_suffix(".lock"), timeout=0):
            TaskStatus(RUNNING, "Waiting for requests", owner, time.time()).write(status)
            configure("tensorflow", cpu())
            store = RunStore(root)
            store.db.keeps_trying = lambda: True
            models, last, changes = _Models(store), time.monotonic(), Changes(status.parent)
            while time.monotonic() < last + idle_seconds:
                for request in open_requests(store):
                    _answer(store, request, owner, models)
                    last = time.monotonic()
                changes.wait(last + idle_seconds - time.monotonic())
            TaskStatus(DONE, "Nothing was asked for a while.", owner, time.time()).write(status)
    except Timeout:
        return


class _Models:
    """Models, kept once they are loaded."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._loaded: dict[tuple[ModelId, bool], tuple[RunSpec, Any]] = {}
        self._tokenizers: dict[Path, Tokenizer] = {}
        self._open: dict[tuple[ModelId, bool], Any] = {}

    def steps(self, run_id: int, request: Request) -> Iterator[Step]:
        """What this run's model says to a text, step by step. Raises ValueError or OSError for none."""
        spec, model = self._model(run_id)
        tokenizer = self._tokenizer(spec)
        if spec.task == NEXT_WORD:
            return continue_text(
                model.predict_on_batch, tokenizer, spec.encoding.length, request.text, request.num_words,
                temperature=request.temperature, top_k=request.top_k, seed=request.seed,
            )  # fmt: skip
        labels = get_dataset(spec.dataset).labels
        return iter([classify(model.predict_on_batch, shaped(tokenizer, spec.encoding), request.text, labels)])

    def read(self, model_id: ModelId, request: InsideRequest, other_seeds: list[list[np.ndarray]]) -> Readings:
        """All that a model does with a text, and its answers with the weights of other seeds. Raises ValueError or
        OSError for none.
        """
        from models.inside.open_model import OpenModel

        key = (model_id, request.is_fresh)
        spec, model = self._model(*key)
        encoding = read_encoding(spec)
        numbers = encode(shaped(self._tokenizer(spec), encoding), [request.text])[0]
        if not (numbers != PAD_ID).any():
            raise ValueError(NOTHING_READ)
        if key not in self._open:
            self._open[key] = OpenModel(spec.layers(), model)
        readings = self._open[key].read(numbers, encoding.padding)
        if not other_seeds:
            return readings
        return replace(readings, seeds=self._open[key].answers_with(other_seeds, numbers, encoding.padding))

    def other_seeds(
        self, model_id: ModelId, request: InsideRequest, problems: dict[ModelId, str]
    ) -> list[list[np.ndarray]]:
        """The weights of those of ``request.others`` that differ from a model by their seed alone. One that cannot be
        read is left out, and ``problems`` says why.
        """
        spec, _ = self._model(model_id, request.is_fresh)
        found = []
        for run in request.others:
            try:
                if replace(self._store.run(run).spec, seed=spec.seed) == spec:
                    found.append(self._model(run, request.is_fresh)[1].get_weights())
            except (ValueError, KeyError, OSError) as error:
                problems[run] = _message(error)
        return found

    def keep_embedding(self, run_id: int) -> None:
        """Writes the vectors with which this run's training began, unless they are there. Raises ValueError or OSError
        for none.
        """
        from models.training.keras_model import embedding_of

        if not (file := embedding_file(self._store.root, run_id)).exists():
            save_embedding(file, embedding_of(self._model(run_id, is_fresh=True)[1]).get_weights()[0])

    def _model(self, model_id: ModelId, is_fresh: bool = False) -> tuple[RunSpec, Any]:
        if (model_id, is_fresh) not in self._loaded:
            self._loaded[model_id, is_fresh] = self._load(model_id, is_fresh)
        return self._loaded[model_id, is_fresh]

    def _load(self, model_id: ModelId, is_fresh: bool) -> tuple[RunSpec, Any]:
        from models.training.initial_vectors import initial_vectors
        from models.training.keras_model import build_model, fresh_model

        if is_fresh or isinstance(model_id, str):
            spec = RunSpec.from_json(model_id) if isinstance(model_id, str) else self._store.run(model_id).spec
            load_vectors(self._store.root)
            return spec, fresh_model(spec, initial_vectors(spec, self._store.root))
        run = self._store.run(model_id)
        if problem := why_not(self._store, run):
            raise ValueError(problem)
        if BEST_WEIGHTS in self._store.damaged_files(run):
            raise ValueError(f"The weights of {run.title} are damaged: train it again.")
        model = build_model(run.spec.layers(), run.spec.encoding.length)
        model.set_weights(load_arrays(self._store.files_dir(run.id) / BEST_WEIGHTS)[0])
        return run.spec, model

    def _tokenizer(self, spec: RunSpec) -> Tokenizer:
        """One that neither cuts nor pads."""
        file = vocabulary_file(self._store.root, spec)
        if file not in self._tokenizers:
            if read_tokenizer(file) is None:
                examples = None if spec.task == NEXT_WORD else spec.train_examples
                fit_tokenizers(get_dataset(spec.dataset), examples, [spec.encoding], self._store.root)
            if (tokenizer := read_tokenizer(file)) is None:
                raise ValueError(f"The vocabulary of {spec.dataset} cannot be read.")
            self._tokenizers[file] = tokenizer
        return self._tokenizers[file]


def _look_inside(store: RunStore, request: InsideRequest, owner: str, models: _Models) -> None:
    """One model after the other; each writes its file."""
    problems: dict[ModelId, str] = {}
    for number, model in enumerate(request.runs, start=1):
        message = f"Reading with model {number} of {len(request.runs)}"
        Answer(RUNNING, message, owner, {}, problems).write(store, request)
        try:
            if request.is_fresh and isinstance(model, int):
                models.keep_embedding(model)
            other_seeds = models.other_seeds(model, request, problems)
            models.read(model, request, other_seeds).save(inside_file(store.root, request, model))
        except Exception as error:  # of this model alone, whatever it is: the others go on
            traceback.print_exc()
            problems[model] = _message(error)
    has_any = any(model not in problems for model in request.runs)
    message = "Read" if has_any else "No model could be looked into."
    Answer(DONE if has_any else FAILED, message, owner, {}, problems).write(store, request)
    forget_inside(store)


def _continue(store: RunStore, request: Request, owner: str, models: _Models) -> None:
    """All models side by side, a word of each in turn, so that all can be watched."""
    steps: dict[int, tuple[Step, ...]] = dict.fromkeys(request.runs, ())
    problems: dict[ModelId, str] = {}

    def say(state: str, message: str) -> None:
        Answer(state, message, owner, steps, problems).write(store, request)

    say(RUNNING, "Loading the models")
    running, written_at = {}, 0.0
    for run in request.runs:
        try:
            running[run] = models.steps(run, request)
        except Exception as error:  # of this model alone, whatever it is: the others go on
            traceback.print_exc()
            problems[run] = _message(error)
    while running:
        for run in list(running):
            try:
                steps[run] += (next(running[run]),)
            except StopIteration:
                del running[run]
            except Exception as error:
                traceback.print_exc()
                problems[run] = _message(error)
                del running[run]
        if time.monotonic() > written_at + WRITE_SECONDS:
            say(RUNNING, "Writing")
            written_at = time.monotonic()
    say(DONE if any(steps.values()) else FAILED, "Written" if any(steps.values()) else "No model could answer.")


def _answer(store: RunStore, request: ModelRequest, owner: str, models: _Models) -> None:
    load_user_datasets(store.root)
    if isinstance(request, InsideRequest):
        _look_inside(store, request, owner, models)
    elif isinstance(request, Request):
        _continue(store, request, owner, models)


def _message(error: Exception) -> str:
    text = str(error.args[0]) if error.args else ""
    return text.splitlines()[0] if text else type(error).__name__


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cache.inference.inference_server", description=__doc__)
    parser.add_argument("--cache", type=Path, default=cache_root(), help="folder of the run cache")
    try:
        serve(parser.parse_args(arguments).cache)
    except CacheReadOnly as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
