"""Attention instead of recurrence."""

from models.architectures.parts import DenseUnits, Dimensions, DropoutRate, Heads, KeyDimensions
from models.architectures.registry import architecture
from models.layers import Dense, Dropout, GlobalAveragePooling1D, LayerNormalization, MultiHeadAttention, Residual
from models.stacks.stack_text import Stack


@architecture(
    "Self-attention",
    source="Vaswani et al. (2017), Attention is all you need, https://arxiv.org/abs/1706.03762",
)
def self_attention(
    *,
    embedding_dim: Dimensions = 32,
    num_heads: Heads = 2,
    key_dim: KeyDimensions = 16,
    dense_units: DenseUnits = 32,
    dropout: DropoutRate = 0.1,
) -> Stack:
    """One encoder block of the transformer. Each word attends to all words of the text at once and takes a weighted
    mean of them; then a small dense network processes each word. Both parts have a shortcut (residual connection) and
    layer normalization. The mean over all words is classified. Nothing is carried from step to step, but the cost grows
    with the square of the length. There is no position encoding: the model knows which words occur together, but not in
    which order.
    """
    return Stack(
        embedding_dim,
        (
            Residual(MultiHeadAttention(num_heads, key_dim), Dropout(dropout)),
            LayerNormalization(),
            Residual(Dense(dense_units, "relu"), Dense(embedding_dim), Dropout(dropout)),
            LayerNormalization(),
            GlobalAveragePooling1D(),
        ),
    )
