"""Transfer learning: word vectors that were trained before."""

from typing import Annotated

from models.architectures.parts import Dimensions, DropoutRate, Filters, Kernel, Pool
from models.architectures.registry import architecture
from models.hyperparameters import Categorical, IntRange
from models.layers import LSTM, Conv1D, Dropout, MaxPooling1D, ShapeError
from models.stacks.stack_text import Stack
from models.vectors.word_vectors import VECTORS_DOMAIN, WORD2VEC, dimension_problem

FROZEN, TRAINABLE = "frozen", "trainable"

Vectors = Annotated[str, VECTORS_DOMAIN]
Use = Annotated[
    str,
    Categorical((FROZEN, TRAINABLE), "Whether the vectors stay fixed (frozen) or are trained with all other weights."),
]
OneWayUnits = Annotated[int, IntRange(1, 4_096, "Size of the recurrent state.")]


@architecture(
    "Transfer",
    source="Pennington, Socher & Manning (2014), GloVe: global vectors for word representation, "
    "https://aclanthology.org/D14-1162",
)
def transfer(
    *,
    vectors: Vectors = WORD2VEC,
    embedding_dim: Dimensions = 100,
    embedding: Use = FROZEN,
    dropout: DropoutRate = 0.2,
    filters: Filters = 64,
    kernel_size: Kernel = 5,
    pool_size: Pool = 4,
    units: OneWayUnits = 64,
) -> Stack:
    """Starts with word vectors that were learnt without labels: words that occur in similar contexts have similar
    vectors, so what is learnt about “dreadful” also applies to “awful”. Frozen vectors do not change; only the layers
    above them are trained: a convolution and an LSTM. The vectors come from a file that you add on the page Data, such
    as GloVe. Without a file, word2vec learns vectors from the chosen training texts. These vectors know only these
    texts: they show how the method works, but not what billions of words would add. Words without a vector get a random
    one; padding is zeros.
    """
    if problem := dimension_problem(vectors, embedding_dim):
        raise ShapeError(problem)
    return Stack(
        embedding_dim,
        (Dropout(dropout), Conv1D(filters, kernel_size, "relu"), MaxPooling1D(pool_size), LSTM(units)),
        trainable=embedding == TRAINABLE,
    )
