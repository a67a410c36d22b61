"""Parts that architectures share: hyperparameters with their limits and help, papers, and the last layer."""

from typing import Annotated

from models.hyperparameters import Categorical, FloatRange, IntRange
from models.layers import Bidirectional, Dense, Layer, Recurrent

Dimensions = Annotated[int, IntRange(1, 1_024, "Length of each word's vector.")]
Units = Annotated[int, IntRange(1, 4_096, "Size of the recurrent state, in each direction.")]
Directions = Annotated[int, IntRange(1, 2, "2: one copy of the layer reads forwards, one backwards. 1: forwards only.")]
Filters = Annotated[int, IntRange(1, 1_024, "Number of patterns that the convolution looks for.")]
Kernel = Annotated[int, IntRange(1, 64, "Number of neighbouring words in one pattern.")]
Pool = Annotated[int, IntRange(1, 64, "Number of neighbouring steps of which the maximum is kept.")]
DenseUnits = Annotated[int, IntRange(1, 1_024, "Units of the dense layer before the output layer.")]
Vocabulary = Annotated[int, IntRange(10, 100_000, "Vocabulary size of this model, instead of the shared setting.")]
DropoutRate = Annotated[float, FloatRange(0.0, 0.9, "Share of the features that are set to zero in training.")]
RecurrentDropout = Annotated[float, FloatRange(0.0, 0.9, "Share of the state that is set to zero in training.")]
Merge = Annotated[
    str,
    Categorical(
        ("concat", "sum", "mul", "ave"),
        "How the two directions are combined: concatenated, added, multiplied or averaged.",
    ),
]
Heads = Annotated[int, IntRange(1, 64, "Number of parallel attention heads.")]
KeyDimensions = Annotated[int, IntRange(1, 512, "Length of the query and key vectors of one head.")]

ELMAN = "Elman (1990), Finding structure in time, https://doi.org/10.1207/s15516709cog1402_1"
LSTM_PAPER = "Hochreiter & Schmidhuber (1997), Long short-term memory, https://doi.org/10.1162/neco.1997.9.8.1735"
DEEP_RNN = "Graves, Mohamed & Hinton (2013), Speech recognition with deep recurrent neural networks, https://arxiv.org/abs/1303.5778"


def answer(num_classes: int) -> Dense:
    """Return the last layer: one sigmoid for two classes, a softmax for more."""
    return Dense(1, "sigmoid") if num_classes == 2 else Dense(num_classes, "softmax")


def recurrent(layer: Recurrent, directions: int) -> Layer:
    """Return the layer, or a copy of it for each of two directions."""
    return Bidirectional(layer) if directions == 2 else layer
