"""Training by Unroll's own ``train()``, with all that it does beside ``fit``."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from models.encoded.encoded import EncodedDataset
from models.experiments.spec import RunSpec
from models.training import training
from models.training.events import EpochFinished, Started
from tests.benchmarks.engines.cases import Lap


def train(spec: RunSpec, data: EncodedDataset, epochs: int, on_lap: Callable[[Lap], None]) -> None:
    """Whatever passes between two epochs counts, but for the evaluation."""
    evaluated, compiled = 0.0, {}
    evaluate = training.evaluate

    def timed(*arguments):
        nonlocal evaluated
        started = time.perf_counter()
        found = evaluate(*arguments)
        evaluated += time.perf_counter() - started
        return found

    with tempfile.TemporaryDirectory() as output, patch.object(training, "evaluate", timed):
        began = time.perf_counter()
        for event in training.train(spec, data, epochs, Path(output)):
            if isinstance(event, Started):
                compiled = event.compiled
            elif isinstance(event, EpochFinished):
                seconds = time.perf_counter() - began - evaluated
                on_lap(Lap(seconds, event.validation_accuracy, event.test_accuracy, compiled))
                began, evaluated = time.perf_counter(), 0.0
