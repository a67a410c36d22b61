"""The same list of layers as a real Keras model. Only worker processes and tests import this module."""

from collections.abc import Sequence
from dataclasses import fields

import keras

from models.layers import Layer


def build_model(layers: Sequence[Layer], length: int) -> keras.Model:
    """An uncompiled Keras model that reads int32 token numbers of shape (batch, length)."""
    return keras.Sequential([keras.Input((length,), dtype="int32"), *map(to_keras, layers)])


def to_keras(layer: Layer) -> keras.Layer:
    """The Keras layer of the same name with the same arguments."""
    arguments = {field.name: getattr(layer, field.name) for field in fields(layer)}
    inner = {name: to_keras(value) for name, value in arguments.items() if isinstance(value, Layer)}
    return getattr(keras.layers, type(layer).__name__)(**arguments | inner)
