"""Runs that learnt nothing: the model gives every text the same answer.

With few ReLU units before the output, all of them can become 0 for every text. Their gradient is 0 from then on.
Source: Lu, Shin, Su & Karniadakis (2019), Dying ReLU and Initialization, https://arxiv.org/abs/1903.06733
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from cache.core.formatting import count
from cache.results.results import Result
from models.training.events import EpochFinished

MIN_EPOCHS = 3
STEADY, CLOSE = 0.02, 0.05
"""The largest change of training accuracy from the second epoch on, since it is measured batch by batch, and its
largest distance from validation accuracy: both are the share of the class that is always predicted.
"""
ABOUT_EQUAL = 0.1
"""How far the share of a class may be from that of equally frequent classes, as a part of the latter."""
ROUNDING = 1e-6
"""Frameworks compute accuracies in 32 bits."""


def is_stuck(epochs: Sequence[EpochFinished]) -> bool:
    """Whether validation accuracy is the share of one class after every epoch, and training accuracy stays close to it.

    Of two classes that are about equally frequent, the model may change from always one to always the other.
    """
    validation = {epoch.validation_accuracy for epoch in epochs}
    training = [epoch.train_accuracy for epoch in epochs[1:]]
    return (
        len(epochs) >= MIN_EPOCHS
        and (len(validation) == 1 or _are_shares_of_two_classes(validation))
        and max(validation) < 1
        and max(training) - min(training) <= STEADY
        and abs(training[-1] - epochs[-1].validation_accuracy) <= CLOSE
    )


def _are_shares_of_two_classes(accuracies: set[float]) -> bool:
    """Whether these are v and 1 − v, both near 1/2."""
    low, high = min(accuracies), max(accuracies)
    return len(accuracies) == 2 and math.isclose(low + high, 1, abs_tol=ROUNDING) and high - low <= STEADY


def has_equal_classes(results: Iterable[Result], num_classes: int) -> bool:
    """Whether the class that the stuck runs always give is about as frequent as each of ``num_classes`` others."""
    stuck = (result.epochs for result in results if result.is_cached and is_stuck(result.epochs))
    return all(abs(epochs[-1].validation_accuracy * num_classes - 1) <= ABOUT_EQUAL for epochs in stuck)


def stuck_sentence(results: Iterable[Result]) -> str:
    """Name what learnt nothing: "Learnt nothing, every text gets the same answer: Conv1D (2 of 3 seeds)."; or ""."""
    seeds, stuck = Counter[str](), Counter[str]()
    for result in results:
        if result.is_cached:
            seeds[result.label] += 1
            stuck[result.label] += is_stuck(result.epochs)
    named = [f"{label} ({number} of {count(seeds[label], 'seed')})" for label, number in stuck.items() if number]
    return f"Learnt nothing, every text gets the same answer: {'; '.join(named)}." if named else ""
