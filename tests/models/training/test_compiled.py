import sys
from contextlib import nullcontext
from types import SimpleNamespace

import keras
import pytest

from models.training import compiled
from models.training.compiled import compiled_as
from models.training.training import compile_model


@pytest.mark.parametrize(("name", "num_recurrent"), [("flatten", 0), ("gru", 1), ("bidirectional_2_layers", 2)])
def test_on_the_cpu_no_layer_is_computed_by_cudnn(small_spec, name, num_recurrent):
    found = compiled_as(compile_model(small_spec(name)))
    assert found["jit_compile"] is False, "deterministic operations have no XLA"
    assert list(found.get("cudnn_layers", {}).values()) == [False] * num_recurrent


def test_a_layer_that_keras_takes_from_xla_for_cudnn_is_told(small_spec):
    """As Keras marks it where TensorFlow sees a GPU, which this machine may not have."""
    model = compile_model(small_spec("lstm"))
    (layer,) = (layer for layer in model.layers if hasattr(layer, "forward_layer"))
    layer.forward_layer.supports_jit = False
    assert compiled_as(model)["cudnn_layers"] == {layer.name: True}


@pytest.mark.parametrize(("operation", "by_cudnn"), [("aten::_cudnn_rnn", True), ("aten::mm", False)])
def test_what_cudnn_computes_for_pytorch_is_seen_in_its_operations(small_spec, monkeypatch, operation, by_cudnn):
    """By an imitated PyTorch, which need not be installed."""
    model = compile_model(small_spec("gru"))
    profile = SimpleNamespace(function_events=[SimpleNamespace(name=operation)])
    profiler = SimpleNamespace(profile=lambda: nullcontext(profile))
    torch = SimpleNamespace(no_grad=nullcontext, autograd=SimpleNamespace(profiler=profiler))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    monkeypatch.setattr(compiled, "sees_gpu", lambda: True)
    assert list(compiled_as(model)["cudnn_layers"].values()) == [by_cudnn]
