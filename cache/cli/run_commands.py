"""The commands on cached runs. Each uses the same functions as the pages and returns plain data."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cache.browsing import annotations
from cache.browsing.listing import CURRENT, list_runs
from cache.browsing.query import BadQuery, parse
from cache.cli.command_line import describe_error, writing
from cache.cli.output import progress_bar
from cache.core.formatting import count
from cache.execution.launching import ensure_runners
from cache.execution.queue import retry
from cache.operations.storage import free as free_kinds
from cache.operations.storage import freeable
from cache.store.runs import FINISHED, QUEUED, RUNNING, Run
from cache.store.store import RunStore
from cache.transfer.bundles import BadBundle, export_bundle, import_bundle
from cache.transfer.exports import check_ending, export, is_one_table
from models.data.user_datasets import is_user_dataset
from models.layers.keras_code import layer_code
from models.layers.stack import summarize
from models.training.run_files import BEST_WEIGHTS

Rows = list[dict[str, Any]]
EVERYTHING = 10**9
BUNDLE = "bundle"
ONE_TABLE = (
    "The table of runs, a row for each. For the table of epochs as well, give the file a name that ends in .zip."
)


def find(store: RunStore, words: Sequence[str], **options: Any) -> Rows:
    """List runs that a query finds; ``options`` are those of ``cache.browsing.listing.list_runs``. Raises BadQuery,
    ValueError.
    """
    if options.get("limit", 1) < 1:
        raise ValueError("--limit must be at least 1.")
    try:
        found, problem = list_runs(store, parse(_joined(words)), **options).runs, None
    except BadQuery as error:
        found, problem = [], error
    if not found and any(" " in word.strip() for word in words):  # one string may hold a whole query
        try:
            found, problem = list_runs(store, parse(" ".join(words)), **options).runs, None
        except BadQuery as error:
            problem = error if any(set(word) & set("<>=") for word in words) else problem
    if problem:
        raise problem
    return [row(run) for run in found]


def show(store: RunStore, run_id: int) -> dict[str, Any]:
    """Return everything that the store knows about a run. Raises KeyError for an unknown one."""
    from models.training.steadiness import unsteady_epochs  # imported here because it takes time

    run, epochs = store.run(run_id), store.epochs([run_id])[run_id]
    return row(run) | {
        "name": run.name,
        "note": run.note,
        "tags": list(run.tags),
        "identity": run.identity,
        "spec": run.settings or run.spec_json,
        "environment": run.environment,
        "contended": run.contended,
        "together": run.together,
        "unsteady_seconds": unsteady_epochs(epochs),
        "layers": _layers(run),
        "curve": [vars(epoch) for epoch in epochs],
        "files": run.files,
        "damaged_files": store.damaged_files(run),
        "log": store.log_tail(run_id),
    }


def cancel(store: RunStore, run_ids: Sequence[int]) -> Rows:
    """Cancel runs. Raises KeyError for an unknown run, ValueError for one that has ended; then none is cancelled."""
    for run in _known(store, run_ids):
        if run["state"] not in (QUEUED, RUNNING):
            raise ValueError(f"Run {run['run']} is {run['state']}: only what waits or trains can be cancelled.")
    store.cancel(run_ids)
    return _known(store, run_ids)


def try_again(store: RunStore, run_ids: Sequence[int]) -> Rows:
    """Queue failed and cancelled runs again. Raises KeyError, ValueError."""
    ids = retry(store, run_ids)
    ensure_runners(store)
    return _known(store, ids)


def remove(store: RunStore, run_ids: Sequence[int], where: str | None, for_good: bool) -> Rows:
    """Put runs into the bin, or delete them for good. Raises KeyError, ValueError, BadQuery; then nothing changed."""
    ids = selected(store, run_ids, where)
    annotations.delete(store, ids)
    rows = _known(store, ids)
    if not for_good:
        return rows
    annotations.purge(store, ids)
    return [row | {"state": "deleted", "reason": None} for row in rows]


def restore(store: RunStore, run_ids: Sequence[int]) -> Rows:
    """Take runs out of the bin. Raises KeyError, and ValueError for a run that is not in it."""
    for run_id in run_ids:
        if store.run(run_id).deleted_at is None:
            raise ValueError(f"Run {run_id} is not in the bin.")
    annotations.restore(store, run_ids)
    return _known(store, run_ids)


def write(
    store: RunStore,
    run_ids: Sequence[int],
    where: str | None,
    kind: str,
    target: Path,
    *,
    weights: bool,
    show_progress: bool,
) -> dict[str, Any]:
    """Export runs to one file. Raises KeyError, ValueError, BadQuery, FileExistsError; then nothing is written.

    A name that ends in .csv or .parquet gets the table of runs alone.
    """
    if not target.absolute().parent.is_dir():
        raise ValueError(f"There is no folder {target.absolute().parent}: make it, or name another.")
    if weights and kind != BUNDLE:
        raise ValueError("--weights go into a bundle only.")
    if target.exists():
        raise FileExistsError(f"{target} is there already: name another file.")
    check_ending(kind, target)
    ids = selected(store, run_ids, where, only_finished=kind == BUNDLE)
    if kind == BUNDLE:
        with progress_bar("file", show_progress) as bar, writing(target):

            def on_progress(done: int, total: int) -> None:
                bar.total, bar.n = total, done
                bar.refresh()

            num_runs = export_bundle(store, ids, target, weights=ids if weights else (), on_progress=on_progress)
        if weights and (note := missing_weights(list(store.runs_by_id(ids).values()))):
            print(note, file=sys.stderr)
    else:
        with writing(target):
            num_runs = export(store, ids, kind, target)
    written = {"file": str(target), "runs": num_runs, "size_bytes": target.stat().st_size}
    return written | {"note": ONE_TABLE} if is_one_table(target) else written


class SomeFailed(ValueError):
    """A command could not do all; ``rows`` are of what it did."""

    def __init__(self, problems: Sequence[str], rows: Rows) -> None:
        super().__init__("\n".join(problems))
        self.rows = rows


def read(store: RunStore, sources: Sequence[Path], show_progress: bool) -> Rows:
    """Import bundles, each whole or not at all. Raises SomeFailed that names those that could not be imported."""
    states: list[tuple[int, str]] = []
    problems: list[str] = []
    with progress_bar("bundle", show_progress and len(sources) > 1, len(sources)) as bar:
        for source in sources:
            try:
                with source.open("rb") as file:
                    imported = import_bundle(store, file)
            except BadBundle as error:
                problems.append(f"{source}: {error}")
            except OSError as error:
                is_named = error.filename == str(source)
                problems.append(describe_error(error) if is_named else f"{source}: {describe_error(error)}")
            else:
                states += [(run_id, imported.state(run_id)) for run_id in [*imported.new, *imported.known]]
                print(f"{source}: {imported.summary}", file=sys.stderr)
            bar.update()
    rows = _known(store, [run_id for run_id, _ in states])
    rows = [{**row, "import": state} for row, (_, state) in zip(rows, states, strict=True)]
    if problems:
        raise SomeFailed(problems, rows)
    return rows


def free(store: RunStore, kinds: Sequence[str]) -> Rows:
    """Free the named kinds; return the size of every kind before. Raises ValueError for an unknown kind."""
    found = freeable(store)
    free_kinds(store, kinds)
    return [
        {
            "kind": each.kind.name,
            "items": each.num_items,
            "megabytes": each.size_bytes / 1e6,
            "freed": each.kind.name in kinds,
            "what": each.kind.title,
            "price": each.kind.price,
        }
        for each in found
    ]


def missing_weights(runs: Sequence[Run]) -> str | None:
    """Return a sentence on the runs without weights, which a bundle then lacks, too; None if all have some."""
    num_missing = sum(BEST_WEIGHTS not in run.files for run in runs)
    return f"The weights of {num_missing} of {count(len(runs), 'run')} are not in this cache." if num_missing else None


def selected(store: RunStore, run_ids: Sequence[int], where: str | None, *, only_finished: bool = False) -> list[int]:
    """Return runs that are named, or found by a query. Raises KeyError, BadQuery, and ValueError if there are none."""
    if where is not None:
        query = parse(where)
        if query.typed is None:  # as of an empty variable of a shell
            raise ValueError("--where needs a condition such as “tag=paper”.")
        found = list_runs(store, query, status_filter=CURRENT, limit=EVERYTHING).runs
        if not found:
            raise ValueError(f"No run matches “{where}”.")
        chosen = [run.id for run in found if run.state == FINISHED or not only_finished]
        if not chosen:
            raise ValueError(f"No run that matches “{where}” is finished: only finished runs go into a bundle.")
        if len(chosen) < len(found):
            print(f"{len(chosen)} of {count(len(found), 'run')}: only finished ones go into a bundle.", file=sys.stderr)
        run_ids = [*run_ids, *chosen]
    if not run_ids:
        raise ValueError("No run was chosen: give numbers of runs, or --where with a query.")
    _known(store, run_ids)
    return list(dict.fromkeys(run_ids))


def row(run: Run, label: str | None = None) -> dict[str, Any]:
    """Return a run as the lists print it."""
    return {
        "run": run.id,
        "name": run.name or None,
        "architecture": label or run.label,
        "seed": run.settings.get("seed"),
        "dataset": run.dataset_title if is_user_dataset(run.settings.get("dataset")) else run.settings.get("dataset"),
        "generated": "yes" if run.is_generated else None,
        "state": run.state,
        "epochs": run.num_epochs,
        "best_epoch": run.best_epoch,
        "validation_accuracy": run.validation_accuracy,
        "test_accuracy": run.test_accuracy,
        "seconds_per_epoch": run.seconds_per_epoch,
        "parameters": run.num_params,
        "trainable_parameters": run.num_trainable,
        "device": run.device,
        "reason": "being stopped"
        if run.state == RUNNING and run.cancel_requested
        else run.reason or run.seconds_remark,
    }


def _known(store: RunStore, run_ids: Sequence[int]) -> Rows:
    """Raises KeyError for an unknown run."""
    found = store.runs_by_id(run_ids)
    return [row(found[run_id] if run_id in found else store.run(run_id)) for run_id in run_ids]


def _joined(words: Sequence[str]) -> str:
    """The words as the shell passed them; operators stay separate."""
    return " ".join(word if set(word) <= set("<>=!") else shlex.quote(word) for word in words)


def _layers(run: Run) -> list[str]:
    try:
        summaries = summarize(run.spec.layers(), (run.spec.encoding.length,))
    except ValueError as error:
        return [str(error)]
    return [
        f"{layer_code(each.layer)} → {each.output_shape}: {each.num_params:,}"
        + (f", {each.num_trainable:,} of them trainable" if each.num_trainable != each.num_params else "")
        for each in summaries
    ]
