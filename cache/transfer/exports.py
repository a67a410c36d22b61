"""Export of runs for other tools: a zip file of CSV tables, of Parquet tables, or of TensorBoard's event files; or one
table.

Libraries of only one of the formats are imported when they are needed.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from cache.core.formatting import flatten
from cache.store.runs import Run, best_epoch, first_epoch_extra_seconds
from cache.store.store import RunStore
from cache.transfer.event_files import event_file
from models.atomic_files import complete_file, remove_abandoned
from models.training.events import EpochFinished
from models.training.metrics import HELD_OUT, METRICS, STORED, metrics_of

TENSORBOARD = "tensorboard"
RUNS_AT_ONCE = 1_000
"""Epochs of so many runs are in memory."""

MEASURED = {metric.column(split): (metric, split) for metric in METRICS for split in metric.splits if split in HELD_OUT}
"""The metrics of a run, at its best validation epoch."""

RUN_COLUMNS = {
    "id": int,
    "name": str,
    "tags": tuple,
    "note": str,
    "pinned": bool,
    "state": str,
    "reason": str,
    "label": str,
    "architecture": str,
    "architecture_version": int,
    "hyperparameters": None,
    "dataset": str,
    "dataset_title": str,
    "generated": bool,
    "fingerprint": str,
    "train_examples": int,
    "encoding": None,
    "training": None,
    "seed": int,
    "epochs_asked": int,
    "epochs_finished": int,
    "parameters": int,
    "trainable_parameters": int,
    "best_epoch": int,
    **dict.fromkeys(MEASURED, float),
    "seconds_per_epoch": float,
    "first_epoch_extra_seconds": float,
    "device": str,
    "contended": str,
    "together": bool,
    "engine": str,
    "versions": None,
    "commit": str,
    "created_at": datetime,
    "started_at": datetime,
    "ended_at": datetime,
    "imported_at": datetime,
    "identity": str,
}
"""In this order, with their types; None stands for all columns ``name.…`` that any of the runs has."""

EPOCH_COLUMNS = {"run_id": int} | {field.name: field.type for field in fields(EpochFinished)}


def export(store: RunStore, run_ids: Sequence[int], kind: str, target: BinaryIO | Path) -> int:
    """Writes runs for other tools.

    Args:
        store: The cache.
        run_ids: The runs.
        kind: One of ``FORMATS``.
        target: An opened file, or a path, which is written whole or not at all. A path that ends in .csv or .parquet
            gets the table of runs alone; else a zip file is written.

    Returns:
        The number of runs that were written: TensorBoard's files leave out runs without epochs.

    Raises:
        ValueError: The kind is unknown, the path's ending does not fit it, or there are no runs to write.
        KeyError: A run is unknown.
    """
    if kind not in FORMATS:
        raise ValueError(f"The format must be one of {', '.join(FORMATS)}, not {kind!r}.")
    if isinstance(target, Path):
        check_ending(kind, target)
        remove_abandoned(target.absolute().parent)
    runs = _runs(store, list(dict.fromkeys(map(int, run_ids))))
    if kind == TENSORBOARD and not (runs := [run for run in runs if run.num_epochs]):
        raise ValueError("None of these runs has finished an epoch: choose others.")
    with complete_file(target) as file:
        if isinstance(target, Path) and is_one_table(target):
            _, columns, rows = next(_tables(store, runs))
            TABLES[kind](file, columns, rows)
        else:
            with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
                WRITERS[kind](archive, store, runs)
    return len(runs)


def is_one_table(target: Path) -> bool:
    """Return whether a file of this name contains the table of runs alone."""
    return target.suffix.lower().removeprefix(".") in TABLES


def check_ending(kind: str, target: Path) -> None:
    """Check that a file name matches the kind. Raises ValueError."""
    ending, fitting = target.suffix.lower(), (f".{kind}", ".zip") if kind in TABLES else (".zip",)
    if ending in fitting:
        return
    hint = f"; for a {ending} file add --as {ending[1:]}" if is_one_table(target) else ""
    raise ValueError(f"“{target.name}”: with --as {kind} the file's name ends in {' or '.join(fitting)}{hint}.")


def _runs(store: RunStore, run_ids: list[int]) -> list[Run]:
    if not run_ids:
        raise ValueError("There is nothing to export: choose at least one run.")
    found = store.runs_by_id(run_ids)
    return [found.get(run_id) or store.run(run_id) for run_id in run_ids]


def _with_epochs(store: RunStore, runs: list[Run]) -> Iterator[tuple[Run, list[EpochFinished]]]:
    for start in range(0, len(runs), RUNS_AT_ONCE):
        some = runs[start : start + RUNS_AT_ONCE]
        epochs = store.epochs(run.id for run in some)
        yield from ((run, epochs[run.id]) for run in some)


def _tables(store: RunStore, runs: list[Run]) -> Iterator[tuple[str, dict[str, Any], Iterable[Sequence[Any]]]]:
    """(name, columns with their types, rows) of each table."""
    rows = [_run_row(run, epochs) for run, epochs in _with_epochs(store, runs)]
    columns = _run_columns(rows)
    yield "runs", columns, ([row.get(name) for name in columns] for row in rows)
    values = attrgetter(*list(EPOCH_COLUMNS)[1:])
    epochs = ((run.id, *values(epoch)) for run, epochs in _with_epochs(store, runs) for epoch in epochs)
    yield "epochs", EPOCH_COLUMNS, epochs


def _run_row(run: Run, epochs: list[EpochFinished]) -> dict[str, Any]:
    environment = {name: run.environment.get(name) for name in ("engine", "versions", "commit")}
    own = {field.name: getattr(run, field.name) for field in fields(Run) if field.name in RUN_COLUMNS}
    own |= {
        "label": run.label,
        "dataset_title": run.dataset_title,
        "generated": run.is_generated,
        "epochs_asked": run.epochs,
        "epochs_finished": run.num_epochs,
        "parameters": run.num_params,
        "trainable_parameters": run.num_trainable,
        "first_epoch_extra_seconds": first_epoch_extra_seconds(epochs),
    }
    own |= _measured(run, epochs)
    own |= {name: _time(own[name]) for name, kind in RUN_COLUMNS.items() if kind is datetime}
    return _spec(run) | _plain(environment) | own


def _measured(run: Run, epochs: list[EpochFinished]) -> dict[str, float | None]:
    """The metrics at the best epoch; those that are computed from others only for the tasks that have them."""
    if not epochs:
        return {}
    try:
        measured = {*STORED, *metrics_of(run.spec.task)}
    except (ValueError, KeyError):  # another version's architecture
        measured = set(STORED)
    best = best_epoch(epochs)
    return {name: metric.value(best, split) for name, (metric, split) in MEASURED.items() if metric in measured}


def _run_columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The columns of these runs in the order of ``RUN_COLUMNS``, unknown ones at the end."""
    order = list(RUN_COLUMNS)
    names = dict.fromkeys(name for name, kind in RUN_COLUMNS.items() if kind)
    names |= dict.fromkeys(name for row in rows for name, value in row.items() if value is not None)

    def place(name: str) -> int:
        top = name.split(".")[0]
        return order.index(top) if top in RUN_COLUMNS else len(order)

    return {name: RUN_COLUMNS.get(name) for name in sorted(names, key=place)}


def _spec(run: Run) -> dict[str, Any]:
    """The spec by dotted names, also of another version; empty if it cannot be read."""
    return _plain(run.settings)


def _plain(values: object) -> dict[str, Any]:
    """JSON as columns: a list becomes text, and surrogates, which no file accepts, are replaced."""
    flat = flatten(values) if isinstance(values, Mapping) else {}

    def as_cell(value: Any) -> Any:
        if value is None or isinstance(value, int | float):
            return value
        text = value if isinstance(value, str) else json.dumps(value)
        return text.encode(errors="replace").decode()

    return {as_cell(name): as_cell(value) for name, value in flat.items()}


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _write_tables(kind: str, archive: ZipFile, store: RunStore, runs: list[Run]) -> None:
    for name, columns, rows in _tables(store, runs):
        with archive.open(f"{name}.{kind}", "w") as file:
            TABLES[kind](file, columns, rows)


def _write_csv(file: IO[bytes], columns: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(map(cell, columns))
    writer.writerows(map(cell, row) for row in rows)
    text.detach()


def cell(value: Any) -> Any:
    """Return numbers as they are; text that a spreadsheet would run as a formula begins with an apostrophe."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    text = ", ".join(value) if isinstance(value, tuple) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _write_parquet(file: IO[bytes], columns: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    numbers = {int: pa.int64(), float: pa.float64(), float | None: pa.float64(), bool: pa.bool_()}
    types = numbers | {str: pa.string(), tuple: pa.list_(pa.string()), datetime: pa.timestamp("us", "UTC")}

    def array(values: Sequence[Any], kind: Any) -> pa.Array:
        try:
            return pa.array(values, types.get(kind))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # a value of another version, of another type
            return pa.array([None if value is None else str(value) for value in values])

    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [array(each, kind) for each, kind in zip(values, columns.values(), strict=True)]
    parquet.write_table(pa.table(arrays, names=list(columns)), file)


def _write_tensorboard(archive: ZipFile, store: RunStore, runs: list[Run]) -> None:
    for run, epochs in _with_epochs(store, runs):
        generated = {"generated": "yes"} if run.is_generated else {}
        archive.writestr(*event_file(run, epochs, _spec(run) | generated))


TABLES: dict[str, Callable[[IO[bytes], Mapping[str, Any], Iterable[Sequence[Any]]], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
}
WRITERS: dict[str, Callable[[ZipFile, RunStore, list[Run]], None]] = {
    **{kind: partial(_write_tables, kind) for kind in TABLES},
    TENSORBOARD: _write_tensorboard,
}
FORMATS = tuple(WRITERS)
