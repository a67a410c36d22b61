"""What is measured of a model's predictions, in one table.

Scores, the check of records, TensorBoard's tags, queries, curves and the leaderboard are made of it, and the database's
columns follow the fields of ``EpochFinished``. A new metric is a function in ``scoring``, a row here with
``splits=HELD_OUT``, and two fields of ``EpochFinished`` that are None by default: the training split is measured by
Keras's own metrics alone. Where a run is older than a metric, it reads as not measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.data.splits import SPLITS
from models.tasks import NEXT_WORD
from models.training import scoring

TRAIN, VALIDATION, TEST = SPLITS
HELD_OUT = (VALIDATION, TEST)
Scores = dict[str, float]
"""By the keys of metrics."""


@dataclass(frozen=True)
class Metric:
    """``key`` and a split name a value, e.g. "validation_accuracy". The title of a metric begins with a capital.

    ``of_classes`` computes it from probabilities and labels, ``of_words`` from the outcomes of next words, and
    ``of_loss`` that of next words from their loss, which is then all that is kept. ``test_title`` is its name on the
    test split, if it has another one there; ``help`` says what that value is. What is not ``is_usual`` is shown when it
    is asked for.
    """

    key: str
    title: str
    help: str
    of_classes: Callable[[np.ndarray, np.ndarray], float] | None = None
    of_words: Callable[[np.ndarray], float] | None = None
    of_loss: Callable[[float], float] | None = None
    splits: tuple[str, ...] = SPLITS
    is_share: bool = False
    lower_is_better: bool = False
    decimals: int = 4
    test_title: str = ""
    is_usual: bool = True

    def column(self, split: str) -> str:
        return f"{split}_{self.key}"

    @property
    def in_sentence(self) -> str:
        """The title within a sentence: "accuracy", "F1 (macro)"."""
        return _in_sentence(self.title)

    def title_on(self, split: str) -> str:
        """The title on a split: "Validation accuracy"."""
        title = self.test_title or self.title if split == TEST else self.title
        return f"{TITLES[split]} {_in_sentence(title)}"

    def is_measured(self, task: str) -> bool:
        return bool(self.of_words or self.of_loss) if task == NEXT_WORD else bool(self.of_classes)

    def value(self, epoch: object, split: str) -> float | None:
        """Of an ``EpochFinished``; None for what was not measured."""
        if split not in self.splits:
            return None
        if self.of_loss is None:
            return getattr(epoch, self.column(split))
        loss = getattr(epoch, LOSS.column(split))
        return None if loss is None else self.of_loss(loss)


TITLES = {TRAIN: "Training", VALIDATION: "Validation", TEST: "Test"}
ACCURACY = Metric(
    "accuracy",
    "Accuracy",
    "Test accuracy at each seed's best validation epoch. Test texts are used for nothing else.",
    scoring.accuracy,
    scoring.accuracy_of_words,
    is_share=True,
    decimals=2,
)
TOP5 = Metric(
    "top5_accuracy",
    "Top-5 accuracy",
    "Share of words that are among the five most likely predictions, at each seed's best validation epoch.",
    of_words=scoring.top5_of_words,
    is_share=True,
    decimals=2,
)
F1 = Metric(
    "f1",
    "F1 (macro)",
    "Mean over the classes of the harmonic mean of precision and recall, at each seed's best validation epoch. Where "
    "classes are equally frequent it is close to the accuracy.",
    scoring.macro_f1,
    splits=HELD_OUT,
    is_share=True,
    decimals=2,
    is_usual=False,
)
LOSS = Metric(
    "loss",
    "Loss",
    "Mean of the negative logarithm of the probability that the model gives to the right answer, at each seed's best "
    "validation epoch. It punishes those who are wrong and sure.",
    scoring.cross_entropy,
    scoring.cross_entropy_of_words,
    lower_is_better=True,
    test_title="Negative log-likelihood",
    is_usual=False,
)
PERPLEXITY = Metric(
    "perplexity",
    "Perplexity",
    "The exponential of the test loss: the number of equally likely words that would give the same uncertainty. Lower "
    "is better. Compare it only between equal vocabularies.",
    of_loss=scoring.perplexity,
    lower_is_better=True,
    decimals=2,
)
METRICS = (ACCURACY, TOP5, F1, PERPLEXITY, LOSS)
BY_KEY = {metric.key: metric for metric in METRICS}
STORED = tuple(metric for metric in METRICS if metric.of_loss is None)
SHARES = {metric.column(split) for metric in STORED if metric.is_share for split in metric.splits}
"""The names of values from 0 to 1."""


def _in_sentence(title: str) -> str:
    """Without its capital, if that is no name's: "F1" keeps it."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def metrics_of(task: str) -> tuple[Metric, ...]:
    return tuple(metric for metric in METRICS if metric.is_measured(task))


def score(probabilities: np.ndarray, labels: np.ndarray) -> Scores:
    """Of predicted classes.

    ``probabilities``: (examples,) for the second of two classes, or (examples, classes). ``labels``: (examples,).
    """
    return {metric.key: metric.of_classes(probabilities, labels) for metric in METRICS if metric.of_classes}


def score_outcomes(found: np.ndarray) -> Scores:
    """From what ``scoring.outcomes`` gives of next words."""
    return {metric.key: metric.of_words(found) for metric in METRICS if metric.of_words}


def columns_of(scores: Mapping[str, Scores]) -> dict[str, Any]:
    """Values by the names of an epoch's fields, from scores by split; None for what was not measured."""
    return {metric.column(split): scores.get(split, {}).get(metric.key) for metric in STORED for split in metric.splits}
