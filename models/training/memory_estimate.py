"""How much memory a training needs at least, before it is tried."""

from collections.abc import Sequence

from models.layers.stack import LayerSummary

BYTES_PER_FLOAT = 4
COPIES_OF_WEIGHTS = 4
"""The trainable weights, their gradients, and the two moments that Adam keeps of them. Frozen ones are there once."""
COPIES_OF_ACTIVATIONS = 2
"""What each layer gives, and the gradient that comes back to it."""


def training_bytes(layers: Sequence[LayerSummary], batch_size: int) -> int:
    """A lower bound: gates, buffers and the framework itself come on top."""
    trainable = sum(layer.num_trainable for layer in layers)
    frozen = sum(layer.num_params for layer in layers) - trainable
    activations = batch_size * sum(layer.layer.num_activations(layer.input_shape) for layer in layers)
    return BYTES_PER_FLOAT * (COPIES_OF_WEIGHTS * trainable + frozen + COPIES_OF_ACTIVATIONS * activations)
