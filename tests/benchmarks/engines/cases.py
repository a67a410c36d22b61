"""What is compared: ways to train a model, and the architectures on which they are tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from models.data.datasets import get_dataset
from models.encoded.encoded import EncodedDataset, EncodedSplit, load_encoded
from models.experiments.spec import BATCHES, WHOLE_EPOCHS, RunSpec, Training
from models.machine.devices import Device, usable_devices
from models.text.encoding import TextEncoding

DATASET = "imdb"
SUBWORDS = TextEncoding(vocabulary_size=8_185, tokenizer="subwords")
ENCODINGS = {
    "flatten": TextEncoding(),
    "lstm": TextEncoding(),
    "gru": TextEncoding(),
    "conv1d": TextEncoding(),
    "bidirectional_1_layer": SUBWORDS,
    "bidirectional_2_layers": SUBWORDS,
}
"""The line-up and the pair of one against two layers, each with the encoding of its study."""


@dataclass(frozen=True)
class Engine:
    """``module``, beside this one, has a function ``train(spec, data, epochs, on_lap, **options)``.

    One that is not ``exact`` computes with fewer digits: no other is measured by it.
    """

    title: str
    backend: str
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = True
    loop: str = BATCHES

    @property
    def is_unroll(self) -> bool:
        return self.module == "through_unroll"


ENGINES = {
    "unroll-tensorflow": Engine("Unroll, TensorFlow", "tensorflow", "through_unroll"),
    "unroll-jax": Engine("Unroll, JAX", "jax", "through_unroll"),
    "unroll-jax-epochs": Engine("Unroll, JAX, whole epochs", "jax", "through_unroll", loop=WHOLE_EPOCHS),
    "unroll-torch": Engine("Unroll, PyTorch", "torch", "through_unroll"),
    "fit-tensorflow": Engine("Keras fit, TensorFlow", "tensorflow", "bare_fit"),
    "fit-tensorflow-xla": Engine("Keras fit, TensorFlow with XLA", "tensorflow", "bare_fit", {"jit_compile": True}),
    "fit-jax": Engine("Keras fit, JAX", "jax", "bare_fit"),
    "fit-torch": Engine("Keras fit, PyTorch", "torch", "bare_fit"),
    "torch": Engine("PyTorch by hand", "torch", "handwritten_torch"),
    "jax": Engine("JAX by hand", "jax", "handwritten_jax"),
    "fit-jax-bfloat16": Engine(
        "Keras fit, JAX, mixed bfloat16", "jax", "bare_fit", {"policy": "mixed_bfloat16"}, exact=False
    ),
}


class Lap(NamedTuple):
    """One epoch. ``seconds`` are of its training part, shuffling included; in the first one the model is made and
    compiled, too.

    ``test_accuracy`` may be None where ``validation_accuracy`` is not the best so far. ``compiled`` is as Keras runs
    the model, see ``models.training.compiled``; empty for code by hand.
    """

    seconds: float
    validation_accuracy: float
    test_accuracy: float | None
    compiled: Mapping[str, Any] = {}


def spec_of(architecture: str, batch_size: int, engine: Engine, seed: int) -> RunSpec:
    return RunSpec.create(
        dataset=DATASET,
        fingerprint="of no matter here",
        architecture=architecture,
        encoding=ENCODINGS[architecture],
        training=Training(batch_size=batch_size, backend=engine.backend, loop=engine.loop),
        seed=seed,
    )


def load_data(encoding: TextEncoding, examples: int | None, cache: Path) -> EncodedDataset:
    """The encoded reviews, of which only the first ``examples`` are trained on, in memory as a notebook has them."""
    data = load_encoded(get_dataset(DATASET), None, encoding, cache)
    train, validation, test = (
        EncodedSplit(split.x[:most].copy(), split.y[:most].copy())
        for split, most in ((data.train, examples), (data.validation, None), (data.test, None))
    )
    return EncodedDataset(train, validation, test, data.num_classes)


def best_device() -> Device:
    """A GPU that any installed backend can use, else the processor."""
    backends = sorted({engine.backend for engine in ENGINES.values()})
    found = [usable_devices(backend)[0] for backend in backends if find_spec(backend)]
    return next((device for device in found if device.is_gpu), found[0])


def why_skipped(engine: Engine, device: Device) -> str | None:
    """None if it can be measured on ``device``."""
    if not find_spec(engine.backend):
        return f"{engine.backend} is not installed"
    if device not in usable_devices(engine.backend):
        return f"{engine.backend} was installed without its GPU libraries"
    if not (engine.exact or device.is_gpu):
        return "meant for a GPU"
    return None
