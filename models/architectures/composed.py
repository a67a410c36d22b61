"""A stack that a user composed."""

from typing import Annotated

from models.architectures.registry import architecture
from models.layers import ShapeError
from models.stacks.stack_domain import StackText
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import Stack, require_vector
from models.vectors.word_vectors import dimension_problem

Layers = Annotated[
    str,
    StackText("Layers in Keras notation, from the embedding to the last layer before the answer; page Compose helps."),
]


@architecture(
    "Composed", source="Chollet et al. (2015), Keras, the Sequential model, https://keras.io/guides/sequential_model/"
)
def composed(
    *,
    stack: Layers = "Embedding(16) → Bidirectional(GRU(16, return_sequences=True)) → GlobalMaxPooling1D() → "
    'Dense(16, activation="relu")',
) -> Stack:
    """A stack of up to twenty layers of your choice. The text encoding sets the vocabulary of the embedding; the number
    of classes sets the last layer. Two texts that describe the same layers are the same stack and share their runs.
    Build one on the page Compose.
    """
    read = parse_stack(stack)
    if read.vectors and (problem := dimension_problem(read.vectors, read.embedding_dim)):
        raise ShapeError(problem)
    require_vector(read)
    return read
