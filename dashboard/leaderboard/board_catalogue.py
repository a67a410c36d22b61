"""All columns that the leaderboard has for each task, in the order of the table."""

from collections.abc import Mapping, Sequence

from cache.store.runs import first_epoch_extra_seconds
from dashboard.charts.figures import LOSS, NUMBER, PERCENT, PLAIN, SECONDS, WHOLE
from dashboard.leaderboard.board_columns import (
    MEDIAN,
    Column,
    Metric,
    num_frozen,
    params_per_point,
    seconds_to_target,
    total_seconds,
)
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.training.scoring import perplexity

TEST_ACCURACY = Column(
    "test_accuracy",
    "Test accuracy",
    "Test accuracy at each seed's best validation epoch. Test texts are used for nothing else. Mean ± standard "
    "deviation over seeds.",
    PERCENT,
    lambda measured: measured.best.test_accuracy,
    lower_is_better=False,
)
TEST_OF_WORDS = (
    Column(
        "test_top5_accuracy",
        "Test top-5 accuracy",
        "Share of words that are among the five most likely predictions, at each seed's best validation epoch.",
        PERCENT,
        lambda measured: measured.best.test_top5_accuracy,
        lower_is_better=False,
    ),
    Column(
        "test_perplexity",
        "Test perplexity",
        "The exponential of the test loss: the number of equally likely words that would give the same "
        "uncertainty. Lower is better. Compare it only between equal vocabularies.",
        PLAIN,
        lambda measured: perplexity(measured.best.test_loss),
    ),
)
VALIDATION_ACCURACY = Metric(
    "validation_accuracy",
    "Validation accuracy",
    PERCENT,
    lambda epoch: epoch.validation_accuracy,
    default=("best", "last"),
    lower_is_better=False,
    short="validation",
)
VALIDATION_OF_WORDS = (
    Metric(
        "validation_top5_accuracy",
        "Validation top-5 accuracy",
        PERCENT,
        lambda epoch: epoch.validation_top5_accuracy,
        lower_is_better=False,
    ),
    Metric("validation_perplexity", "Validation perplexity", PLAIN, lambda epoch: perplexity(epoch.validation_loss)),
)
LEARNING = (
    Metric("train_accuracy", "Training accuracy", PERCENT, lambda epoch: epoch.train_accuracy, lower_is_better=False),
    Metric("validation_loss", "Validation loss", LOSS, lambda epoch: epoch.validation_loss),
    Metric("train_loss", "Training loss", LOSS, lambda epoch: epoch.train_loss),
    Column(
        "best_epoch",
        "Epochs to best",
        "The epoch with the highest validation accuracy; of equals, the earliest.",
        NUMBER,
        lambda measured: measured.best.epoch,
    ),
)
COSTS = (
    Metric(
        "seconds_per_epoch",
        "Seconds per epoch",
        SECONDS,
        lambda epoch: epoch.train_seconds,
        default=(MEDIAN,),
        is_seconds=True,
        first_counts=False,
    ),
    Column(
        "seconds_to_target",
        "Seconds to target",
        "Training time, including tracing and compilation, until the end of the first epoch with the target "
        "validation accuracy. The mean is over the seeds that reach it.",
        SECONDS,
        seconds_to_target,
    ),
    Column(
        "total_seconds",
        "Total seconds",
        "Training time of all epochs, including tracing and compilation.",
        SECONDS,
        total_seconds,
    ),
    Column(
        "first_epoch_extra_seconds",
        "First epoch extra",
        "Extra time of the first epoch compared with later ones: tracing and compilation.",
        SECONDS,
        lambda measured: first_epoch_extra_seconds(list(measured.timed)),
    ),
    Metric(
        "validation_seconds", "Validation seconds", SECONDS, lambda epoch: epoch.validation_seconds, is_seconds=True
    ),
    Column(
        "num_params",
        "Parameters",
        "All weights of the model.",
        WHOLE,
        lambda measured: measured.result.run.num_params,
        is_exact=True,
    ),
    Column(
        "num_trainable",
        "Trainable",
        "Parameters that training changes.",
        WHOLE,
        lambda measured: measured.result.run.num_trainable,
        is_exact=True,
    ),
    Column(
        "num_frozen",
        "Frozen",
        "Parameters that training does not change (frozen).",
        WHOLE,
        lambda measured: num_frozen(measured.result.run),
        is_exact=True,
    ),
    Column(
        "params_per_point",
        "Parameters per point",
        "Parameters divided by the test accuracy in points: 100,000 parameters that reach 80% are 1,250 per point.",
        WHOLE,
        params_per_point,
    ),
)
WHERE_FROZEN = {"num_trainable", "num_frozen"}
"""Columns that say nothing new where every parameter is trained."""
CATALOGUE: dict[str, tuple[Column | Metric, ...]] = {
    CLASSIFICATION: (TEST_ACCURACY, VALIDATION_ACCURACY, *LEARNING, *COSTS),
    NEXT_WORD: (TEST_ACCURACY, *TEST_OF_WORDS, VALIDATION_ACCURACY, *VALIDATION_OF_WORDS, *LEARNING, *COSTS),
}


def figures(task: str) -> list[Column]:
    return [item for item in CATALOGUE[task] if isinstance(item, Column)]


def metrics(task: str) -> list[Metric]:
    return [item for item in CATALOGUE[task] if isinstance(item, Metric)]


def columns(task: str, kept: Sequence[str] | None = None, read: Mapping[str, Sequence[str]] = {}) -> list[Column]:
    """The figures with the keys in ``kept``, and of each metric in ``read`` those readings; all there are if ``kept``
    is None. In the order of the table."""
    found = []
    for item in CATALOGUE[task]:
        if isinstance(item, Metric):
            wanted = item.readings if kept is None else read.get(item.key, ())
            found += [column for reading, column in item.columns.items() if reading in wanted]
        elif kept is None or item.key in kept:
            found.append(item)
    return found
