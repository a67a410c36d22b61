"""The same Keras model by one call of ``fit``, as in a notebook."""

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
    began = time.perf_counter()
    keras.utils.clear_session()
    keras.utils.set_random_seed(spec.seed)
    keras.config.set_dtype_policy(policy)
    model = compile_model(spec)
    if jit_compile is not None:
        model.jit_compile = jit_compile
    compiled = compiled_as(model)

    class Laps(keras.callbacks.Callback):
        async_safe = True  # it reads no logs, so Keras need not wait for the device after every batch

        def on_epoch_end(self, epoch, logs=None):
            nonlocal began
            float(logs["loss"])  # once it is a number the device is done
            seconds = time.perf_counter() - began
            validated, tested = (accuracy(predict(model, split), split.y) for split in (data.validation, data.test))
            on_lap(Lap(seconds, validated, tested, compiled))
            began = time.perf_counter()

    batch_size = spec.training.batch_size
    model.fit(data.train.x, data.train.y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[Laps()])
