"""Has engines train the same models in turn: an epoch each, again and again."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from models.architectures import get_architecture
from models.machine.devices import Device
from tests.benchmarks.engines import limit
from tests.benchmarks.engines.cases import ENCODINGS, ENGINES, Lap, load_data, spec_of
from tests.benchmarks.engines.process import EngineFailed, EngineProcess, Next, Products, Train

Results = dict[str, Any]


def measure(
    engines: Sequence[str],
    architectures: Sequence[str],
    device: Device,
    cache: Path,
    *,
    rounds: int,
    batch_size: int,
    examples: int | None,
    seed: int,
) -> Iterator[Results]:
    """Yields all results so far after each architecture.

    The first epoch warms up and is counted apart; ``rounds`` more are measured.
    """
    results: Results = {"engines": {}, "architectures": {}}
    with ExitStack() as stack:
        processes = {}
        for name in engines:
            processes[name] = EngineProcess(ENGINES[name], device)
            stack.callback(processes[name].close)
        results["engines"] = {name: _environment(process) for name, process in processes.items()}
        for architecture in architectures:
            data = load_data(ENCODINGS[architecture], examples, cache)

            def train(name: str, architecture: str = architecture) -> Train:
                spec = spec_of(architecture, batch_size, ENGINES[name].backend, seed)
                return Train(spec, 1 + rounds, examples, cache)

            spec = spec_of(architecture, batch_size, "tensorflow", seed)
            found = _take_turns(processes, train, 1 + rounds, architecture)
            products = limit.products(spec.layers(), spec.encoding.length, batch_size)
            seconds = _fastest_products(processes, tuple(products), device)
            results["architectures"][architecture] = {
                "title": get_architecture(architecture).title,
                "parameters": spec.num_params(),
                "train_shape": data.train.x.shape,
                "multiply_adds_of_a_batch": sum(times * m * k * n for (m, k, n), times in products.items()),
                "limit_seconds": limit.seconds_of_epoch(products, seconds, len(data.train.y) / batch_size)
                if seconds
                else None,
                "products": [
                    {"shape": shape, "times": times, "seconds": seconds.get(shape)} for shape, times in products.items()
                ],
                "engines": found,
            }
            yield results


def _environment(process: EngineProcess) -> Results:
    try:
        return process.environment()
    except EngineFailed as failure:  # it will fail at every architecture, and say so there
        return {"failure": str(failure)}


def _take_turns(
    processes: dict[str, EngineProcess], train: Callable[[str], Train], epochs: int, architecture: str
) -> Results:
    """The laps of each engine, or why it failed."""
    found: Results = {name: {"laps": []} for name in processes}
    for epoch in range(epochs):
        for name, process in processes.items():
            if "failure" in found[name]:
                continue
            try:
                lap: Lap = process.ask(Next() if epoch else train(name))
            except EngineFailed as failure:
                found[name]["failure"] = str(failure)
                _report(f"{architecture}, {name}: {failure}")
                continue
            found[name]["laps"].append(lap._asdict())
            _report(f"{architecture}, epoch {epoch}, {name}: {lap.seconds:.3f} s, {lap.test_accuracy}")
    return found


def _fastest_products(
    processes: dict[str, EngineProcess], shapes: tuple[limit.Product, ...], device: Device
) -> dict[limit.Product, float]:
    """Seconds of each product by the best of the backends."""
    one_each = {ENGINES[name].backend: process for name, process in processes.items()}
    if device.is_gpu and len(one_each) > 1:
        one_each.pop("jax", None)  # there it compiles every shape anew, which takes longer than all epochs
    found: dict[limit.Product, float] = {}
    for process in one_each.values():
        try:
            answer = process.ask(Products(shapes))
        except EngineFailed as failure:
            _report(f"matrix products: {failure}")
            continue
        found |= {shape: min(seconds, found.get(shape, seconds)) for shape, seconds in answer.items()}
    return found


def _report(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)
