"""Layers as small frozen values with the names and arguments of the Keras layers.

All output shapes and weights, with shapes and formulas, are computed from a list of them without a framework. Shapes
leave out the batch axis: ``(steps, features)`` for sequences, ``(features,)`` for vectors.
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
