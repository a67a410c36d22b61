"""What Unroll adds to a bare ``model.fit`` of the same model on the same arrays, measured in turn in one run."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from models.data.datasets import get_dataset
from models.encoded.encoded import EncodedDataset, load_encoded
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding

ROUNDS = 7
EPOCHS = 3
EXAMPLES = {"flatten": None, "conv1d": None, "gru": 5_000, "lstm": 5_000}
"""All for the fast ones; fewer for the slow, which makes Unroll's constant cost per epoch weigh more, not less."""


def measure() -> Iterator[tuple[str, str, str]]:
    imdb = get_dataset("imdb")
    with tempfile.TemporaryDirectory() as folder:
        for name, examples in EXAMPLES.items():
            data = load_encoded(imdb, examples, TextEncoding(), Path(folder))
            spec = RunSpec.create(dataset="imdb", fingerprint="x", architecture=name, train_examples=examples)
            pairs = [(_ours(spec, data), _bare(spec, data)) for _ in range(ROUNDS)]
            ours, bare = (min(column) for column in zip(*pairs, strict=True))
            typical = median(left / right for left, right in pairs)
            what = f"{name}, {EPOCHS} epochs, fastest of {ROUNDS}: train() {ours:.2f} s, bare fit {bare:.2f} s"
            yield what, f"ratio {ours / bare:.3f}", f"at most 1.05 (median of the pairs {typical:.3f})"


def _ours(spec: RunSpec, data: EncodedDataset) -> float:
    from models.training.training import train

    with tempfile.TemporaryDirectory() as output:
        started = time.perf_counter()
        for _ in train(spec, data, EPOCHS, Path(output)):
            pass
        return time.perf_counter() - started


def _bare(spec: RunSpec, data: EncodedDataset) -> float:
    import keras

    from models.training.training import compile_model

    started = time.perf_counter()
    keras.utils.clear_session()
    keras.utils.set_random_seed(spec.seed)
    model = compile_model(spec)
    model.fit(
        data.train.x[:],
        data.train.y[:],
        batch_size=spec.training.batch_size,
        epochs=EPOCHS,
        validation_data=(data.validation.x[:], data.validation.y[:]),
        verbose=0,
    )
    return time.perf_counter() - started
