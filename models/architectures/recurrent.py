"""The bidirectional LSTM with dropout, and with other ways to merge its two directions."""

from models.architectures.parts import DenseUnits, Dimensions, DropoutRate, Merge, RecurrentDropout, Units
from models.architectures.registry import architecture
from models.layers import LSTM, Bidirectional, Dense, SpatialDropout1D
from models.stacks.stack_text import Stack


@architecture(
    "LSTM with dropout",
    source="Gal & Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural networks, "
    "https://arxiv.org/abs/1512.05287",
)
def lstm_dropout(
    *,
    embedding_dim: Dimensions = 16,
    dropout: DropoutRate = 0.2,
    recurrent_dropout: RecurrentDropout = 0.2,
    units: Units = 32,
    dense_units: DenseUnits = 6,
) -> Stack:
    """The LSTM with dropout. In training, spatial dropout removes a share of the embedding's features from a whole
    text, and recurrent dropout removes a share of the state from all steps. Dropout has no parameters and is off at
    prediction. On a GPU, recurrent dropout is slow because the fused kernel does not support it.
    """
    return Stack(
        embedding_dim,
        (
            SpatialDropout1D(dropout),
            Bidirectional(LSTM(units, recurrent_dropout=recurrent_dropout)),
            Dense(dense_units, "relu"),
        ),
    )


@architecture(
    "LSTM, directions merged",
    source="Schuster & Paliwal (1997), Bidirectional recurrent neural networks, https://doi.org/10.1109/78.650093",
)
def lstm_merged(
    *, embedding_dim: Dimensions = 16, units: Units = 32, merge_mode: Merge = "sum", dense_units: DenseUnits = 6
) -> Stack:
    """The LSTM with a choice of how to combine its two directions: side by side (concat, as in all other bidirectional
    models here), sum, product or mean. All but concat halve the input of the dense layer, and the direction of a
    feature is then unknown.
    """
    return Stack(embedding_dim, (Bidirectional(LSTM(units), merge_mode), Dense(dense_units, "relu")))
