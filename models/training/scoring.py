"""Metrics computed from predicted probabilities, in NumPy, so that scoring costs no second model graph."""

import math

import numpy as np

from models.text.next_word import TOP

EPSILON = 1e-7
"""Keras's own for probabilities: they are kept this far from 0 and 1 before the logarithm, so a loss is 16.1 at most.

The training loss comes from Keras itself, which on some backends goes back to the logits and knows no such bound.
"""


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """``probabilities``: (examples,) for the second of two classes, or (examples, classes). ``labels``: (examples,)."""
    clipped = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    if probabilities.ndim == 1:
        right = np.where(labels == 1, clipped, 1 - clipped)
    else:
        right = clipped[np.arange(len(labels)), labels]
    return float(-np.log(right).mean())


def chosen_classes(probabilities: np.ndarray) -> np.ndarray:
    """The likeliest class of each example, (examples,)."""
    return (probabilities > 0.5).astype(int) if probabilities.ndim == 1 else probabilities.argmax(axis=1)


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float((chosen_classes(probabilities) == labels).mean())


def macro_f1(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the classes of the harmonic mean of precision and recall. A class that no text has and that none is
    given does not count.
    """
    chosen = chosen_classes(probabilities)
    found = []
    for number in np.union1d(chosen, labels):
        both = ((chosen == number) & (labels == number)).sum()
        found.append(2 * both / ((chosen == number).sum() + (labels == number).sum()))
    return float(np.mean(found))


def perplexity(loss: float) -> float:
    """Among how many equally likely words the model would be as uncertain as it is; ``loss`` is its cross-entropy."""
    return math.exp(min(loss, 700.0))  # a training gone astray may exceed what a float can hold


def outcomes(probabilities: np.ndarray, labels: np.ndarray, begins_text: np.ndarray) -> np.ndarray:
    """What is kept of each prediction of a next word, since all of it would fill the disk: (examples, 3), float32, the
    probability of the right word, one over its rank, and 1 for the first example of a text, else 0. Of equals the first
    ranks first, as for ``argmax``.

    ``probabilities``: (examples, vocabulary). ``labels`` and ``begins_text``: (examples,).
    """
    right = probabilities[np.arange(len(labels)), labels][:, None]
    is_before = np.arange(probabilities.shape[1]) < labels[:, None]
    ranks = 1 + (probabilities > right).sum(axis=1) + ((probabilities == right) & is_before).sum(axis=1)
    return np.stack([right[:, 0], 1 / ranks, begins_text], axis=1).astype(np.float32)


def cross_entropy_of_words(found: np.ndarray) -> float:
    """From what ``outcomes`` gives, as the two that follow."""
    return float(-np.log(np.clip(found[:, 0].astype(np.float64), EPSILON, 1 - EPSILON)).mean())


def accuracy_of_words(found: np.ndarray) -> float:
    return float((_ranks(found) == 1).mean())


def top5_of_words(found: np.ndarray) -> float:
    return float((_ranks(found) <= TOP).mean())


def _ranks(found: np.ndarray) -> np.ndarray:
    return np.rint(1 / found[:, 1])
