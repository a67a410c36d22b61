"""The commands on cached runs. Each uses the same functions as the pages and returns plain data."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

from tqdm import tqdm

from cache.browsing import annotations
from cache.browsing.listing import CURRENT, list_runs
from cache.browsing.query import BadQuery, parse
from cache.core.formatting import flatten
from cache.execution.launching import ensure_runners
from cache.execution.queue import retry
from cache.operations.storage import free as free_kinds
from cache.operations.storage import freeable
from cache.store.runs import QUEUED, RUNNING, Run
from cache.store.store import RunStore
from cache.transfer.bundles import export_bundle, import_bundle
from cache.transfer.exports import check_ending, export, is_one_table
from models.data.user_datasets import is_user_dataset
from models.layers.keras_code import layer_code
from models.layers.stack import summarize

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
    if for_good:
        annotations.purge(store, ids)
    return rows


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
    if where and kind == BUNDLE:
        where = f"({where})" if " or " in where.lower() else where  # “or” binds weaker than the added condition
        where = f"{where} state=finished"
    ids = selected(store, run_ids, where)
    if kind == BUNDLE:
        with tqdm(unit="file", disable=not show_progress) as bar:

            def on_progress(done: int, total: int) -> None:
                bar.total, bar.n = total, done
                bar.refresh()

            num_runs = export_bundle(store, ids, target, weights=ids if weights else (), on_progress=on_progress)
    else:
        num_runs = export(store, ids, kind, target)
    written = {"file": str(target), "runs": num_runs, "size_bytes": target.stat().st_size}
    return written | {"note": ONE_TABLE} if is_one_table(target) else written


def read(store: RunStore, sources: Sequence[Path], show_progress: bool) -> Rows:
    """Import bundles, each whole or not at all. Raises BadBundle, OSError."""
    states: list[tuple[int, str]] = []
    for source in tqdm(sources, unit="bundle", disable=not show_progress or len(sources) == 1):
        imported = import_bundle(store, source)
        states += [(run_id, imported.state(run_id)) for run_id in [*imported.new, *imported.known]]
        print(f"{source}: {imported.summary}", file=sys.stderr)
    rows = _known(store, [run_id for run_id, _ in states])
    return [{**row, "import": state} for row, (_, state) in zip(rows, states, strict=True)]


def free(store: RunStore, kinds: Sequence[str]) -> Rows:
    """Free the named kinds; return the size of every kind before. Raises ValueError for an unknown kind."""
    found = freeable(store)
    free_kinds(store, kinds)
    return [
        {
            "kind": each.kind.name,
            "items": each.num_items,
            "megabytes": round(each.size_bytes / 1e6, 1),
            "freed": each.kind.name in kinds,
            "what": each.kind.title,
            "price": each.kind.price,
        }
        for each in found
    ]


def selected(store: RunStore, run_ids: Sequence[int], where: str | None) -> list[int]:
    """Return runs that are named, or found by a query. Raises KeyError, BadQuery, and ValueError if there are none."""
    if where is not None:
        found = list_runs(store, parse(where), status_filter=CURRENT, limit=EVERYTHING).runs
        run_ids = [*run_ids, *(run.id for run in found)]
        if not found:
            raise ValueError(f"No run matches “{where}”.")
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
        "reason": run.reason or run.seconds_remark,
    }


def as_text(rows: Rows | dict[str, Any]) -> str:
    """Format rows as a table, and a single thing as "name: value" lines."""
    if isinstance(rows, dict):
        return harmless("\n".join(f"{name}: {_lines(value)}" for name, value in rows.items()))
    if not rows:
        return "No runs."
    filled = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    if all(row.get("trainable_parameters") in (None, row.get("parameters")) for row in rows):
        filled = [name for name in filled if name != "trainable_parameters"]  # redundant with the others
    rows = [{name: row[name] for name in filled} for row in rows]
    table = [[name.replace("_", " ") for name in rows[0]]]
    table += [["–" if value is None else harmless(_figure(value)) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def harmless(text: str) -> str:
    """Remove control characters for terminals, since the text may come from an imported bundle."""
    text = text.replace("\t", "    ")
    return "".join("�" if category(each) in ("Cc", "Cs") and each != "\n" else each for each in text)


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


def _figure(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _line(value: Any) -> str:
    """One of several values, such as an epoch's figures, in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_figure(each)}" for name, each in value.items())
    return "–" if value is None else _figure(value)


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"\n  {_line(each)}" for each in value) or "none"
    if isinstance(value, dict):
        return "".join(f"\n  {name}: {_line(each)}" for name, each in flatten(value).items()) or "none"
    if isinstance(value, str) and "\n" in value:
        return "".join(f"\n  {line}" for line in value.splitlines())
    return "–" if value in (None, "") else _figure(value)
