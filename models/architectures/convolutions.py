"""More convolutions than the single one: stacked, dilated, separable.

They have 24 dense units by default. With six, sometimes none of them responds to any review, depending on the seed:
ReLU gives zero, and so does its gradient. The model then stays at chance.
"""

from models.architectures.parts import DenseUnits, Dimensions, Filters, Kernel, Pool
from models.architectures.registry import architecture
from models.layers import Conv1D, Dense, GlobalAveragePooling1D, GlobalMaxPooling1D, MaxPooling1D, SeparableConv1D
from models.stacks.stack_text import Stack


@architecture(
    "Conv1D, stacked",
    source="Conneau et al. (2017), Very deep convolutional networks for text classification, "
    "https://arxiv.org/abs/1606.01781",
)
def conv1d_stacked(
    *,
    embedding_dim: Dimensions = 16,
    filters: Filters = 64,
    kernel_size: Kernel = 5,
    pool_size: Pool = 2,
    dense_units: DenseUnits = 24,
) -> Stack:
    """Two convolutions, with max pooling between them. The second finds patterns among the outputs of the first. With
    the default settings one output of the second layer covers 14 words, one of a single Conv1D 5.
    """
    return Stack(
        embedding_dim,
        (
            Conv1D(filters, kernel_size, "relu"),
            MaxPooling1D(pool_size),
            Conv1D(filters, kernel_size, "relu"),
            GlobalMaxPooling1D(),
            Dense(dense_units, "relu"),
        ),
    )


@architecture(
    "Conv1D, dilated",
    source="Bai, Kolter & Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks for "
    "sequence modeling, https://arxiv.org/abs/1803.01271",
)
def conv1d_dilated(
    *, embedding_dim: Dimensions = 16, filters: Filters = 32, kernel_size: Kernel = 3, dense_units: DenseUnits = 24
) -> Stack:
    """Three convolutions that read every word, every second word and every fourth word. Each layer doubles the range of
    words that one step sees, up to 15 words with the default kernel; the number of steps stays the same. They are
    causal, as in van den Oord et al. (2016): no step sees a later word. So the stack does the work of a recurrent layer
    and computes all steps at once. The shortcuts of the paper's blocks are left out.
    """
    return Stack(
        embedding_dim,
        (
            *(Conv1D(filters, kernel_size, "relu", padding="causal", dilation_rate=rate) for rate in (1, 2, 4)),
            GlobalMaxPooling1D(),
            Dense(dense_units, "relu"),
        ),
    )


@architecture(
    "SeparableConv1D",
    source="Chollet (2017), Xception: deep learning with depthwise separable convolutions, "
    "https://arxiv.org/abs/1610.02357",
)
def separable_conv1d(
    *, embedding_dim: Dimensions = 16, filters: Filters = 128, kernel_size: Kernel = 5, dense_units: DenseUnits = 24
) -> Stack:
    """A convolution in two cheap steps: first one short filter for each feature, then a mixture of the features at each
    position. Conv1D has a weight for each combination of neighbour, feature and filter. Here the two steps add up to a
    fifth of the weights with the default settings.
    """
    return Stack(
        embedding_dim,
        (SeparableConv1D(filters, kernel_size, "relu"), GlobalAveragePooling1D(), Dense(dense_units, "relu")),
    )
