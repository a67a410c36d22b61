"""An engine in a process of its own, since Keras chooses its backend when it is imported."""

import multiprocessing
import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.machine.environment import configure, describe, sees_gpu
from tests.benchmarks.engines import limit
from tests.benchmarks.engines.cases import Engine, Lap, load_data


class EngineFailed(RuntimeError):
    """The engine could not do what it was asked; the message is its last words."""


@dataclass(frozen=True)
class Products:
    """Asks for the seconds of matrix products, see ``limit.measure``."""

    shapes: tuple[limit.Product, ...]


@dataclass(frozen=True)
class Train:
    """Asks for the first of so many epochs; each later one is asked for by ``Next``."""

    spec: RunSpec
    epochs: int
    examples: int | None
    cache: Path


@dataclass(frozen=True)
class Next: ...


class EngineProcess:
    """Loads its framework at once, and then works only while it is asked, so that several take turns on one device."""

    def __init__(self, engine: Engine, device: Device) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, engine, device), daemon=True)
        self._process.start()
        theirs.close()

    def environment(self) -> dict[str, Any]:
        """What it runs in, as a run records it: to be called once, before anything is asked. Raises EngineFailed."""
        return self._answer()

    def ask(self, question: Products | Train | Next) -> Any:
        """A Lap, or what was asked for. Raises EngineFailed."""
        with suppress(OSError):  # it has ended, as the answer will tell
            self._connection.send(question)
        return self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.join(5)
            raise EngineFailed(f"its process ended with exit code {self._process.exitcode}") from error
        if isinstance(answer, EngineFailed):
            raise answer
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


def _serve(connection: Connection, engine: Engine, device: Device) -> None:
    configure(engine.backend, device)
    if not engine.is_unroll:
        os.environ.pop("TF_DETERMINISTIC_OPS", None)  # which Unroll sets on the CPU, and a notebook does not
    train = import_module(f"tests.benchmarks.engines.{engine.module}").train
    if device.is_gpu and not sees_gpu():
        raise RuntimeError(f"{engine.backend} sees no GPU")
    connection.send(describe(engine.backend, device))
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        try:
            if isinstance(question, Train):
                _train(connection, partial(train, **engine.options), question)
            else:
                connection.send(limit.measure(question.shapes, device.is_gpu))
        except Exception as error:
            traceback.print_exc()
            connection.send(EngineFailed(f"{type(error).__name__}: {str(error)[:200]}"))


def _train(connection: Connection, train: Callable[..., None], asked: Train) -> None:
    data = load_data(asked.spec.encoding, asked.examples, asked.cache)
    left = asked.epochs

    def on_lap(lap: Lap) -> None:
        nonlocal left
        left -= 1
        connection.send(lap)
        if left:
            connection.recv()

    train(asked.spec, data, asked.epochs, on_lap)
