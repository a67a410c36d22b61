"""Layers as small frozen values that mirror the Keras layers of the same names and arguments.

From a list of them follow, with no framework loaded, every output shape and every weight with its shape and formula.
Shapes leave out the batch axis: ``(steps, features)`` for sequences, ``(features,)`` for vectors.
"""

from models.layers.attention import MultiHeadAttention, Residual
from models.layers.convolution import Conv1D, Convolution, SeparableConv1D
from models.layers.dropout import Dropout, SpatialDropout1D
from models.layers.feedforward import Dense, Embedding, Flatten, LayerNormalization
from models.layers.layer import Layer, Shape, ShapeError, Weight
from models.layers.pooling import GlobalAveragePooling1D, GlobalMaxPooling1D, GlobalPooling1D, MaxPooling1D
from models.layers.recurrent import GRU, LSTM, Bidirectional, Recurrent, SimpleRNN

__all__ = [
    "GRU",
    "LSTM",
    "Bidirectional",
    "Conv1D",
    "Convolution",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling1D",
    "GlobalPooling1D",
    "Layer",
    "LayerNormalization",
    "MaxPooling1D",
    "MultiHeadAttention",
    "Recurrent",
    "Residual",
    "SeparableConv1D",
    "Shape",
    "ShapeError",
    "SimpleRNN",
    "SpatialDropout1D",
    "Weight",
]
