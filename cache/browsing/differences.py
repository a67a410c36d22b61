"""Differences between any number of runs: only the fields that are not the same in all of them."""

from collections.abc import Sequence
from typing import Any

from cache.core.formatting import flatten
from cache.store.runs import Run

IRRELEVANT = ("environment.load_at_", "environment.lane")
"""Fields that differ in every run and explain nothing."""


def differences(runs: Sequence[Run]) -> tuple[dict[str, list[Any]], int]:
    """(for each field that differs its value in each run, number of fields that are the same).

    A field that a run does not have is None there.
    """
    flat = [_fields(run) for run in runs]
    names = list(dict.fromkeys(name for fields in flat for name in fields))
    if all(fields["trainable_parameters"] in (None, fields["parameters"]) for fields in flat):
        names = [name for name in names if name != "trainable_parameters"]  # redundant with the others
    table = {name: [fields.get(name) for fields in flat] for name in names}
    differing = {name: values for name, values in table.items() if any(value != values[0] for value in values)}
    return differing, len(table) - len(differing)


def _fields(run: Run) -> dict[str, Any]:
    parameters = {"parameters": run.num_params, "trainable_parameters": run.num_trainable}
    measured = {"epochs": run.epochs, "contended": run.contended} | parameters
    environment = flatten({"environment": run.environment})
    return (
        run.settings
        | measured
        | {name: value for name, value in environment.items() if not name.startswith(IRRELEVANT)}
    )
