"""Several layers: one recurrent layer against two, and a convolution below a recurrent layer."""

from models.architectures.parts import DEEP_RNN, LSTM_PAPER, DenseUnits, Dimensions, Filters, Kernel, Pool, Units
from models.architectures.registry import architecture
from models.layers import LSTM, Bidirectional, Conv1D, Dense, MaxPooling1D
from models.stacks.stack_text import Stack


@architecture("Bidirectional LSTM, 1 layer", source=LSTM_PAPER)
def bidirectional_1_layer(*, embedding_dim: Dimensions = 16, units: Units = 32, dense_units: DenseUnits = 64) -> Stack:
    """One bidirectional LSTM below a wide dense layer, for the comparison of one layer with two. Compared with “2 equal
    layers” only the depth differs; “2 layers” is also wider. Compared with “LSTM” only the width of the dense layer
    differs.
    """
    return Stack(embedding_dim, (Bidirectional(LSTM(units)), Dense(dense_units, "relu")))


@architecture("Bidirectional LSTM, 2 layers", source=DEEP_RNN)
def bidirectional_2_layers(
    *, embedding_dim: Dimensions = 64, first_units: Units = 64, units: Units = 32, dense_units: DenseUnits = 64
) -> Stack:
    """Two bidirectional LSTMs. The first returns its state at every word (return_sequences), so the second reads a
    sequence of states instead of word vectors. It costs more. It is reported to train more smoothly than one layer;
    measure whether that is true here.
    """
    return Stack(
        embedding_dim,
        (
            Bidirectional(LSTM(first_units, return_sequences=True)),
            Bidirectional(LSTM(units)),
            Dense(dense_units, "relu"),
        ),
    )


@architecture("Bidirectional LSTM, 2 equal layers", source=DEEP_RNN)
def bidirectional_2_equal_layers(
    *, embedding_dim: Dimensions = 16, units: Units = 32, dense_units: DenseUnits = 64
) -> Stack:
    """“Bidirectional LSTM, 1 layer” with one more layer of the same units and no other change. With equal values, only
    the depth of the two differs. “2 layers” as published also has an embedding four times as wide and a wider first
    layer, so its size may be the reason for a better result.
    """
    return Stack(
        embedding_dim,
        (Bidirectional(LSTM(units, return_sequences=True)), Bidirectional(LSTM(units)), Dense(dense_units, "relu")),
    )


@architecture("LSTM on LSTM", source=DEEP_RNN)
def lstm_on_lstm(*, embedding_dim: Dimensions = 42, first_units: Units = 56, units: Units = 12) -> Stack:
    """Two bidirectional LSTMs, the second much narrower than the first, then the output layer with no dense layer
    between. The second layer keeps only a few features of a text. With 120 words, 33 tokens and 8 classes it has the
    61,592 parameters of its published summary.
    """
    return Stack(embedding_dim, (Bidirectional(LSTM(first_units, return_sequences=True)), Bidirectional(LSTM(units))))


@architecture(
    "Conv1D under LSTM",
    source="Wang, Jiang & Luo (2016), Combination of convolutional and recurrent neural network for sentiment analysis "
    "of short texts, https://aclanthology.org/C16-1229/",
)
def conv1d_under_lstm(
    *,
    embedding_dim: Dimensions = 42,
    filters: Filters = 56,
    kernel_size: Kernel = 5,
    pool_size: Pool = 4,
    units: Units = 12,
) -> Stack:
    """A convolution finds short phrases, max pooling keeps the strongest match of every few neighbours, and a
    bidirectional LSTM reads the rest. The LSTM reads a quarter of the steps, which saves time and shortens the distance
    between the ends of a text. With 120 words, 33 tokens and 8 classes it has the 23,680 parameters of its published
    summary.
    """
    return Stack(
        embedding_dim, (Conv1D(filters, kernel_size, "relu"), MaxPooling1D(pool_size), Bidirectional(LSTM(units)))
    )
