"""Where the field went: attention in place of recurrence."""

from models.architectures.parts import DenseUnits, Dimensions, DropoutRate, Heads, KeyDimensions, answer
from models.layers import (
    Dense,
    Dropout,
    Embedding,
    GlobalAveragePooling1D,
    Layer,
    LayerNormalization,
    MultiHeadAttention,
    Residual,
)
from models.registry import architecture


@architecture(
    "Self-attention",
    source="Vaswani et al. (2017), Attention is all you need, https://arxiv.org/abs/1706.03762",
)
def self_attention(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 32,
    num_heads: Heads = 2,
    key_dim: KeyDimensions = 16,
    dense_units: DenseUnits = 32,
    dropout: DropoutRate = 0.1,
) -> list[Layer]:
    """One encoder block of the transformer: every word looks at all words of the review at once and takes from each as
    much as fits, then a small dense network works on each word by itself; around both goes a shortcut, after both a
    normalisation. The average over the words is classified. No word is further away than another, and nothing has to
    be carried from step to step; the price grows with the square of the length. Left out is the position encoding: this
    model knows which words stand together in a review but not in which order."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Residual(MultiHeadAttention(num_heads, key_dim), Dropout(dropout)),
        LayerNormalization(),
        Residual(Dense(dense_units, "relu"), Dense(embedding_dim), Dropout(dropout)),
        LayerNormalization(),
        GlobalAveragePooling1D(),
        answer(num_classes),
    ]
