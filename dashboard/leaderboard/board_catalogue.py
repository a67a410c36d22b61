"""All columns that the leaderboard has for each task, in the order of the table."""

from collections.abc import Mapping, Sequence

from cache.store.runs import first_epoch_extra_seconds
from dashboard.charts.figures import NUMBER, SECONDS, WHOLE, number_format_of
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
from models.training import metrics
from models.training.metrics import TEST, TRAIN, VALIDATION

SPREAD = "Mean ± standard deviation over seeds."
BEST_EPOCH = Column(
    "best_epoch",
    "Epochs to best",
    "The epoch with the highest validation accuracy; of equals, the earliest.",
    NUMBER,
    lambda measured: measured.best.epoch,
)
READ_UNASKED = {"validation_accuracy": ("best", "last")}
"""The readings besides the test accuracy that are columns until others are chosen."""


def _on_test(metric: metrics.Metric) -> Column:
    return Column(
        metric.column(TEST),
        metric.title_on(TEST),
        f"{metric.help} {SPREAD}",
        number_format_of(metric),
        lambda measured: metric.value(measured.best, TEST),
        metric.lower_is_better,
        is_usual=metric.is_usual,
    )


def _while_training(metric: metrics.Metric, split: str) -> Metric:
    """A metric that is measured at each epoch: best, last, minimum or maximum."""
    column = metric.column(split)
    return Metric(
        column,
        metric.title_on(split),
        number_format_of(metric),
        lambda epoch: metric.value(epoch, split),
        default=READ_UNASKED.get(column, ()),
        lower_is_better=metric.lower_is_better,
        short="validation" if metric is metrics.ACCURACY and split == VALIDATION else None,
    )


def _measured(task: str) -> tuple[Column | Metric, ...]:
    """The metrics on the test split, then those measured at each epoch."""
    asked = metrics.metrics_of(task)
    training = [_while_training(metric, split) for split in (VALIDATION, TRAIN) for metric in asked
                if split in metric.splits and not (metric.of_loss and split == TRAIN)]  # fmt: skip
    return *map(_on_test, asked), *training, BEST_EPOCH


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
        lambda measured: measured.result.asked_run.num_params,
        is_exact=True,
    ),
    Column(
        "num_trainable",
        "Trainable",
        "Parameters that training changes.",
        WHOLE,
        lambda measured: measured.result.asked_run.num_trainable,
        is_exact=True,
    ),
    Column(
        "num_frozen",
        "Frozen",
        "Parameters that training does not change (frozen).",
        WHOLE,
        lambda measured: num_frozen(measured.result.asked_run),
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
"""Columns that are redundant if every parameter is trained."""
CATALOGUE: dict[str, tuple[Column | Metric, ...]] = {
    task: (*_measured(task), *COSTS) for task in (CLASSIFICATION, NEXT_WORD)
}


def figures(task: str) -> list[Column]:
    return [item for item in CATALOGUE[task] if isinstance(item, Column)]


def metrics_of(task: str) -> list[Metric]:
    return [item for item in CATALOGUE[task] if isinstance(item, Metric)]


def columns(task: str, kept: Sequence[str] | None = None, read: Mapping[str, Sequence[str]] = {}) -> list[Column]:
    """The columns of the leaderboard, in the order of the table.

    Args:
        task: "classification" or "next_word".
        kept: The keys of the figures; all if None.
        read: The readings of each metric.
    """
    found = []
    for item in CATALOGUE[task]:
        if isinstance(item, Metric):
            wanted = item.readings if kept is None else read.get(item.key, ())
            found += [column for reading, column in item.columns.items() if reading in wanted]
        elif kept is None or item.key in kept:
            found.append(item)
    return found
