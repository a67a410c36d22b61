"""Convolutions beyond the single one: stacked, dilated, separable."""

from models.architectures.parts import DenseUnits, Dimensions, Filters, Kernel, Pool, answer
from models.layers import (
    Conv1D,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    MaxPooling1D,
    SeparableConv1D,
)
from models.registry import architecture


@architecture(
    "Conv1D, stacked",
    source="Conneau et al. (2017), Very deep convolutional networks for text classification, "
    "https://arxiv.org/abs/1606.01781",
)
def conv1d_stacked(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    filters: Filters = 64,
    kernel_size: Kernel = 5,
    pool_size: Pool = 2,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """A second bank of patterns looks for patterns among the answers of the first, after the strongest of each few
    neighbours were kept. With the default settings one of its patterns spans 14 words instead of 5, and is made of
    shorter ones that others can use, too."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        Conv1D(filters, kernel_size, "relu"),
        MaxPooling1D(pool_size),
        Conv1D(filters, kernel_size, "relu"),
        GlobalMaxPooling1D(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture(
    "Conv1D, dilated",
    source="Bai, Kolter & Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks for "
    "sequence modeling, https://arxiv.org/abs/1803.01271",
)
def conv1d_dilated(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    filters: Filters = 32,
    kernel_size: Kernel = 3,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """Three convolutions that take every word, every second and every fourth: what one step sees doubles with each
    layer, up to 15 words at the default kernel, while the steps stay as many. They are causal, as in van den Oord et
    al. (2016): no step sees a later word, which makes the stack a stand-in for a recurrent layer that computes all
    steps at once. The shortcuts of the paper's blocks are left out."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        *(Conv1D(filters, kernel_size, "relu", padding="causal", dilation_rate=rate) for rate in (1, 2, 4)),
        GlobalMaxPooling1D(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]


@architecture(
    "SeparableConv1D",
    source="Chollet (2017), Xception: deep learning with depthwise separable convolutions, "
    "https://arxiv.org/abs/1610.02357",
)
def separable_conv1d(
    vocabulary_size: int,
    num_classes: int,
    *,
    embedding_dim: Dimensions = 16,
    filters: Filters = 128,
    kernel_size: Kernel = 5,
    dense_units: DenseUnits = 6,
) -> list[Layer]:
    """The convolution in two cheap steps: one short filter along each feature by itself, then a mixture of the features
    at each position. Where Conv1D pays for every combination of neighbour, feature and filter, this pays for neighbours
    and filters one after the other, a fifth of the weights at the default settings."""
    return [
        Embedding(vocabulary_size, embedding_dim),
        SeparableConv1D(filters, kernel_size, "relu"),
        GlobalAveragePooling1D(),
        Dense(dense_units, "relu"),
        answer(num_classes),
    ]
