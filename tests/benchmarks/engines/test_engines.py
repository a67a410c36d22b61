import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from models.architectures import get_architecture
from models.machine.devices import cpu
from tests.benchmarks.engines import cases, limit, tables
from tests.benchmarks.engines.initial_weights import initial_weights

ROOT = Path(__file__).resolve().parents[3]
OF_A_TEXT = {
    "flatten": 1_920 * 6 + 6,
    "conv1d": 116 * 5 * 16 * 128 + 128 * 6 + 6,
    "gru": 2 * 120 * (16 + 32) * 96 + 64 * 6 + 6,
    "lstm": 2 * 120 * (16 + 32) * 128 + 64 * 6 + 6,
    "bidirectional_1_layer": 2 * 120 * (16 + 32) * 128 + 64 * 64 + 64,
    "bidirectional_2_layers": 2 * 120 * ((64 + 64) * 256 + (128 + 32) * 128) + 64 * 64 + 64,
}
"""Multiply-adds, forwards."""


@pytest.mark.parametrize("name", cases.ENCODINGS)
def test_multiply_adds_follow_from_the_layers(name):
    products = limit.products(get_architecture(name).layers(1_000), 120, batch_size=8)
    assert sum(times * m * k * n for (m, k, n), times in products.items()) == 3 * 8 * OF_A_TEXT[name]


def test_layers_whose_products_are_not_counted_are_refused():
    with pytest.raises(NotImplementedError, match="Residual"):
        limit.products(get_architecture("self_attention").layers(1_000), 120, batch_size=8)


@pytest.mark.parametrize("name", cases.ENGINES)
def test_an_engine_that_is_not_installed_is_named_as_skipped(monkeypatch, name):
    monkeypatch.setattr(cases, "find_spec", lambda backend: None)
    engine = cases.ENGINES[name]
    assert cases.why_skipped(engine, cpu()) == f"{engine.backend} is not installed"


def test_an_engine_of_unroll_trains_by_its_own_backend_and_loop():
    by_batches, whole = (
        cases.spec_of("flatten", 128, cases.ENGINES[name], 0).training for name in ("unroll-jax", "unroll-jax-epochs")
    )
    assert (by_batches.backend, by_batches.loop) == ("jax", "batches")
    assert (whole.backend, whole.loop) == ("jax", "epochs")


def laps(seconds, accuracy):
    return {"laps": [{"seconds": each, "validation_accuracy": accuracy, "test_accuracy": accuracy} for each in seconds]}


RESULTS = {
    "device": "Some CPU",
    "date": "2026-11-27",
    "batch_size": 128,
    "skipped": {"jax": "jax is not installed"},
    "engines": {"unroll-tensorflow": {}, "fit-tensorflow": {}, "fit-torch": {}, "torch": {}},
    "architectures": {
        "flatten": {
            "title": "Flatten",
            "train_shape": [20_000, 120],
            "limit_seconds": 0.25,
            "engines": {
                "unroll-tensorflow": laps([9, 2, 3, 2], 0.84),
                "fit-tensorflow": laps([8, 1, 1, 9], 0.85),
                "fit-torch": laps([1, 0.1, 0.1, 0.1], 0.5),
                "torch": {"laps": [], "failure": "no memory"},
            },
        }
    },
}


def test_seconds_are_compared_with_the_fastest_that_has_learnt_the_same():
    text = tables.as_text(RESULTS)
    assert "20,000 texts of 120 tokens, batch 128, medians of 3 epochs after a first one." in text
    assert "JAX by hand was skipped: jax is not installed." in text
    assert "| Unroll, TensorFlow | 2.000 (2.00) |\n" in text
    assert "| Keras fit, TensorFlow | 1.000 (1.00) |\n" in text
    assert "| Keras fit, PyTorch | 0.100 (0.10), not valid |\n" in text
    assert "| PyTorch by hand | failed |\n" in text
    assert "| limit of the matrix products (the fastest over it) | 0.2500 (4.0) |\n" in text


def test_accuracy_is_that_of_the_best_epoch_by_validation():
    found = [{"validation_accuracy": each, "test_accuracy": 1 - each} for each in (0.5, 0.75, 0.625)]
    assert tables.best_accuracy(found) == 0.25


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("name", ["flatten", "conv1d", "gru", "lstm", "bidirectional_2_layers"])
def test_models_by_hand_compute_what_keras_does(name, backend):
    framework = pytest.importorskip(backend)
    layers = get_architecture(name).layers(50)
    random = np.random.default_rng(0)
    weights = [
        [array + random.normal(0, 0.1, array.shape).astype(np.float32) for array in arrays]
        for arrays in initial_weights(layers, 20, seed=0)
    ]
    tokens = random.integers(0, 50, (7, 20), dtype=np.int32)

    from models.training.keras_model import build_model

    model = build_model(layers, 20)
    model.set_weights([array for arrays in weights for array in arrays])
    expected = np.asarray(model(tokens))[:, 0]
    written = import_module(f"tests.benchmarks.engines.handwritten_{backend}")
    if backend == "torch":
        with framework.no_grad():
            logits = written.make_model(layers, weights)(framework.from_numpy(tokens)).numpy()
    else:
        logits = np.asarray(written.logits(layers, framework.tree.map(framework.numpy.asarray, weights), tokens))
    assert np.allclose(1 / (1 + np.exp(-logits)), expected, atol=1e-5)


def test_weights_begin_as_keras_makes_them():
    from models.training.keras_model import build_model

    for name in ("gru", "conv1d", "bidirectional_2_layers"):
        layers = get_architecture(name).layers(1_000)
        ours = [array for arrays in initial_weights(layers, 120, seed=0) for array in arrays]
        for mine, theirs in zip(ours, build_model(layers, 120).get_weights(), strict=True):
            assert mine.shape == theirs.shape
            assert mine.any() == theirs.any()
            if mine.size > 500:
                assert np.isclose(mine.std(), theirs.std(), rtol=0.1)
                assert np.isclose(np.abs(mine).max(), np.abs(theirs).max(), rtol=0.3)


@pytest.mark.slow
def test_the_command_trains_in_turn_and_prints_tables(tmp_path, monkeypatch):
    monkeypatch.delenv("TF_DETERMINISTIC_OPS")
    file = tmp_path / "results.json"
    command = [sys.executable, "-m", "tests.benchmarks.engines", "--device", "cpu"]
    options = "--engines unroll-tensorflow fit-tensorflow-xla --architectures flatten --examples 300 --rounds 2"
    measured = subprocess.run(
        [*command, *options.split(), "--json", file], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert measured.returncode == 0, measured.stderr
    assert "300 texts of 120 tokens, batch 128, medians of 2 epochs after a first one." in measured.stdout
    results = json.loads(file.read_text())
    found = results["architectures"]["flatten"]["engines"]
    assert [len(each["laps"]) for each in found.values()] == [3, 3]
    assert not found["unroll-tensorflow"]["laps"][0]["compiled"]["jit_compile"], "Unroll's operations are deterministic"
    assert found["fit-tensorflow-xla"]["laps"][0]["compiled"]["jit_compile"]
    assert results["architectures"]["flatten"]["limit_seconds"] > 0
    shown = subprocess.run([*command, "--show", file], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "| Unroll, TensorFlow |" in shown.stdout
    assert measured.stdout.endswith(shown.stdout), "preparing the texts may print, too"
