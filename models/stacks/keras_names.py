"""Names of Keras: layers that Unroll does not have, other names of those it has, and arguments with their defaults.

``tests/models/stacks/test_keras_names.py`` holds them against the installed Keras.
"""

from typing import Any

ALIASES = {
    "MaxPool1D": "MaxPooling1D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "AvgPool1D": "AveragePooling1D",
    "Convolution1D": "Conv1D",
    "SeparableConvolution1D": "SeparableConv1D",
}
OLDER_ARGUMENTS = {("LeakyReLU", "alpha"): "negative_slope"}
"""Names of arguments in earlier versions of Keras."""
KERAS_1 = {
    "nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding", "subsample_length": "strides",
    "pool_length": "pool_size", "stride": "strides", "output_dim": "units", "p": "rate", "sigma": "stddev",
    "dropout_W": "dropout", "dropout_U": "recurrent_dropout", "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer", "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer", "init": "kernel_initializer", "inner_init": "recurrent_initializer",
    "bias": "use_bias", "W_constraint": "kernel_constraint", "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
}  # fmt: skip
"""Names of arguments in the first version of Keras."""
EMBEDDING_1 = {
    "init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
    "W_constraint": "embeddings_constraint",
}  # fmt: skip
"""Those of its embedding."""
OLDER_DEFAULTS: dict[str, Any] = {
    "time_major": False, "zero_output_for_mask": False, "forget_bias_init": "one", "mode": 0, "dropout": 0.0,
}  # fmt: skip
"""Arguments in earlier versions of Keras, with the values that Unroll's layers always have."""
CELLS = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}
"""Cells within ``RNN``, which is then the layer of that name."""
CUDNN = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
"""Layers of Keras 2 that are these layers with their defaults."""

OTHER_LAYERS = frozenset(
    """
    ActivityRegularization Add AlphaDropout Average AveragePooling2D AveragePooling3D AvgPool2D AvgPool3D
    CategoryEncoding Concatenate Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
    ConvLSTM3D Convolution2D Convolution3D Cropping1D Cropping2D Cropping3D DepthwiseConv1D DepthwiseConv2D
    Discretization Dot EinsumDense GRUCell GaussianDropout GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool2D GlobalMaxPool3D GlobalMaxPooling2D GlobalMaxPooling3D
    GroupNormalization GroupQueryAttention Hashing Identity IntegerLookup LSTMCell Lambda MaxPool2D MaxPool3D
    MaxPooling2D MaxPooling3D Maximum Minimum Multiply Normalization RMSNormalization RNN ReLU Rescaling
    SeparableConv2D SeparableConvolution2D SimpleRNNCell Softmax SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells StringLookup Subtract TextVectorization TimeDistributed UnitNormalization
    UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()
)
OLDER_LAYERS = frozenset(
    "AtrousConvolution1D ConvLSTM2DCell Highway LocallyConnected1D LocallyConnected2D MaxoutDense Merge "
    "ThresholdedReLU TimeDistributedDense".split()
)
"""Layers of earlier versions of Keras."""

WITHOUT_EFFECT = frozenset(
    "name dtype seed implementation use_cudnn unroll input_shape batch_input_shape input_length input_dim batch_size "
    "batch_shape data_format consume_less".split()
)
"""Arguments of any value that leave the model as it is, or that only say the shape of the input."""

_ACTIVITY: dict[str, Any] = {"activity_regularizer": None}


def _weight(name: str, initializer: str) -> dict[str, Any]:
    return {f"{name}_initializer": initializer, f"{name}_regularizer": None, f"{name}_constraint": None}


_DENSE = _weight("kernel", "glorot_uniform") | _weight("bias", "zeros") | _ACTIVITY
_RECURRENT = _DENSE | _weight("recurrent", "orthogonal") | {
    "return_state": False, "stateful": False,
}  # fmt: skip
_LORA = {"lora_rank": None, "lora_alpha": None, "quantization_config": None}

DEFAULTS: dict[str, dict[str, Any]] = {
    "SimpleRNN": _RECURRENT,
    "LSTM": _RECURRENT | {"unit_forget_bias": True},
    "GRU": _RECURRENT,
    "Bidirectional": {"weights": None},
    "Conv1D": _DENSE | {"groups": 1},
    "SeparableConv1D": (
        _weight("depthwise", "glorot_uniform") | _weight("pointwise", "glorot_uniform") | _weight("bias", "zeros")
        | _ACTIVITY | {"depth_multiplier": 1}
    ),
    "Dense": _DENSE | _LORA,
    "Dropout": {"noise_shape": None},
    "Embedding": _weight("embeddings", "uniform") | _LORA | {"weights": None},
    "GlobalAveragePooling1D": {"keepdims": False},
    "GlobalMaxPooling1D": {"keepdims": False},
    "LayerNormalization": (
        _weight("beta", "zeros") | _weight("gamma", "ones")
        | {"axis": -1, "center": True, "scale": True}
    ),
    "BatchNormalization": (
        _weight("beta", "zeros") | _weight("gamma", "ones")
        | {"axis": -1, "center": True, "scale": True, "moving_mean_initializer": "zeros"}
        | {"moving_variance_initializer": "ones", "synchronized": False, "renorm": False}
        | {"renorm_clipping": None, "renorm_momentum": 0.99}
    ),
    "MultiHeadAttention": (
        _DENSE | {"value_dim": None, "use_bias": True, "output_shape": None, "attention_axes": None}
        | {"sliding_window": None, "flash_attention": None, "use_gate": False}
    ),
    "PReLU": _weight("alpha", "Zeros"),
}  # fmt: skip
"""Of each layer, the arguments that Unroll does not have, with the values that its layer always has."""
