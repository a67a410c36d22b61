"""The train command: it uses the same comparison, store and runner as the pages."""

import shlex
import sys
import time
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import product
from typing import Any

from cache.cli.output import progress_bar
from cache.cli.run_commands import row
from cache.core.formatting import count
from cache.core.paths import cache_root
from cache.execution.estimates import EpochTimes, Estimate
from cache.execution.launching import ensure_runners
from cache.execution.queue import RunRequest, enqueue, kept_sentence
from cache.execution.room import times_on
from cache.results.results import Result, fetch, missing_work
from cache.store.runs import best_epoch, seconds_per_epoch
from cache.store.store import RunStore
from models.architectures import ARCHITECTURES, get_architecture
from models.experiments.comparison import Comparison, Entry
from models.hyperparameters import Hyperparameter, NamedValue
from models.machine.devices import Device
from models.stacks.stack_domain import StackText
from models.vectors.word_vectors import require_vectors

POLL_SECONDS = 0.5


def comparison(architectures: Sequence[str], sweep: Sequence[str], **shared: Any) -> Comparison:
    """Every architecture with every combination of the swept values. Raises ValueError for invalid ones.

    ``sweep`` contains "name=value,value…". A hyperparameter that only some of the architectures have applies to those.
    """
    texts = dict(map(_swept, sweep))
    if shared["epochs"] < 1 or shared["num_seeds"] < 1:
        raise ValueError("There must be at least one epoch and one seed.")
    there_are = list(dict.fromkeys(name for each in architectures for name in get_architecture(each).hyperparameters))
    for name in texts:
        if name not in there_are:
            raise ValueError(
                f"None of the chosen architectures has a hyperparameter “{name}”; there are: {', '.join(there_are)}."
            )
    entries = []
    for architecture in dict.fromkeys(architectures):
        known = get_architecture(architecture).hyperparameters
        values = {name: _values(known[name], text) for name, text in texts.items() if name in known}
        for variant, chosen in enumerate(product(*values.values()), start=1):
            entries.append(Entry(architecture, dict(zip(values, chosen, strict=True)), variant))
    return Comparison(entries=tuple(entries), **shared)


def architecture_name(text: str) -> str:
    """Return the name of the architecture with this name or title. Raises ValueError."""
    by_title = {entry.title.casefold(): name for name, entry in ARCHITECTURES.items()}
    if text in ARCHITECTURES:
        return text
    if name := by_title.get(text.strip().casefold()):
        return name
    near = get_close_matches(text.casefold(), [*ARCHITECTURES, *by_title], 1)
    there_are = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(ARCHITECTURES)}."
    raise ValueError(f"There is no architecture “{text}”; {there_are}")


def train(
    store: RunStore,
    wanted: Comparison,
    device: Device,
    *,
    wait: bool = True,
    show_progress: bool = True,
    keep_weights: bool = False,
    together: bool = False,
) -> list[dict[str, Any]]:
    """Queues what is not cached and waits for it.

    Args:
        store: The cache.
        wanted: What to train.
        device: Where to train.
        wait: If False, returns as soon as the runs are queued.
        show_progress: Whether a progress bar is printed.
        keep_weights: Whether the runs that are trained keep their weights after chosen epochs.
        together: Whether they may be trained several at once, because only accuracies are wanted.

    Returns:
        A row for each run, by the names of the columns.

    Raises:
        ValueError: A stack cannot be built, or a dataset or word vectors are not here.
    """
    fingerprint = wanted.dataset.fingerprint(store.root / "tfds")
    if fingerprint is None:
        raise ValueError(wanted.dataset.how_to_get)
    results = fetch(store, wanted, fingerprint, device.name)
    work = missing_work(results, device.name, keep_weights, together)
    for name in {spec.vectors for spec, _ in work if spec.vectors}:
        require_vectors(name)
    requests = [
        RunRequest(spec, wanted.epochs, device.device_id, keep_weights=keep_weights, together=together)
        for spec, _ in work
    ]
    if requests:
        enqueue(store, requests)
    if show_progress:
        _announce(results, work, times_on(store, device), device, together)
        if work and keep_weights:
            print(kept_sentence([spec for spec, _ in work], wanted.epochs), file=sys.stderr)
    ensure_runners(store)
    results = fetch(store, wanted, fingerprint, device.name)
    if wait:
        try:
            with progress_bar("epoch", show_progress, len(results) * wanted.epochs) as bar:
                while True:
                    bar.n = sum(wanted.epochs if not result.is_active else len(result.epochs) for result in results)
                    bar.set_postfix_str(_current(results))
                    if not any(result.is_active for result in results):
                        break
                    time.sleep(POLL_SECONDS)
                    ensure_runners(store)
                    results = fetch(store, wanted, fingerprint, device.name)
        except KeyboardInterrupt:
            if any(result.is_active for result in results):
                print(_how_to_stop(store, results), file=sys.stderr)
            raise
    return [_row(result) for result in results]


def _swept(text: str) -> tuple[str, str]:
    """Return the name and the values as they were typed."""
    name, equals, values = text.partition("=")
    if not equals:
        raise ValueError(f"--set wants NAME=VALUE[,VALUE…], not “{text}”.")
    return name.strip().replace("-", "_"), values


def _values(hyperparameter: Hyperparameter, text: str) -> list[Any]:
    domain, value = hyperparameter.domain, text
    values = []
    try:
        for value in domain.split(text) if isinstance(domain, StackText | NamedValue) else text.split(","):
            values.append(domain.parse(value))
    except ValueError:
        raise ValueError(
            f"--set {hyperparameter.name}=VALUE[,VALUE…] wants {domain.kind}, not “{value}” as in “{text}”."
        ) from None
    return values


def _announce(results: Sequence[Result], work: Sequence, times: EpochTimes, device: Device, together: bool) -> None:
    how = Estimate.of(times, work).text
    if together and times.num_slots > 1:
        how = f"{Estimate.of(times, work, together).text} up to {times.num_slots} at once".strip()
    known = f", {how}" if work and how else ""
    cached = sum(result.is_cached for result in results)
    to_train = {spec.identity for spec, _ in work}
    active = sum(result.is_active for result in results if result.spec.identity not in to_train)
    in_queue = f", {active} in training or waiting" if active else ""
    print(
        f"{cached} of {count(len(results), 'run')} cached{in_queue}, {len(work)} to train{known} on {device.name}",
        file=sys.stderr,
    )


def _how_to_stop(store: RunStore, results: Sequence[Result]) -> str:
    numbers = " ".join(str(result.asked_run.id) for result in results if result.is_active)
    cache = "" if store.root == cache_root() else f"--cache {shlex.quote(str(store.root))} "
    return f"\nThe runs go on; “python -m cache {cache}cancel {numbers}” stops them."


def _current(results: Sequence[Result]) -> str:
    running = [result for result in results if result.is_active and result.asked_run.progress]
    more = f" and {len(running) - 1} more" if len(running) > 1 else ""
    return f"{running[0].label}, seed {running[0].spec.seed}{more}" if running else ""


def _row(result: Result) -> dict[str, Any]:
    """The run for the epochs that were asked for: a longer one answers by its first epochs."""
    best = best_epoch(result.epochs) if result.epochs else None
    return row(result.asked_run, result.label) | {
        "epochs": len(result.epochs),
        "best_epoch": best and best.epoch,
        "validation_accuracy": best and best.validation_accuracy,
        "test_accuracy": best and best.test_accuracy,
        "seconds_per_epoch": seconds_per_epoch(result.epochs),
    }
