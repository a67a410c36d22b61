"""Texts put to trained models, in a process of its own that stays warm: ``python -m cache.inference.inference_server``.

A word of each model in turn, so that all can be watched side by side. The same request is answered once.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cache.core.access import CacheReadOnly, require_writable
from cache.core.changes import Changes
from cache.core.paths import cache_root
from cache.core.processes import ProcessIdentity
from cache.inference.generation_requests import Answer, Request, open_requests, process_file, vocabulary_file, why_not
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED, RUNNING, TaskStatus
from models.data.datasets import get_dataset, load_user_datasets
from models.machine.devices import cpu
from models.machine.environment import configure
from models.tasks import NEXT_WORD
from models.training.generation import Step, classify, continue_text
from models.training.run_files import BEST_WEIGHTS, load_arrays

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
    """Trained models by their runs, kept once they are loaded."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._loaded: dict[int, Callable[..., Iterator[Step]]] = {}

    def of(self, run_id: int) -> Callable[..., Iterator[Step]]:
        """What this run's model says to a text, step by step. Raises ValueError or OSError for none."""
        if run_id not in self._loaded:
            self._loaded[run_id] = self._load(run_id)
        return self._loaded[run_id]

    def _load(self, run_id: int) -> Callable[..., Iterator[Step]]:
        from models.encoded.encoded import fit_tokenizers
        from models.encoded.fitted import read_tokenizer
        from models.text.encoding import shaped
        from models.training.keras_model import build_model

        store, run = self._store, self._store.run(run_id)
        if problem := why_not(store, run):
            raise ValueError(problem)
        spec, dataset = run.spec, get_dataset(run.spec.dataset)
        examples = None if spec.task == NEXT_WORD else spec.train_examples
        file = vocabulary_file(store.root, spec)
        if read_tokenizer(file) is None:
            fit_tokenizers(dataset, examples, [spec.encoding], store.root)
        if (tokenizer := read_tokenizer(file)) is None:
            raise ValueError(f"The vocabulary of run {run_id} cannot be read.")
        model = build_model(spec.layers(), spec.encoding.length)
        model.set_weights(load_arrays(store.files_dir(run_id) / BEST_WEIGHTS)[0])

        def words(*arguments: Any, **settings: Any) -> Iterator[Step]:
            return continue_text(model.predict_on_batch, tokenizer, spec.encoding.length, *arguments, **settings)

        def one_class(text: str, *arguments: Any, **settings: Any) -> Iterator[Step]:
            yield classify(model.predict_on_batch, shaped(tokenizer, spec.encoding), text, dataset.labels)

        return words if spec.task == NEXT_WORD else one_class


def _answer(store: RunStore, request: Request, owner: str, models: _Models) -> None:
    """All models side by side, a word of each in turn, so that all can be watched."""
    load_user_datasets(store.root)
    steps: dict[int, tuple[Step, ...]] = dict.fromkeys(request.runs, ())
    problems: dict[int, str] = {}

    def say(state: str, message: str) -> None:
        Answer(state, message, owner, steps, problems).write(store, request)

    say(RUNNING, "Loading the models")
    running, written_at = {}, 0.0
    for run in request.runs:
        try:
            running[run] = models.of(run)(
                request.text, request.num_words,
                temperature=request.temperature, top_k=request.top_k, seed=request.seed,
            )  # fmt: skip
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
