"""The bidirectional LSTM with dropout, and with its two directions put together in other ways."""

from models.architectures.parts import DenseUnits, Dimensions, DropoutRate, Merge, RecurrentDropout, Units, answer
from models.layers import LSTM, Bidirectional, Dense, Embedding, Layer, SpatialDropout1D
from models.registry import architecture


@architecture(
    "LSTM with dropout",
    source="Gal & Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural networks, "
    "https://arxiv.org/abs/1512.05287",
)
def lstm_dropout(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    dropout: DropoutRate = 0.2,
    recurrent_dropout: RecurrentDropout = 0.2,
    units: Units = 32,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """The LSTM, kept from relying on any one number: while training, a share of the embedding's features is missing
    from a whole review, and a share of the state from all of its steps. Dropout has no parameters and is off when the
    model answers. On a GPU recurrent dropout costs more than it looks, because the fused kernel cannot do it."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        SpatialDropout1D(dropout),
        Bidirectional(LSTM(units, recurrent_dropout=recurrent_dropout)),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture(
    "LSTM, directions merged",
    source="Schuster & Paliwal (1997), Bidirectional recurrent neural networks, https://doi.org/10.1109/78.650093",
)
def lstm_merged(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    units: Units = 32,
    merge_mode: Merge = "sum",
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """What the LSTM made of the review read forwards and what it made of it read backwards, put together in one of four
    ways: side by side (concat, as all other bidirectional models here), added, multiplied or averaged. All but the
    first halve what the dense layer has to read, and no longer tell it which direction a feature came from."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Bidirectional(LSTM(units), merge_mode),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]
