import pytest

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
