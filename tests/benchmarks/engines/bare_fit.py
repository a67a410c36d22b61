"""The same Keras model by Keras's ``fit``, as in a notebook, but a call for each epoch.

In one call for all of them, TensorFlow would wait at the end of an epoch for up to as long as the other engines took
their turns, see ``batches`` of ``models.training.training``.
"""

import time
from collections.abc import Callable

import keras

from models.encoded.encoded import EncodedDataset
from models.experiments.spec import RunSpec
from models.training.compiled import compiled_as
from models.training.scoring import accuracy
from models.training.training import compile_model, predict
from tests.benchmarks.engines.cases import Lap


def train(
    spec: RunSpec,
    data: EncodedDataset,
    epochs: int,
    on_lap: Callable[[Lap], None],
    jit_compile: bool | None = None,
    policy: str = "float32",
) -> None:
    began, x, y = time.perf_counter(), data.train.x, data.train.y
    keras.utils.clear_session()
    keras.utils.set_random_seed(spec.seed)
    keras.config.set_dtype_policy(policy)
    model = compile_model(spec)
    if jit_compile is not None:
        model.jit_compile = jit_compile
    compiled = compiled_as(model)
    for _ in range(epochs):
        model.fit(x, y, batch_size=spec.training.batch_size, verbose=0)
        seconds = time.perf_counter() - began
        validated, tested = (accuracy(predict(model, split), split.y) for split in (data.validation, data.test))
        on_lap(Lap(seconds, validated, tested, compiled))
        began = time.perf_counter()
