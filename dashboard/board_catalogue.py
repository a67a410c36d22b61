"""All columns that the leaderboard has for each task, in the order of the table."""

from collections.abc import Mapping, Sequence

from cache.runs import first_epoch_extra_seconds
from dashboard.board_columns import (
    MEDIAN,
    Column,
    Metric,
    num_frozen,
    params_per_point,
    seconds_to_target,
    total_seconds,
)
from dashboard.figures import LOSS, NUMBER, PERCENT, PLAIN, SECONDS, WHOLE
from models.scoring import perplexity
from models.tasks import CLASSIFICATION, NEXT_WORD

TEST_ACCURACY = Column(
    "test_accuracy",
    "Test accuracy",
    "At each seed's best validation epoch, on texts that chose nothing. Mean ± standard deviation over seeds.",
    PERCENT,
    lambda measured: measured.best.test_accuracy,
    lower_is_better=False,
)
TEST_OF_WORDS = (
    Column(
        "test_top5_accuracy",
        "Test top-5 accuracy",
        "How often the right word is among the five likeliest, at each seed's best validation epoch.",
        PERCENT,
        lambda measured: measured.best.test_top5_accuracy,
        lower_is_better=False,
    ),
    Column(
        "test_perplexity",
        "Test perplexity",
        "The exponential of the test loss: among so many equally likely words the model would be as uncertain. Lower "
        "is better; it compares only between equal vocabularies.",
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
        "The epoch of the highest validation accuracy, the earliest of equals.",
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
        "Training alone, tracing and compilation included, to the end of the first epoch whose validation accuracy is "
        "the target or above. The mean is that of the seeds that get there.",
        SECONDS,
        seconds_to_target,
    ),
    Column(
        "total_seconds",
        "Total seconds",
        "Training alone, all epochs together, tracing and compilation included.",
        SECONDS,
        total_seconds,
    ),
    Column(
        "first_epoch_extra_seconds",
        "First epoch extra",
        "What the first epoch took beyond a steady one: tracing and compilation.",
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
        "Parameters that stay as they came.",
        WHOLE,
        lambda measured: num_frozen(measured.result.run),
        is_exact=True,
    ),
    Column(
        "params_per_point",
        "Parameters per point",
        "Parameters divided by the test accuracy in points: 100,000 parameters that reach 80 % are 1,250 per point.",
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
