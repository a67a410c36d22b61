"""What the command line does, by the same comparison, store and runner as the pages. Every command gives plain data."""

import time
from collections.abc import Sequence
from itertools import product
from typing import Any

from tqdm import tqdm

from cache.estimates import EpochTimes
from cache.launching import ensure_runners
from cache.results import Result, fetch, missing_work
from cache.runs import Run, best_epoch, seconds_per_epoch
from cache.store import RunStore
from cache.wording import count, duration
from models.architectures import get_architecture
from models.comparison import Comparison, Entry
from models.devices import Device
from models.events import EpochFinished
from models.keras_code import layer_code
from models.stack import summarize

POLL_SECONDS = 0.5


def comparison(architectures: Sequence[str], sweep: Sequence[str], **shared: Any) -> Comparison:
    """Every architecture with every combination of the swept values. Raises ValueError for what cannot be.

    ``sweep`` holds "name=value,value…". A hyperparameter that only some of the architectures have applies to those.
    """
    values = dict(map(_swept, sweep))
    if shared["epochs"] < 1 or shared["num_seeds"] < 1:
        raise ValueError("There must be at least one epoch and one seed.")
    for name in values:
        if not any(name in get_architecture(each).hyperparameters for each in architectures):
            raise ValueError(f"None of the chosen architectures has a hyperparameter {name!r}.")
    entries = []
    for architecture in dict.fromkeys(architectures):
        names = [name for name in values if name in get_architecture(architecture).hyperparameters]
        for variant, chosen in enumerate(product(*(values[name] for name in names)), start=1):
            entries.append(Entry(architecture, dict(zip(names, chosen, strict=True)), variant))
    return Comparison(entries=tuple(entries), **shared)


def train(
    store: RunStore, wanted: Comparison, device: Device, *, wait: bool = True, show_progress: bool = True
) -> list[dict[str, Any]]:
    """Queues what is not cached, waits for it if asked to, and returns a row for each run.

    Raises ValueError for a stack that cannot be, or a dataset that has to be downloaded first.
    """
    fingerprint = wanted.dataset.fingerprint(store.root / "tfds")
    if fingerprint is None:
        raise ValueError(
            f"{wanted.dataset.title} is not on this machine yet: run “python -m cache.downloads {wanted.dataset.name}”."
        )
    results = fetch(store, wanted, fingerprint, device.name)
    work = missing_work(results, device.name)
    if show_progress:
        _announce(results, work, EpochTimes(store.measured_seconds(device.name)), device)
    store.submit([spec for spec, _ in work], wanted.epochs, device.lane)
    ensure_runners(store, wanted.training.engine)
    results = fetch(store, wanted, fingerprint, device.name)
    if wait:
        with tqdm(total=len(results) * wanted.epochs, unit="epoch", disable=not show_progress) as bar:
            while True:
                bar.n = sum(wanted.epochs if not result.is_active else len(result.epochs) for result in results)
                bar.set_postfix_str(_current(results))
                if not any(result.is_active for result in results):
                    break
                time.sleep(POLL_SECONDS)
                ensure_runners(store, wanted.training.engine)
                results = fetch(store, wanted, fingerprint, device.name)
    return [_row(result.run, result.epochs, result.label) for result in results]


def list_runs(
    store: RunStore, state: str | None = None, architecture: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The latest runs first."""
    runs = store.runs([state] if state else [])[::-1]
    chosen = [run for run in runs if architecture in (None, run.spec.architecture)][:limit]
    epochs = store.epochs(run.id for run in chosen)
    return [_row(run, epochs[run.id], _label(run)) for run in chosen]


def show_run(store: RunStore, run_id: int) -> dict[str, Any]:
    """Everything that the store knows of a run. Raises KeyError for an unknown one."""
    run = store.run(run_id)
    epochs = store.epochs([run_id])[run_id]
    summaries = summarize(run.spec.layers(), (run.spec.encoding.length,))
    return _row(run, epochs, _label(run)) | {
        "identity": run.identity,
        "spec": run.spec_json,
        "environment": run.environment,
        "layers": [f"{layer_code(each.layer)} → {each.output_shape}: {each.num_params:,}" for each in summaries],
        "curve": [vars(epoch) for epoch in epochs],
        "files": run.files,
        "damaged_files": store.damaged_files(run),
        "log": store.log_tail(run_id),
    }


def cancel_runs(store: RunStore, run_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Raises KeyError for an unknown run, having cancelled none."""
    for run_id in run_ids:
        store.run(run_id)
    store.cancel(run_ids)
    return [_row(store.run(run_id), [], _label(store.run(run_id))) for run_id in run_ids]


def as_text(rows: list[dict[str, Any]] | dict[str, Any]) -> str:
    """A table for rows; "name: value" lines for a single run."""
    if isinstance(rows, dict):
        return "\n".join(f"{name}: {_lines(value)}" for name, value in rows.items())
    if not rows:
        return "No runs."
    table = [[name.replace("_", " ") for name in rows[0]]]
    table += [["–" if value is None else _figure(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def _swept(text: str) -> tuple[str, list[int]]:
    name, _, values = text.partition("=")
    try:
        return name.strip().replace("-", "_"), [int(value.replace("_", "")) for value in values.split(",")]
    except ValueError:
        raise ValueError(f"--set wants NAME=VALUE[,VALUE…] with whole numbers, not {text!r}.") from None


def _announce(results: Sequence[Result], work: Sequence, times: EpochTimes, device: Device) -> None:
    seconds, num_unknown = times.total(work)
    known = f", about {duration(seconds)}" if work and not num_unknown else ""
    cached = sum(result.is_cached for result in results)
    print(f"{cached} of {count(len(results), 'run')} cached, {len(work)} to train{known} on {device.name}")


def _current(results: Sequence[Result]) -> str:
    running = next((result for result in results if result.is_active and result.run.progress), None)
    return f"{running.label}, seed {running.spec.seed}" if running else ""


def _label(run: Run) -> str:
    return Entry(run.spec.architecture, run.spec.hyperparameters).label


def _row(run: Run, epochs: Sequence[EpochFinished], label: str) -> dict[str, Any]:
    best = best_epoch(list(epochs))
    return {
        "run": run.id,
        "architecture": label,
        "seed": run.spec.seed,
        "state": run.state,
        "epochs": len(epochs),
        "best_epoch": best and best.epoch,
        "validation_accuracy": best and best.validation_accuracy,
        "test_accuracy": best and best.test_accuracy,
        "seconds_per_epoch": seconds_per_epoch(list(epochs)),
        "parameters": run.num_params,
        "device": run.device,
        "reason": run.reason,
    }


def _figure(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _lines(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"\n  {each}" for each in value) or "none"
    if isinstance(value, str) and "\n" in value:
        return "".join(f"\n  {line}" for line in value.splitlines())
    return "–" if value in (None, "") else _figure(value)
