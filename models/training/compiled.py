"""How Keras runs a model: compiled by XLA or not, and whether cuDNN computes its recurrent layers."""

from typing import Any

import keras

from models.machine.environment import sees_gpu


def compiled_as(model: keras.Model) -> dict[str, Any]:
    """Of a compiled model: {"jit_compile": bool, "cudnn_layers": {name of a recurrent layer: bool}}, the latter only
    if it has such layers.
    """
    recurrent = {layer.name: _computed_by_cudnn(layer) for layer in model.layers if _is_recurrent(layer)}
    found = {"jit_compile": bool(model.jit_compile)}
    return found | {"cudnn_layers": recurrent} if recurrent else found


def _is_recurrent(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)


def _computed_by_cudnn(layer: keras.Layer) -> bool:
    """As Keras itself decides: for TensorFlow it takes XLA away from such a layer, for the others what is computed
    shows it.
    """
    backend = keras.config.backend()
    if backend == "tensorflow":
        one_way = getattr(layer, "forward_layer", layer)
        return isinstance(one_way, keras.layers.LSTM | keras.layers.GRU) and not one_way.supports_jit
    if backend == "jax":
        return "rnn_fwd" in _program(layer)
    return sees_gpu() and "aten::_cudnn_rnn" in _operations(layer)


def _program(layer: keras.Layer) -> str:
    """What JAX makes of the layer, for a batch of one."""
    import jax

    def call(values):
        return layer.stateless_call(
            [variable.value for variable in layer.trainable_variables],
            [variable.value for variable in layer.non_trainable_variables],
            values,
        )

    return str(jax.make_jaxpr(call)(jax.numpy.zeros((1, *layer.input.shape[1:]))))


def _operations(layer: keras.Layer) -> set[str]:
    """What PyTorch does for the layer, for a batch of one."""
    import torch

    with torch.no_grad(), torch.autograd.profiler.profile() as profile:
        layer(keras.ops.zeros((1, *layer.input.shape[1:])))
    return {event.name for event in profile.function_events}
