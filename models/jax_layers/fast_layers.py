"""Which layers of a model are computed another way than Keras's own. Only worker processes and tests import this."""

import keras

from models.jax_layers.convolution import multiply_windows
from models.jax_layers.recurrent import read_in_one_loop


def use_fast_layers(model: keras.Model, on_gpu: bool) -> None:
    """Change how ``model`` computes its layers where a loop over batches makes Keras's own way slow.

    Weights, names and arguments stay as they are, and so do the results but for rounding. On a GPU these are the
    recurrent layers, which start a few small programs for every step of a text. On a CPU these are the convolutions,
    which XLA computes inside a loop more than ten times as slowly as outside. Measured: tests/benchmarks/README.md.
    """
    for layer in model.layers:
        if on_gpu:
            read_in_one_loop(layer)
        else:
            multiply_windows(layer)
