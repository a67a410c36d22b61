"""A stack that somebody composed."""

from typing import Annotated

from models.architectures.parts import answer
from models.layers import Layer
from models.registry import architecture
from models.stack_domain import StackText
from models.stack_parser import parse_stack
from models.stack_text import require_vector

Layers = Annotated[
    str,
    StackText("Layers in Keras notation, from the embedding to the last layer before the answer; page Compose helps."),
]


@architecture(
    "Composed", source="Chollet et al. (2015), Keras, the Sequential model, https://keras.io/guides/sequential_model/"
)
def composed(
    vocabulary_size: int,
    num_classes: int,
    *,
    stack: Layers = "Embedding(16) → Bidirectional(GRU(16, return_sequences=True)) → GlobalMaxPooling1D() → "
    'Dense(16, activation="relu")',
) -> list[Layer]:
    """Layers of your own choice, as many as twenty, in any order that can work. The vocabulary of the embedding comes
    from the text encoding, and the last layer, which answers, from the number of classes. Two stacks are the same
    question if they are the same layers, however they were written. The page Compose helps to put one together."""
    layers = parse_stack(stack).with_embedding(vocabulary_size)
    require_vector(layers)
    return [*layers, answer(num_classes)]
