"""Loss and accuracy from predicted probabilities, in NumPy, so that scoring costs no second model graph."""

import numpy as np

EPSILON = 1e-7
"""Keras's own for probabilities: they are kept this far from 0 and 1 before the logarithm, so a loss is 16.1 at most.

The training loss comes from Keras itself, which on some backends goes back to the logits and knows no such bound.
"""


def score(probabilities: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """(mean cross-entropy, accuracy).

    ``probabilities``: (examples,) for the second of two classes, or (examples, classes). ``labels``: (examples,).
    """
    clipped = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    if probabilities.ndim == 1:
        chosen = np.where(labels == 1, clipped, 1 - clipped)
        correct = (probabilities > 0.5) == (labels == 1)
    else:
        chosen = clipped[np.arange(len(labels)), labels]
        correct = probabilities.argmax(axis=1) == labels
    return float(-np.log(chosen).mean()), float(correct.mean())
