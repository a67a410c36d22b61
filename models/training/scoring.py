"""Loss and accuracy from predicted probabilities, in NumPy, so that scoring costs no second model graph."""

import math
from dataclasses import dataclass

import numpy as np

from models.text.next_word import TOP

EPSILON = 1e-7
"""Keras's own for probabilities: they are kept this far from 0 and 1 before the logarithm, so a loss is 16.1 at most.

The training loss comes from Keras itself, which on some backends goes back to the logits and knows no such bound.
"""


@dataclass(frozen=True)
class Score:
    """``loss`` is the mean cross-entropy; ``top5_accuracy`` is None for classes."""

    loss: float
    accuracy: float
    top5_accuracy: float | None = None


def score(probabilities: np.ndarray, labels: np.ndarray) -> Score:
    """Of predicted classes.

    ``probabilities``: (examples,) for the second of two classes, or (examples, classes). ``labels``: (examples,).
    """
    clipped = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    if probabilities.ndim == 1:
        chosen = np.where(labels == 1, clipped, 1 - clipped)
        correct = (probabilities > 0.5) == (labels == 1)
    else:
        chosen = clipped[np.arange(len(labels)), labels]
        correct = probabilities.argmax(axis=1) == labels
    return Score(float(-np.log(chosen).mean()), float(correct.mean()))


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


def score_outcomes(found: np.ndarray) -> Score:
    """From what ``outcomes`` gives."""
    chosen = np.clip(found[:, 0].astype(np.float64), EPSILON, 1 - EPSILON)
    ranks = np.rint(1 / found[:, 1])
    return Score(float(-np.log(chosen).mean()), float((ranks == 1).mean()), float((ranks <= TOP).mean()))
