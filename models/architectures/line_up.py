"""The line-up: one architecture of each family, small enough to be trained on any machine."""

from models.architectures.parts import (
    ELMAN,
    LSTM_PAPER,
    DenseUnits,
    Dimensions,
    Directions,
    Filters,
    Kernel,
    Units,
    Vocabulary,
    recurrent,
)
from models.architectures.registry import architecture
from models.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Conv1D,
    Dense,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    SimpleRNN,
)
from models.stacks.stack_text import Stack


@architecture(
    "Flatten",
    source="Bengio et al. (2003), A neural probabilistic language model, https://www.jmlr.org/papers/v3/bengio03a.html",
)
def flatten(*, embedding_dim: Dimensions = 16, dense_units: DenseUnits = 6) -> Stack:
    """Puts the vectors of all words side by side and gives them to a dense layer. There is one weight for each position
    and feature: the model knows where each word is, but what it learns at one position does not help at another. It
    trains fastest and tends to memorise the training texts.
    """
    return Stack(embedding_dim, (Flatten(), Dense(dense_units, "relu")))


@architecture(
    "No recurrence",
    source="Joulin et al. (2016), Bag of tricks for efficient text classification, https://arxiv.org/abs/1607.01759",
)
def no_recurrence(*, embedding_dim: Dimensions = 16, dense_units: DenseUnits = 24) -> Stack:
    """Averages the vectors of all words and classifies the average. The order of the words does not count. This is the
    baseline for all models that use word order: its accuracy comes from the choice of words alone.
    """
    return Stack(embedding_dim, (GlobalAveragePooling1D(), Dense(dense_units, "relu")))


@architecture("SimpleRNN", source=ELMAN)
def simple_rnn(
    *, embedding_dim: Dimensions = 16, units: Units = 32, dense_units: DenseUnits = 6, directions: Directions = 2
) -> Stack:
    """Reads the text word by word and keeps one state that each word overwrites. Because each step rewrites the whole
    state, the gradient of an early word vanishes in a long text. LSTM and GRU were designed to solve this. With two
    directions, a second copy reads the text backwards.
    """
    return Stack(embedding_dim, (recurrent(SimpleRNN(units), directions), Dense(dense_units, "relu")))


@architecture("GRU", source="Cho et al. (2014), Learning phrase representations, https://arxiv.org/abs/1406.1078")
def gru(
    *, embedding_dim: Dimensions = 16, units: Units = 32, dense_units: DenseUnits = 6, directions: Directions = 2
) -> Stack:
    """A recurrent layer with two gates. The update gate decides how much of the old state to keep; the reset gate
    decides how much of it to use for the new candidate. It has three quarters of the kernel weights of an LSTM and no
    second state. With two directions, a second copy reads the text backwards.
    """
    return Stack(embedding_dim, (recurrent(GRU(units), directions), Dense(dense_units, "relu")))


@architecture("LSTM", source=LSTM_PAPER)
def lstm(
    *, embedding_dim: Dimensions = 16, units: Units = 32, dense_units: DenseUnits = 6, directions: Directions = 2
) -> Stack:
    """A recurrent layer with a second state, the cell. The cell is changed by addition, so it can carry information
    over many words. The input, forget and output gates decide what is written, kept and shown. With two directions, a
    second copy reads the text backwards.
    """
    return Stack(embedding_dim, (recurrent(LSTM(units), directions), Dense(dense_units, "relu")))


@architecture("LSTM, small vocabulary", source=LSTM_PAPER)
def lstm_small_vocabulary(
    *,
    vocabulary_size: Vocabulary = 1_000,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    dense_units: DenseUnits = 24,
) -> Stack:
    """The LSTM with a tenth of the vocabulary: all rarer words become the same out-of-vocabulary token. Nearly all
    parameters of these models are in the embedding, so this model is several times smaller. To see what the rare words
    are worth, give “LSTM” the same 24 dense units and compare.
    """
    return Stack(embedding_dim, (Bidirectional(LSTM(units)), Dense(dense_units, "relu")))


@architecture(
    "Conv1D",
    source="Kim (2014), Convolutional neural networks for sentence classification, https://arxiv.org/abs/1408.5882",
)
def conv1d(
    *, embedding_dim: Dimensions = 16, filters: Filters = 128, kernel_size: Kernel = 5, dense_units: DenseUnits = 6
) -> Stack:
    """Looks for short patterns at every position with the same weights, and averages how strongly each pattern matches.
    All positions are computed at once, so it is about as fast as a dense model. It finds phrases of a few words
    anywhere in the text.
    """
    return Stack(
        embedding_dim, (Conv1D(filters, kernel_size, "relu"), GlobalAveragePooling1D(), Dense(dense_units, "relu"))
    )


@architecture(
    "Conv1D, max-pooled",
    source="Collobert et al. (2011), Natural language processing (almost) from scratch, https://arxiv.org/abs/1103.0398",
)
def conv1d_max_pooled(
    *, embedding_dim: Dimensions = 16, filters: Filters = 128, kernel_size: Kernel = 5, dense_units: DenseUnits = 24
) -> Stack:
    """Conv1D, but of each pattern only the strongest match is kept. One clear phrase is enough, even in a long text."""
    return Stack(
        embedding_dim, (Conv1D(filters, kernel_size, "relu"), GlobalMaxPooling1D(), Dense(dense_units, "relu"))
    )
