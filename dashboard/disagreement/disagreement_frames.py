"""Where models disagree, as tidy frames. Pure.

``answers`` are, by label and seed, probabilities (examples,) or (examples, classes); ``truth`` the classes (examples,).
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from cache.results.predictions import Predictions
from models.text.encoding import in_lines
from models.training.scoring import chosen_classes

CONFUSION_COLUMNS = ("label", "truth", "answer", "examples", "share")
AGREEMENT_COLUMNS = ("first", "second", "share", "pairs")
CALIBRATION_COLUMNS = ("label", "confidence", "accuracy", "examples")
NUM_BINS = 10


def confusion_frame(answers: Predictions, truth: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """The number of examples of each class by predicted class, mean over seeds; ``share`` is the share within the true
    class.
    """
    rows = []
    for label, by_seed in answers.items():
        table = np.mean([_counts(chosen_classes(each), truth, len(classes)) for each in by_seed.values()], axis=0)
        of_class = table.sum(axis=1)
        rows += [
            (label, classes[i], classes[j], table[i, j], table[i, j] / of_class[i] if of_class[i] else 0.0)
            for i, j in product(range(len(classes)), repeat=2)
        ]
    return pd.DataFrame(rows, columns=list(CONFUSION_COLUMNS))


def agreement_frame(given: Predictions) -> pd.DataFrame:
    """The share of examples to which two models give the same answer, mean over all pairs of their runs.

    For one model it is over pairs of different seeds, and missing if there is only one seed.
    """
    rows = []
    for first, second in product(given, repeat=2):
        shares = [
            (one == other).mean()
            for (seed, one), (another, other) in product(given[first].items(), given[second].items())
            if first != second or seed != another
        ]
        rows.append((first, second, np.mean(shares) if shares else np.nan, len(shares)))
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS))


def calibration_frame(answers: Predictions, truth: np.ndarray) -> pd.DataFrame:
    """Mean confidence and accuracy in ten bins of equal width by confidence, all seeds together."""
    rows = []
    for label, by_seed in answers.items():
        sure = np.concatenate([_confidence(each) for each in by_seed.values()])
        right = np.concatenate([chosen_classes(each) == truth for each in by_seed.values()])
        bins = np.minimum((sure * NUM_BINS).astype(int), NUM_BINS - 1)
        for number in np.unique(bins):
            inside = bins == number
            rows.append((label, sure[inside].mean(), right[inside].mean(), int(inside.sum())))
    return pd.DataFrame(rows, columns=list(CALIBRATION_COLUMNS))


def calibration_errors(calibration: pd.DataFrame) -> dict[str, float]:
    """By label: the mean distance between confidence and accuracy (expected calibration error).

    Source: Guo et al. (2017), On calibration of modern neural networks, https://arxiv.org/abs/1706.04599
    """
    gaps = (calibration["confidence"] - calibration["accuracy"]).abs() * calibration["examples"]
    by_label = calibration["label"]
    sums = gaps.groupby(by_label, sort=False).sum() / calibration["examples"].groupby(by_label, sort=False).sum()
    return {str(label): error for label, error in sums.items()}


def contested(answers: Predictions) -> np.ndarray:
    """The test examples that not all seeds of all models answer alike, the most contested first.

    The votes, each the share of a model's seeds for a class, are spread most evenly there; among equals the mean
    probabilities are.
    """
    votes, doubts = _mean_votes(answers).max(axis=1).round(6), _mean_doubts(answers).max(axis=1)
    order = np.lexsort((doubts, votes))
    return order[votes[order] < 1]


def hardest(answers: Predictions, truth: np.ndarray) -> np.ndarray:
    """Sort the test examples by difficulty.

    Args:
        answers: By label and seed, probabilities (examples,) or (examples, classes).
        truth: The classes, (examples,).

    Returns:
        The indices, (examples,): the most contested first, then those that most models get wrong, then those whose true
        class has the lowest mean probability.
    """
    votes, doubts = _mean_votes(answers), _mean_doubts(answers)
    examples = np.arange(len(truth))
    return np.lexsort((doubts[examples, truth], votes[examples, truth].round(6), votes.max(axis=1).round(6)))


def whole(answers: Predictions, truth: np.ndarray) -> Predictions:
    """Return the answers that cover all test examples; models without any are left out."""
    found = {
        label: {seed: each for seed, each in by_seed.items() if len(each) == len(truth)}
        for label, by_seed in answers.items()
    }
    return {label: by_seed for label, by_seed in found.items() if by_seed}


def contested_table(
    answers: Predictions, truth: np.ndarray, texts: Sequence[str], classes: Sequence[str], most: int
) -> pd.DataFrame:
    """The most contested texts with their class, and the votes of each model's seeds: "positive 2 of 3"."""
    order = contested(answers)[:most]
    shown = {"Text": [in_lines(texts[i]) for i in order], "Class": [classes[truth[i]] for i in order]}
    table = pd.DataFrame(shown, index=order)
    for label, by_seed in answers.items():
        votes = np.sum([_votes(each) for each in by_seed.values()], axis=0)[order]
        table[label] = [f"{classes[row.argmax()]} {int(row.max())} of {len(by_seed)}" for row in votes]
    return table


def _counts(chosen: np.ndarray, truth: np.ndarray, num_classes: int) -> np.ndarray:
    return np.bincount(truth * num_classes + chosen, minlength=num_classes**2).reshape(num_classes, num_classes)


def _all_classes(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities of all classes (examples, classes), also of two classes."""
    return np.stack([1 - probabilities, probabilities], axis=1) if probabilities.ndim == 1 else probabilities


def _confidence(probabilities: np.ndarray) -> np.ndarray:
    """The probability of the predicted class."""
    return _all_classes(probabilities).max(axis=1)


def _votes(probabilities: np.ndarray) -> np.ndarray:
    """1 at the predicted class, else 0: (examples, classes)."""
    whole = _all_classes(probabilities)
    return np.eye(whole.shape[1])[chosen_classes(probabilities)]


def _mean_votes(answers: Predictions) -> np.ndarray:
    """The share of seeds for each class (examples, classes), with the same weight for each model."""
    return np.mean(
        [np.mean([_votes(each) for each in by_seed.values()], axis=0) for by_seed in answers.values()], axis=0
    )


def _mean_doubts(answers: Predictions) -> np.ndarray:
    """The mean probability of each class, (examples, classes)."""
    return np.mean([_mean_probabilities(by_seed) for by_seed in answers.values()], axis=0)


def _mean_probabilities(by_seed: Mapping[int, np.ndarray]) -> np.ndarray:
    return np.mean([_all_classes(each) for each in by_seed.values()], axis=0)
