"""The architectures that Unroll compares. Adding one is adding one function here; everything else follows from it.

Import the registry from here, not from ``models.registry``: there it is still empty.
"""

from typing import Annotated

from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Dense,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    SimpleRNN,
)
from models.registry import ARCHITECTURES, Architecture, Range, architecture, get_architecture

__all__ = ["ARCHITECTURES", "Architecture", "get_architecture"]

Dimensions = Annotated[int, Range(1, 1_024, "Length of the vector that stands for each word.")]
Units = Annotated[int, Range(1, 512, "Size of the recurrent state, in each of the two directions.")]
Filters = Annotated[int, Range(1, 1_024, "Number of patterns that the convolution looks for.")]
Kernel = Annotated[int, Range(1, 64, "How many neighbouring words one pattern spans.")]
DenseUnits = Annotated[int, Range(1, 1_024, "Units of the hidden fully connected layer before the answer.")]
Vocabulary = Annotated[int, Range(10, 100_000, "Number of words this model knows, in place of the shared setting.")]

ELMAN = "Elman (1990), Finding structure in time, https://doi.org/10.1207/s15516709cog1402_1"
LSTM_PAPER = "Hochreiter & Schmidhuber (1997), Long short-term memory, https://doi.org/10.1162/neco.1997.9.8.1735"
DEEP_RNN = "Graves, Mohamed & Hinton (2013), Speech recognition with deep recurrent neural networks, https://arxiv.org/abs/1303.5778"


def answer(num_classes: int) -> Dense:
    """The last layer: one sigmoid for two classes, a softmax for more."""
    return Dense(1, "sigmoid") if num_classes == 2 else Dense(num_classes, "softmax")


@architecture(
    "Flatten",
    source="Bengio et al. (2003), A neural probabilistic language model, https://www.jmlr.org/papers/v3/bengio03a.html",
)
def flatten(
    vocabulary_size: int, num_classes: int, *, embedding_dim: Dimensions = 16, dense_units: DenseUnits = 6
) -> list[Layer]:
    """Lays the vectors of all words side by side and hands them to an ordinary dense layer. There is one weight for
    each position and feature, so the model knows exactly where a word stood but nothing it learns at one position
    helps at another. It trains fastest of all and tends to memorise the training reviews."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Flatten(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture(
    "No recurrence",
    source="Joulin et al. (2016), Bag of tricks for efficient text classification, https://arxiv.org/abs/1607.01759",
)
def no_recurrence(
    vocabulary_size: int, num_classes: int, *, embedding_dim: Dimensions = 16, dense_units: DenseUnits = 24
) -> list[Layer]:
    """Averages the vectors of all words, whatever their order, and classifies the average. This is the baseline that
    any model of word order has to beat: what it gets right, it gets right from the choice of words alone."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        GlobalAveragePooling1D(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("SimpleRNN", source=ELMAN)
def simple_rnn(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """Reads the review word by word, forwards and backwards, and keeps one state that every word rewrites. Because the
    whole state is rewritten at each step, the gradient of an early word fades on its way back from the end of a long
    review; LSTM and GRU were made to mend this."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(SimpleRNN(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("GRU", source="Cho et al. (2014), Learning phrase representations, https://arxiv.org/abs/1406.1078")
def gru(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """A recurrent layer with two gates: update decides how much of the old state to keep, reset how much of it to look
    at when a new candidate is formed. Read in both directions. It has three quarters of an LSTM's recurrent kernels and
    no second state."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(GRU(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("LSTM", source=LSTM_PAPER)
def lstm(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """A recurrent layer with a second state, the cell, that is changed by addition and so carries information over many
    words. An input, a forget and an output gate decide what is written, kept and shown. Read in both directions."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(LSTM(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("LSTM, small vocabulary", source=LSTM_PAPER)
def lstm_small_vocabulary(
    num_classes: int,
    *,
    vocabulary_size: Vocabulary = 1_000,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 24,
) -> list[Layer]:
    """The LSTM with a tenth of the words: rarer ones all become the same out-of-vocabulary token. Nearly all parameters
    of these models sit in the embedding, so this one is several times smaller; the comparison shows what those rare
    words were worth, once you give “LSTM” the same 24 dense units."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(LSTM(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture(
    "Conv1D",
    source="Kim (2014), Convolutional neural networks for sentence classification, https://arxiv.org/abs/1408.5882",
)
def conv1d(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    filters: Filters = 128,
    kernel_size: Kernel = 5,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """Slides a bank of short patterns over the review, the same weights at every position, and averages how strongly
    each pattern answered. All positions are computed at once, so it runs about as fast as a dense model, yet it sees
    phrases of a few words wherever they stand."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Conv1D(filters, kernel_size, "relu"),
        GlobalAveragePooling1D(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture(
    "Conv1D, max-pooled",
    source="Collobert et al. (2011), Natural language processing (almost) from scratch, https://arxiv.org/abs/1103.0398",
)
def conv1d_max_pooled(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    filters: Filters = 128,
    kernel_size: Kernel = 5,
    dense_units: DenseUnits = 24,
) -> list[Layer]:
    """The same bank of patterns, but only each pattern's strongest answer is kept: one telling phrase is enough,
    however long the review around it."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Conv1D(filters, kernel_size, "relu"),
        GlobalMaxPooling1D(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("Bidirectional LSTM, 1 layer", source=LSTM_PAPER)
def bidirectional_1_layer(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 64,
) -> list[Layer]:
    """One bidirectional LSTM under a wide dense layer: the shallow half of the one-against-two comparison. Beside
    “2 equal layers” the depth alone differs; “2 layers” is wider, too. From “LSTM”, which reads in both directions as
    well, it differs in the width of its dense layer alone."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(LSTM(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("Bidirectional LSTM, 2 layers", source=DEEP_RNN)
def bidirectional_2_layers(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 64,
    first_units: Units = 64,
    units: Units = 32,
    dense_units: DenseUnits = 64,
) -> list[Layer]:
    """Two bidirectional LSTMs, one on the other: the first hands on its state at every word (return_sequences), so the
    second reads a sequence of summaries in context instead of bare words. Costlier, and reported to train more
    smoothly than one layer; measure whether that holds here."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(LSTM(first_units, return_sequences=True)),
        Bidirectional(LSTM(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture("Bidirectional LSTM, 2 equal layers", source=DEEP_RNN)
def bidirectional_2_equal_layers(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 64,
) -> list[Layer]:
    """“Bidirectional LSTM, 1 layer” with one more layer of the same units and nothing else changed: whatever differs
    between these two is due to the depth alone, as long as both are given the same values. “2 layers” as published also
    has an embedding four times as wide and a wider first layer, so it may win by its size."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(LSTM(units, return_sequences=True)),
        Bidirectional(LSTM(units)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]
