"""Layers as small frozen values that mirror the Keras layers of the same names and arguments.

From a list of them follow, with no framework loaded, every output shape and every weight with its shape and formula.
Shapes leave out the batch axis: ``(steps, features)`` for sequences, ``(features,)`` for vectors.
"""

from models.layers.activations import ELU, Activation, LeakyReLU, PReLU
from models.layers.attention import AdditiveAttention, Attention, MultiHeadAttention, Residual, SelfAttention
from models.layers.convolution import Conv1D, Convolution, SeparableConv1D
from models.layers.dropout import Dropout, GaussianNoise, SpatialDropout1D
from models.layers.feedforward import (
    BatchNormalization,
    Dense,
    Embedding,
    Flatten,
    LayerNormalization,
    Masking,
    Permute,
    RepeatVector,
    Reshape,
)
from models.layers.layer import Layer, Shape, ShapeError, Weight
from models.layers.pooling import (
    AveragePooling1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    GlobalPooling1D,
    MaxPooling1D,
    Pooling1D,
)
from models.layers.recurrent import GRU, LSTM, Bidirectional, Recurrent, SimpleRNN

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "Activation",
    "AdditiveAttention",
    "Attention",
    "AveragePooling1D",
    "BatchNormalization",
    "Bidirectional",
    "Conv1D",
    "Convolution",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling1D",
    "GlobalPooling1D",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "MultiHeadAttention",
    "PReLU",
    "Permute",
    "Pooling1D",
    "Recurrent",
    "RepeatVector",
    "Reshape",
    "Residual",
    "SelfAttention",
    "SeparableConv1D",
    "Shape",
    "ShapeError",
    "SimpleRNN",
    "SpatialDropout1D",
    "Weight",
]
