"""From pressing Train to the last curve, beside a notebook's script that trains the same line-up with Keras alone."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cache.execution.launching import ensure_runners, stop_runners
from cache.execution.queue import RunRequest, enqueue
from cache.results.results import fetch
from cache.store.store import RunStore
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.layers.keras_code import layers_import, model_statements
from models.machine.devices import cpu
from models.text.encoding import TextEncoding

NAMES, EPOCHS, POLL_SECONDS = ("flatten", "lstm", "gru", "conv1d"), 5, 0.05
BATCH, KERAS_BATCH = Training().batch_size, 32
BEGIN = """
import csv
import keras
import numpy as np
import tensorflow as tf
{imports}

def read(split):
    with open(f"{{split}}.csv") as file:
        texts, labels = zip(*csv.reader(file))
    return list(texts), np.array(labels, "int32")

splits = {{split: read(split) for split in ("train", "validation", "test")}}
words = keras.layers.TextVectorization({vocabulary_size}, output_sequence_length={length})
words.adapt(splits["train"][0])
data = {{split: (words(tf.constant(texts)).numpy(), labels) for split, (texts, labels) in splits.items()}}
"""
TRAIN = """
{model}
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(*data["train"], batch_size={batch}, epochs={epochs}, validation_data=data["validation"])
print(model.evaluate(*data["test"]))
"""


def measure() -> Iterator[tuple[str, str, str]]:
    comparison = Comparison("imdb", None, TextEncoding(), Training(), EPOCHS, 1, tuple(Entry(name) for name in NAMES))
    with tempfile.TemporaryDirectory() as folder:
        usual, ours = (_notebook_seconds(comparison, Path(folder), batch) for batch in (KERAS_BATCH, BATCH))
        store = RunStore(Path(folder) / "cache")
        fingerprint = comparison.dataset.fingerprint(store.root)
        try:
            message, batch, last = _click_seconds(store, comparison, fingerprint)
            yield (
                f"Train to the last curve of {len(NAMES)}, beside a script at batch {KERAS_BATCH}",
                f"{last / usual:.2f} times ({last:.0f} s, {usual:.0f} s)",
                "at most 0.6 times",
            )
            yield f"the same beside a script at batch {BATCH}", f"{last / ours:.2f} times ({ours:.0f} s)", "at most 0.9"
            cold = f"{message:.1f} s, {batch:.1f} s"
            yield "Train to the first message and the first batch, cold cache, no runner", cold, "under 10 s"
            more = Comparison(**vars(comparison) | {"num_seeds": 2, "epochs": 1})
            message, batch, _ = _click_seconds(store, more, fingerprint)
            yield "the same when the runner waits", f"{message:.1f} s, {batch:.1f} s", "under 3 s"
            began = time.perf_counter()
            cached = fetch(store, comparison, fingerprint, cpu().name)
            took = time.perf_counter() - began
            assert all(result.is_cached for result in cached)
            yield "reading the line-up from the cache", f"{took:.3f} s", "under 0.2 s"
        finally:
            stop_runners(store)


def _click_seconds(store: RunStore, comparison: Comparison, fingerprint: str) -> tuple[float, float, float]:
    """Seconds from queueing what is missing to the first message, the first batch, and the last run's end."""
    began, message, batch = time.perf_counter(), 0.0, 0.0
    specs = [spec for each in comparison.specs(fingerprint).values() for spec in each]
    ids = enqueue(store, [RunRequest(spec, comparison.epochs, "cpu") for spec in specs]).new
    ensure_runners(store)
    is_training = True
    while is_training:
        time.sleep(POLL_SECONDS)
        runs = store.runs_by_id(ids).values()
        took = time.perf_counter() - began
        message = message or took * any(bool(run.progress) or run.num_epochs > 0 for run in runs)
        batch = batch or took * any(run.progress.get("batch") or run.num_epochs for run in runs)
        is_training = any(run.is_active for run in runs)
    return message, batch, time.perf_counter() - began


def _notebook_seconds(comparison: Comparison, folder: Path, batch: int) -> float:
    """Of the whole script, with nothing set for TensorFlow."""
    encoding = comparison.encoding
    for name, split in comparison.dataset.load(folder / "tfds").items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(zip(split.texts, split.labels, strict=True))
    layers = [[each.layer for each in comparison.layers(entry)] for entry in comparison.entries]
    imports = layers_import([layer for each in layers for layer in each])
    code = BEGIN.format(imports=imports, vocabulary_size=encoding.vocabulary_size, length=encoding.length)
    for each in layers:
        model = "\n".join(model_statements(each, encoding.length))
        code += TRAIN.format(model=model, batch=batch, epochs=comparison.epochs)
    (folder / "notebook.py").write_text(code)
    without = {name: value for name, value in os.environ.items() if not name.startswith("TF_DETERMINISTIC")}
    began = time.perf_counter()
    command = [sys.executable, "notebook.py"]
    subprocess.run(command, cwd=folder, env=without, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
