"""The line-up: one architecture of each family, small enough to be trained on any machine."""

from models.architectures.parts import (
    ELMAN,
    LSTM_PAPER,
    DenseUnits,
    Dimensions,
    Filters,
    Kernel,
    Units,
    Vocabulary,
    answer,
)
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
from models.registry import architecture


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
