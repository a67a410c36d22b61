"""The same list of layers as a real Keras model. Only worker processes and tests import this module."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import keras
import numpy as np

from models.experiments.spec import RunSpec
from models.layers import Layer, MultiHeadAttention, Residual, SelfAttention
from models.regularizers import Regularizer


def build_model(layers: Sequence[Layer], length: int) -> keras.Model:
    """An uncompiled Keras model that reads int32 token numbers of shape (batch, length)."""
    tokens = keras.Input((length,), dtype="int32")
    return keras.Model(tokens, connect(layers, tokens))


def fresh_model(spec: RunSpec, vectors: np.ndarray | None = None) -> keras.Model:
    """The uncompiled model with which the training of ``spec`` begins.

    Args:
        spec: The run's spec; its seed decides the weights.
        vectors: (vocabulary_size, embedding_dim), float32: with what the embedding begins, if not at random.
    """
    keras.utils.set_random_seed(spec.seed)
    model = build_model(spec.layers(), spec.encoding.length)
    if vectors is not None:
        embedding_of(model).set_weights([vectors])
    return model


def embedding_of(model: keras.Model) -> keras.layers.Embedding:
    return next(layer for layer in model.layers if isinstance(layer, keras.layers.Embedding))


def connect(layers: Sequence[Layer], x: keras.KerasTensor) -> keras.KerasTensor:
    """What ``layers`` make of ``x``, one after the other."""
    for layer in layers:
        if isinstance(layer, Residual):
            x = keras.layers.Add()([x, connect(layer.layers, x)])
        elif isinstance(layer, MultiHeadAttention):
            x = to_keras(layer)(x, x)
        elif isinstance(layer, SelfAttention):
            x = to_keras(layer)([x, x])
        else:
            x = to_keras(layer)(x)
    return x


def to_keras(layer: Layer) -> keras.Layer:
    """The Keras layer of the same name with the same arguments. A Residual has no such layer."""
    arguments = {field.name: _in_keras(getattr(layer, field.name)) for field in fields(layer)}
    return getattr(keras.layers, type(layer).__name__)(**arguments)


def _in_keras(value: Any) -> Any:
    """The value of an argument as Keras has it."""
    if isinstance(value, Layer):
        return to_keras(value)
    if isinstance(value, Regularizer):
        numbers = {name: number for name, number in (("l1", value.l1), ("l2", value.l2)) if number}
        return getattr(keras.regularizers, value.kind)(**numbers)
    return value
