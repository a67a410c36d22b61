"""Asks trained models, in its own process, which keeps them loaded: ``python -m cache.inference.inference_server``.

Models take turns word by word, so that all can be watched side by side. The same request is answered once.
"""

import argparse
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

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
from cache.inference.request_store import Scratch
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED, RUNNING, TaskStatus
from models.data.datasets import get_dataset, load_user_datasets
from models.encoded.encoded import fit_tokenizers
from models.encoded.fitted import read_tokenizer
from models.experiments.spec import RunSpec
from models.inside.embeddings import save_embedding
from models.inside.readings import Readings
from models.machine.devices import cpu
from models.machine.environment import configure, imported_at_once
from models.tasks import NEXT_WORD
from models.text.encoding import OOV_ID, PAD_ID, encode, shaped
from models.training.generation import NOTHING_READ, Step, classify, continue_text, read_encoding
from models.training.run_files import BEST_WEIGHTS, EPOCH_WEIGHTS, load_arrays, load_epoch_weights
from models.vectors.word_vectors import load_vectors

IDLE_SECONDS = 1_800
"""So long that a lecturer may talk about one text before the next, which would wait for Keras if this process ended."""
LOOK_SECONDS = 2.0
"""Time between two checks whether the process that started this one still lives."""
WRITE_SECONDS = 0.25
"""Time between two writes of an unfinished answer; pages that follow it read about as often."""


def serve(
    root: Path, idle_seconds: float = IDLE_SECONDS, runs: Path | None = None, load: Iterable[ModelId] = ()
) -> None:
    """Answer requests until there has been none for ``idle_seconds``, or the process that started this one has ended;
    return at once if another process answers.

    Args:
        root: The folder of a cache, or of a ``Scratch``.
        idle_seconds: The idle time after which the process ends.
        runs: The folder of the cache with the models, if that is another one. It is not changed. ``root`` is then
            removed with the process that started this one.
        load: Models that are loaded meanwhile, until there is a request.

    Raises:
        CacheReadOnly: ``root`` cannot be written.
    """
    if runs is None:
        require_writable(root)
    owner, status, parent = ProcessIdentity.current().to_json(), process_file(root), os.getppid()
    status.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(status.with_suffix(".lock"), timeout=0):
            TaskStatus(RUNNING, "Waiting for requests", owner, time.time()).write(status)
            configure("tensorflow", cpu())
            with suppress(ImportError), imported_at_once():  # what is missing is said with the first request
                from models.inside import open_model  # noqa: F401
            cache = RunStore(root) if runs is None else RunStore(runs, read_only=True)
            store: RunStore | Scratch = cache if runs is None else Scratch(root)
            store.db.keeps_trying = lambda: True
            models, changes = _Models(cache, store.root), Changes(status.parent)
            for model in load:
                if not open_requests(store):
                    models.prepare(model)
            last = time.monotonic()
            while time.monotonic() < last + idle_seconds:
                for request in open_requests(store):
                    _answer(store, request, owner, models)
                    last = time.monotonic()
                changes.wait(min(last + idle_seconds - time.monotonic(), LOOK_SECONDS))
                if os.getppid() != parent or not root.exists():
                    if runs:
                        shutil.rmtree(root, ignore_errors=True)
                    break
            if root.exists():
                TaskStatus(DONE, "Nothing was asked for a while, or the server has ended.", owner, time.time()).write(
                    status
                )
    except Timeout:
        return


@dataclass(frozen=True)
class Weights:
    """Which weights of a model: the initial ones, those after an epoch, or else the best."""

    model: ModelId
    is_fresh: bool = False
    epoch: int | None = None

    @classmethod
    def of(cls, request: InsideRequest, model: ModelId) -> Self:
        return cls(model, request.is_fresh, request.kept_epoch)


class _Models:
    """The models of ``cache``, kept after loading. Files that are made for them are kept under ``root``."""

    def __init__(self, cache: RunStore, root: Path) -> None:
        self.cache, self._root = cache, root
        self._weights: dict[Weights, tuple[RunSpec, list[np.ndarray]]] = {}
        self._answering: dict[int, Any] = {}
        self._open: dict[tuple[str, int], Any] = {}
        self._tokenizers: dict[Path, Tokenizer] = {}

    def steps(self, run_id: int, request: Request) -> Iterator[Step]:
        """The answers of this run's model to a text, step by step. Raises ValueError or OSError if it cannot answer."""
        from models.training.keras_model import build_model

        spec, weights = self._load(Weights(run_id))
        tokenizer = self._tokenizer(spec)
        if run_id not in self._answering:
            self._answering[run_id] = build_model(spec.layers(), spec.encoding.length)
            self._answering[run_id].set_weights(weights)
        predict = self._answering[run_id].predict_on_batch
        if spec.task == NEXT_WORD:
            return continue_text(
                predict, tokenizer, spec.encoding.length, request.text, request.num_words,
                temperature=request.temperature, top_k=request.top_k, seed=request.seed,
            )  # fmt: skip
        labels = get_dataset(spec.dataset).labels
        return iter([classify(predict, shaped(tokenizer, spec.encoding), request.text, labels)])

    def read(self, model_id: ModelId, request: InsideRequest, other_seeds: list[list[np.ndarray]]) -> Readings:
        """A model's reading of a text, and its answers with the weights of other seeds. Raises ValueError or OSError if
        it cannot read the text.
        """
        name = Weights.of(request, model_id)
        spec, weights = self._load(name)
        encoding = read_encoding(spec)
        numbers = encode(shaped(self._tokenizer(spec), encoding), [request.text])[0]
        if not (numbers != PAD_ID).any():
            raise ValueError(NOTHING_READ)
        opened = self._opened(spec)
        opened.use(weights, name)
        readings = opened.read(numbers, encoding.padding)
        if not other_seeds:
            return readings
        return replace(readings, seeds=opened.answers_with(other_seeds, numbers, encoding.padding))

    def other_seeds(
        self, model_id: ModelId, request: InsideRequest, problems: dict[ModelId, str]
    ) -> list[list[np.ndarray]]:
        """The weights of those of ``request.others`` that differ from a model only by their seed. Unreadable ones are
        left out and named in ``problems``.
        """
        spec, _ = self._load(Weights.of(request, model_id))
        found = []
        for run in request.others:
            try:
                if replace(self.cache.run(run).spec, seed=spec.seed) == spec:
                    found.append(self._load(Weights.of(request, run))[1])
            except (ValueError, KeyError, OSError) as error:
                problems[run] = _message(error)
        return found

    def prepare(self, model_id: ModelId) -> None:
        """Prepare everything that a first text would wait for. Failures are reported with the first request."""
        try:
            name = Weights(model_id)
            spec, weights = self._load(name)
            self._tokenizer(spec)
            encoding, opened = read_encoding(spec), self._opened(spec)
            opened.use(weights, name)
            opened.read(np.full(encoding.length, OOV_ID, np.int32), encoding.padding)
        except Exception:
            traceback.print_exc()

    def keep_embedding(self, run_id: int) -> None:
        """Write the initial word vectors of this run, unless they exist. Raises ValueError or OSError if they cannot be
        made.
        """
        if not (file := embedding_file(self._root, run_id)).exists():
            save_embedding(file, self._load(Weights(run_id, is_fresh=True))[1][0])

    def _opened(self, spec: RunSpec) -> Any:
        """One model for all with the same layers: Keras takes seconds to compile it, and no time to set its weights."""
        from models.inside.open_model import OpenModel
        from models.training.keras_model import build_model

        layers, length = spec.layers(), spec.encoding.length
        if (key := (repr(layers), length)) not in self._open:
            self._open[key] = OpenModel(layers, build_model(layers, length))
        return self._open[key]

    def _load(self, name: Weights) -> tuple[RunSpec, list[np.ndarray]]:
        if name not in self._weights:
            self._weights[name] = self._fresh(name.model) if name.is_fresh else self._trained(name)
        return self._weights[name]

    def _fresh(self, model: ModelId) -> tuple[RunSpec, list[np.ndarray]]:
        from models.training.initial_vectors import initial_vectors
        from models.training.keras_model import fresh_model

        spec = self.cache.run(model).spec if isinstance(model, int) else RunSpec.from_json(model)
        load_vectors(self.cache.root)
        return spec, fresh_model(spec, initial_vectors(spec, self._root)).get_weights()

    def _trained(self, name: Weights) -> tuple[RunSpec, list[np.ndarray]]:
        run = self.cache.run(int(name.model))
        if problem := why_not(self.cache, run):
            raise ValueError(problem)
        if name.epoch and name.epoch not in run.kept_epochs:
            raise ValueError(f"{run.title} has not kept its weights after epoch {name.epoch}.")
        if (EPOCH_WEIGHTS if name.epoch else BEST_WEIGHTS) in self.cache.damaged_files(run):
            raise ValueError(f"The weights of {run.title} are damaged: train it again.")
        folder = self.cache.files_dir(run.id)
        if name.epoch:
            return run.spec, load_epoch_weights(folder, name.epoch)[name.epoch]
        return run.spec, load_arrays(folder / BEST_WEIGHTS)[0]

    def _tokenizer(self, spec: RunSpec) -> Tokenizer:
        """A tokenizer that does not cut or pad."""
        file = vocabulary_file(self._root, spec)
        if file not in self._tokenizers:
            if read_tokenizer(file) is None:
                examples = None if spec.task == NEXT_WORD else spec.train_examples
                fit_tokenizers(get_dataset(spec.dataset), examples, [spec.encoding], self._root)
            if (tokenizer := read_tokenizer(file)) is None:
                raise ValueError(f"The vocabulary of {spec.dataset} cannot be read.")
            self._tokenizers[file] = tokenizer
        return self._tokenizers[file]


def _look_inside(store: RunStore | Scratch, request: InsideRequest, owner: str, models: _Models) -> None:
    """Open one model after the other; each writes its file."""
    problems: dict[ModelId, str] = {}
    for number, model in enumerate(request.runs, start=1):
        message = f"Reading with model {number} of {len(request.runs)}"
        Answer(RUNNING, message, owner, {}, problems).write(store, request)
        try:
            if request.is_fresh and isinstance(model, int):
                models.keep_embedding(model)
            other_seeds = models.other_seeds(model, request, problems)
            models.read(model, request, other_seeds).save(inside_file(store.root, request, model))
        except Exception as error:  # only this model fails: the others go on
            traceback.print_exc()
            problems[model] = _message(error)
    has_any = any(model not in problems for model in request.runs)
    message = "Read" if has_any else "No model could be looked into."
    Answer(DONE if has_any else FAILED, message, owner, {}, problems).write(store, request)
    forget_inside(store)


def _continue(store: RunStore | Scratch, request: Request, owner: str, models: _Models) -> None:
    """All models side by side, one word each in turn, so that all can be watched."""
    steps: dict[int, tuple[Step, ...]] = dict.fromkeys(request.runs, ())
    problems: dict[ModelId, str] = {}

    def say(state: str, message: str) -> None:
        Answer(state, message, owner, steps, problems).write(store, request)

    say(RUNNING, "Loading the models")
    running, written_at = {}, 0.0
    for run in request.runs:
        try:
            running[run] = models.steps(run, request)
        except Exception as error:  # only this model fails: the others go on
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


def _answer(store: RunStore | Scratch, request: ModelRequest, owner: str, models: _Models) -> None:
    load_user_datasets(models.cache.root)
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
    parser.add_argument("--runs", type=Path, help="folder of a run cache that is left as it is, and has the models")
    parser.add_argument("--load", type=json.loads, default=[], help="models to load at once, as JSON")
    options = parser.parse_args(arguments)
    try:
        serve(options.cache, runs=options.runs, load=options.load)
    except CacheReadOnly as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
