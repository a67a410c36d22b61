"""Has engines train the same models in turn: an epoch each, again and again."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from models.architectures import get_architecture
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from tests.benchmarks.engines import limit
from tests.benchmarks.engines.cases import ENGINES, Lap, load_data, spec_of
from tests.benchmarks.engines.process import EngineFailed, EngineProcess, Next, Products, Train

Results = dict[str, Any]
Processes = dict[str, EngineProcess]


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
    """Yields all results so far after each round.

    The first epoch warms up and is counted apart; ``rounds`` more are measured.
    """
    results: Results = {"engines": {}, "architectures": {}}
    with ExitStack() as stack:
        processes: Processes = {}
        for name in engines:
            processes[name] = EngineProcess(ENGINES[name], device)
            stack.callback(processes[name].close)
        results["engines"] = {name: _environment(process) for name, process in processes.items()}
        for architecture in architectures:
            specs = {name: spec_of(architecture, batch_size, ENGINES[name], seed) for name in engines}
            spec = specs[engines[0]]
            train_shape = load_data(spec.encoding, examples, cache).train.x.shape
            found: Results = {name: {"laps": []} for name in engines}
            results["architectures"][architecture] = column = {
                "title": get_architecture(architecture).title,
                "parameters": spec.num_params(),
                "train_shape": train_shape,
                "limit_seconds": None,
                "engines": found,
            }
            _report(architecture)
            first = {name: Train(specs[name], 1 + rounds, examples, cache) for name in engines}
            for epoch in range(1 + rounds):
                _take_turns(processes, first if epoch == 0 else dict.fromkeys(engines, Next()), found)
                yield results
            column |= _limit(spec, train_shape[0] / batch_size, processes, device)
            yield results


def _environment(process: EngineProcess) -> Results:
    try:
        return process.environment()
    except EngineFailed as failure:  # it will fail at every architecture, and say so there
        return {"failure": str(failure)}


def _take_turns(processes: Processes, questions: dict[str, Train | Next], found: Results) -> None:
    """Adds to ``found`` a lap of each engine, or why it failed."""
    for name, process in processes.items():
        if "failure" in found[name]:
            continue
        try:
            lap: Lap = process.ask(questions[name])
        except EngineFailed as failure:
            found[name]["failure"] = str(failure)
            _report(f"{name}: {failure}")
        else:
            found[name]["laps"].append(lap._asdict())
            _report(f"{name}, epoch {len(found[name]['laps'])}: {lap.seconds:.3f} s")


def _limit(spec: RunSpec, num_batches: float, processes: Processes, device: Device) -> Results:
    """The least seconds of an epoch, and the matrix products of a batch from which they follow."""
    counts = limit.products(spec.layers(), spec.encoding.length, spec.training.batch_size)
    seconds = _fastest_products(processes, tuple(counts), device)
    products = [{"shape": shape, "times": times, "seconds": seconds.get(shape)} for shape, times in counts.items()]
    least = num_batches * sum(times * seconds[shape] for shape, times in counts.items()) if seconds else None
    return {"limit_seconds": least, "products": products}


def _fastest_products(
    processes: Processes, shapes: tuple[limit.Product, ...], device: Device
) -> dict[limit.Product, float]:
    """Seconds of a product of each shape by the best of the backends."""
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
