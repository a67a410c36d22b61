"""The least seconds that the matrix products of an epoch take on this machine, whoever does them.

Activations, the optimizer and all copying of data are left out, and no product waits for another: nothing can be as
fast.
"""

import time
from collections import Counter
from collections.abc import Sequence
from math import prod

from models.layers import Bidirectional, Conv1D, Dense, Layer, Recurrent
from models.layers.stack import LayerSummary, summarize

Product = tuple[int, int, int]
"""Rows, columns and depth (m, k, n) of a product of (m, k) and (k, n), of m × k × n multiply-adds."""

NUMBERS = {"cpu": 1_000_000, "gpu": 128_000_000}
"""About how many numbers the products hold that are timed in one call: as many as fit the caches of a processor, and
enough to keep a GPU at work."""
LONGEST_SUM = 1_024
"""Longer sums of products are timed in pieces of this length, which libraries do not always cut themselves."""
CALLS, TIMES = 5, 7


def products(layers: Sequence[Layer], length: int, batch_size: int) -> Counter[Product]:
    """How often training multiplies matrices of each shape for one batch: forwards, and twice for the gradients."""
    found: Counter[Product] = Counter()
    for summary in summarize(layers, (length,)):
        for (m, k, n), times, steps in _forwards(summary, batch_size):
            found[m, k, n] += times * steps
            found[m, n, k] += times * steps  # gradients of what was read
            found[k, m * steps, n] += times  # gradients of the weights, of all steps at once
    return found


def _forwards(summary: LayerSummary, batch_size: int) -> list[tuple[Product, int, int]]:
    """(product, how many of it, how many after another) of a layer."""
    layer, shape = summary.layer, summary.input_shape
    rows = batch_size * prod(summary.output_shape[:-1])
    if isinstance(layer, Dense):
        return [((rows, shape[-1], layer.units), 1, 1)]
    if isinstance(layer, Conv1D):
        return [((rows, layer.kernel_size * shape[-1], layer.filters), 1, 1)]
    inner, times = (layer.layer, 2) if isinstance(layer, Bidirectional) else (layer, 1)
    if isinstance(inner, Recurrent):
        columns = len(inner.gates) * inner.units
        steps, features = shape
        return [
            ((batch_size * steps, features, columns), times, 1),
            ((batch_size, inner.units, columns), times, steps),
        ]
    if any(weight.trainable for weight in summary.weights) and len(shape) > 1:
        raise NotImplementedError(f"The products of {type(layer).__name__} are not counted.")
    return []


def measure(shapes: Sequence[Product], is_gpu: bool) -> dict[Product, float]:
    """Seconds of a product of each shape by the Keras backend of this process, the least of some tries."""
    return {shape: _seconds(*shape, NUMBERS["gpu" if is_gpu else "cpu"]) for shape in shapes}


def _seconds(m: int, k: int, n: int, numbers: int) -> float:
    import keras

    piece = min(k, LONGEST_SUM)
    count = max(1, numbers // (m * piece + piece * n + m * n))
    left, right = keras.random.normal((count, m, piece)), keras.random.normal((count, piece, n))
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        for _ in range(CALLS):
            product = keras.ops.matmul(left, right)
        float(product[0, 0, 0])  # once it is a number the device is done
        found.append(time.perf_counter() - began)
    return min(found) / CALLS / count * k / piece
