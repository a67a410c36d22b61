"""The fields of a run that queries can use and lists can show and sort by."""

from difflib import get_close_matches
from typing import Any

from cache.store.run_names import dataset_title
from cache.store.runs import Run
from models.architectures import ARCHITECTURES
from models.data.memory_tests import PREFIX
from models.experiments.spec import BATCHES, LATER, LOOP_BACKEND
from models.training.events import EpochFinished
from models.training.metrics import STORED, TEST, VALIDATION

COLUMNS = {
    "run": "id",
    "name": "name",
    "note": "note",
    "state": "state",
    "device": "device",
    "epochs": "num_epochs",
    "parameters": "num_params",
    "trainable_parameters": "num_trainable",
    "best_epoch": "best_epoch",
    "validation_accuracy": "validation_accuracy",
    "test_accuracy": "test_accuracy",
    "seconds_per_epoch": "seconds_per_epoch",
    "created": "created_at",
}
SPEC_FIELDS = {
    "architecture": "architecture",
    "dataset": "dataset",
    "train_examples": "train_examples",
    "seed": "seed",
    "vocabulary_size": "encoding.vocabulary_size",
    "length": "encoding.length",
    "padding": "encoding.padding",
    "truncating": "encoding.truncating",
    "tokenizer": "encoding.tokenizer",
    "optimizer": "training.optimizer",
    "learning_rate": "training.learning_rate",
    "batch_size": "training.batch_size",
    "engine": "training.engine",
    "loop": "training.loop",
}
METRICS = {
    metric.column(split): (metric, split)
    for split in (VALIDATION, TEST)
    for metric in STORED
    if split in metric.splits and metric.column(split) not in COLUMNS
}
"""Metrics of each epoch that are not columns; a query takes them from the run's best epoch."""
BEST = "(SELECT {} FROM epochs WHERE epochs.run_id = runs.id AND epochs.epoch = runs.best_epoch)"
COMPUTED = {"trainable_parameters": "trainable_params(spec)"}
"""Computed columns, which the table does not have."""
FIGURES = ("validation_accuracy", "test_accuracy", "seconds_per_epoch", *METRICS)
"""Measured numbers, which people type as they are shown: rounded."""
MEASURED = ("name", "note", "created", "best_epoch", *FIGURES)
"""Fields with too many values to filter by one of them."""
SUPERSEDED = "superseded"
FLAGS = {
    "pinned": "pinned",
    "contended": "contended IS NOT NULL",
    "together": "together",
    "imported": "imported_at IS NOT NULL",
    "generated": f"COALESCE(IIF(json_valid(spec), json_extract(spec, '$.dataset'), '') GLOB '{PREFIX}*', 0)",
    # Failed or cancelled, and the same was trained since.
    SUPERSEDED: "state IN ('failed', 'cancelled') AND EXISTS (SELECT 1 FROM runs AS since "
    "WHERE since.identity = runs.identity AND since.state = 'finished' AND since.deleted_at IS NULL "
    "AND since.epochs >= runs.epochs AND COALESCE(since.imported_at, since.ended_at, since.created_at) "
    ">= COALESCE(runs.ended_at, runs.created_at))",
}


class BadQuery(ValueError):
    """A query that cannot be understood; the message says what is allowed."""


def fields() -> list[str]:
    """List the names that a condition may use."""
    hyperparameters = {name for entry in ARCHITECTURES.values() for name in entry.hyperparameters}
    return [*COLUMNS, *METRICS, *FLAGS, "tag", *SPEC_FIELDS, *sorted(hyperparameters - set(SPEC_FIELDS))]


def shown_fields() -> list[str]:
    """List the fields that can be columns of a list. Lists contain superseded runs only if a query asks for them."""
    return [field for field in fields() if field != SUPERSEDED]


def check_field(field: str) -> None:
    """Raises BadQuery for an unknown field."""
    if field not in fields():
        near = get_close_matches(field, fields(), 1)
        there_are = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(fields())}."
        raise BadQuery(f"There is no field “{field}”; {there_are}")


def expression(field: str) -> str:
    """Return the SQL of a field's value. Raises BadQuery for an unknown field."""
    if field in COLUMNS:
        return COMPUTED.get(field, COLUMNS[field])
    if field in METRICS:
        return BEST.format(field)
    if field in FLAGS:
        return f"({FLAGS[field]})"
    check_field(field)
    if field == "tag":
        return "NULLIF(tags, '[]')"
    # A damaged spec has no values, and must not take the list of all others along.
    value = f"json_extract(spec, '$.{SPEC_FIELDS.get(field, f'hyperparameters.{field}')}')"
    if field in LATER:
        having = ", ".join(f"'{name}'" for name, each in ARCHITECTURES.items() if field in each.hyperparameters)
        usual = f"IIF(json_extract(spec, '$.architecture') IN ({having}), {LATER[field]}, NULL)"
        value = f"COALESCE({value}, {usual})"
    if field == "loop":
        usual = f"IIF(json_extract(spec, '$.{SPEC_FIELDS['engine']}') = '{LOOP_BACKEND}', '{BATCHES}', NULL)"
        value = f"COALESCE({value}, {usual})"
    return f"IIF(json_valid(spec), {value}, NULL)"


def value_of(run: Run, field: str, best: EpochFinished | None = None) -> Any:
    """Reads the value of a field as the list of runs shows it.

    Args:
        run: The run.
        field: The name of a field of ``fields()``.
        best: The run's best epoch, for fields that are measured.

    Returns:
        The value; None if the run has no such field or its spec cannot be read.
    """
    if field in METRICS:
        metric, split = METRICS[field]
        return best and metric.value(best, split)
    if field in COLUMNS:
        return getattr(run, COLUMNS[field])
    if field == "tag":
        return ", ".join(run.tags)
    if field in FLAGS:
        return {
            "pinned": run.pinned,
            "contended": run.contended is not None,
            "together": run.together,
            "imported": run.imported_at is not None,
            "generated": run.is_generated,
        }[field]
    value = run.settings.get(SPEC_FIELDS.get(field, f"hyperparameters.{field}"))
    return dataset_title(value) if field == "dataset" and value is not None else value
