"""The predictions of runs for the test examples, at each run's best validation epoch."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from cache.results.results import Result
from cache.store.runs import best_epoch
from cache.store.store import RunStore
from models.tasks import NEXT_WORD
from models.training.run_files import load_predictions
from models.training.scoring import chosen_classes

Predictions = Mapping[str, Mapping[int, np.ndarray]]
"""By label and seed, an array whose first axis is the test examples."""


def predictions(store: RunStore, results: Sequence[Result]) -> dict[str, dict[int, np.ndarray]]:
    """Read the predictions of runs for the test split.

    Args:
        store: The cache.
        results: Results that are not cached whole, and those without predictions, are left out.

    Returns:
        By label and seed: probabilities of classes, (examples,) of two or (examples, classes), or outcomes of next
        words.
    """
    found: dict[str, dict[int, np.ndarray]] = {}
    for result in results:
        if result.is_cached:
            try:
                kept = _predictions(store.files_dir(result.asked_run.id), best_epoch(result.epochs).epoch)
            except (OSError, ValueError, KeyError):
                continue
            found.setdefault(result.label, {})[result.spec.seed] = kept
    return found


def correct_mask(predicted: Predictions, task: str, classes: np.ndarray | None) -> dict[str, dict[int, np.ndarray]]:
    """Compares predictions to the test split.

    Args:
        predicted: Predictions by label and seed.
        task: "classification" or "next_word".
        classes: (examples,), those of the test split; None for next words, whose outcomes are kept with the
            predictions.

    Returns:
        By label and seed, whether each test example was predicted correctly, (examples,). Runs that predicted other
        examples than the classes, or than the first run of next words, are left out.
    """
    found: dict[str, dict[int, np.ndarray]] = {}
    first = next((kept for by_seed in predicted.values() for kept in by_seed.values()), None)
    for label, by_seed in predicted.items():
        for seed, kept in by_seed.items():
            if task == NEXT_WORD:
                if first is not None and np.array_equal(kept[:, 2], first[:, 2]):
                    found.setdefault(label, {})[seed] = kept[:, 1] == 1
            elif classes is not None and len(kept) == len(classes):
                found.setdefault(label, {})[seed] = chosen_classes(kept) == classes
    return found


def right_by_text(predicted: Predictions, task: str, classes: np.ndarray | None) -> dict[str, dict[int, np.ndarray]]:
    """Averages correct predictions over each test text, so that the mean over texts is the test accuracy.

    For classes, a text is one example. The next words of a text are alike, so together they count as one value: the
    number of correct predictions, times (number of texts / number of words).

    Args:
        predicted: Predictions by label and seed.
        task: "classification" or "next_word".
        classes: (examples,), those of the test split; None for next words.

    Returns:
        By label and seed, the share of each text, (texts,). Next words of a single text are left out.
    """
    found = correct_mask(predicted, task, classes)
    if task == NEXT_WORD:
        for label, by_seed in found.items():
            sums = {seed: _sum_by_text(right, predicted[label][seed][:, 2]) for seed, right in by_seed.items()}
            found[label] = {
                seed: each * (len(each) / len(by_seed[seed])) for seed, each in sums.items() if len(each) > 1
            }
    return found


def _sum_by_text(right: np.ndarray, begins_text: np.ndarray) -> np.ndarray:
    texts = np.cumsum(begins_text == 1)
    return np.bincount(texts - texts[0], weights=right)


@lru_cache(maxsize=512)
def _predictions(folder: Path, epoch: int) -> np.ndarray:
    """Cached, since files of finished runs do not change, and pages need them at every click."""
    return load_predictions(folder)[epoch]
