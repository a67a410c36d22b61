"""The study command: trains the named studies, and writes them as bundles that can come with Unroll."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cache.browsing import annotations
from cache.cli.command_line import writing
from cache.cli.train_command import train
from cache.results.results import fetch
from cache.store.runs import Run
from cache.store.store import RunStore
from cache.transfer.bundles import export_bundle
from cache.transfer.reference import TAG
from models.experiments.studies import STUDIES, Study
from models.machine.devices import Device
from models.statistics.paired_difference import MIN_SEEDS

Rows = list[dict[str, Any]]
MOST_ANSWER_BYTES = 10_000
"""Larger predictions would make all bundles together too large to come with Unroll."""
WHOLE_ANSWERS = {"line_up": 60_000, "recurrence": 60_000}
"""Compare opens these with fewer epochs than were trained, and needs the predictions at the best of those."""
WITHOUT_WEIGHTS = ("conv1d_under_lstm", "lstm_dropout")
"""Architectures whose weights do not come with Unroll, for the same reason; others have the same kinds of layers."""


def study(
    store: RunStore,
    names: Sequence[str],
    device: Device,
    backend: str,
    target: Path | None = None,
    *,
    wait: bool = True,
    show_progress: bool = True,
) -> Rows:
    """Train what is not cached yet; all studies if none is named.

    With a folder as ``target`` the runs are tagged and written to it: a bundle for each study, each run into the first
    that has it, and the first seed of each architecture but ``WITHOUT_WEIGHTS`` with its best weights.

    Raises ValueError for an unknown study, a failed run, and an architecture with too few undisturbed runs.
    """
    if unknown := [name for name in names if name not in STUDIES]:
        raise ValueError(f"There is no study “{unknown[0]}”; there are: {', '.join(STUDIES)}.")
    if target and not wait:
        raise ValueError("What is only queued cannot be written: leave out --to or --no-wait.")
    chosen = [STUDIES[name] for name in names or STUDIES]
    asked = [comparison for each in chosen for comparison in each.on(backend)]
    # All are queued before any is waited for, so that the device is never idle.
    trained = [train(store, comparison, device, wait=False, show_progress=False) for comparison in asked]
    if wait:
        trained = [train(store, comparison, device, show_progress=show_progress) for comparison in asked]
    if not target:
        return list({row["run"]: row for rows in trained for row in rows}.values())
    target.mkdir(parents=True, exist_ok=True)
    seen: dict[str, list[Run]] = {}
    for each in chosen:
        before = {run.id for runs in seen.values() for run in runs}
        seen[each.name] = [run for run in _runs(store, each, device, backend) if run.id not in before]
    first: dict[str, int] = {}
    for run in (run for runs in seen.values() for run in runs):
        if run.spec.architecture not in WITHOUT_WEIGHTS:
            first.setdefault(run.spec.architecture, run.id)
    return [_write(store, name, runs, set(first.values()), target) for name, runs in seen.items() if runs]


def _runs(store: RunStore, asked: Study, device: Device, backend: str) -> list[Run]:
    """The runs that answer a study, each once.

    All of them are of ``device``, and enough of each architecture are undisturbed for a verdict on its seconds.

    Raises:
        ValueError: They are not.
    """
    found: dict[int, Run] = {}
    for comparison in asked.on(backend):
        fingerprint = comparison.dataset.fingerprint(store.root / "tfds") or ""
        by_label: dict[str, list[Run]] = {}
        for result in fetch(store, comparison, fingerprint, device.name):
            if not result.is_cached or result.asked_run.device != device.name:
                raise ValueError(f"{result.label}, seed {result.spec.seed}, has no finished run on {device.name}.")
            by_label.setdefault(result.label, []).append(result.asked_run)
        for label, runs in by_label.items():
            disturbed = [run for run in runs if run.contended]
            if disturbed and len(runs) - len(disturbed) < MIN_SEEDS:
                raise ValueError(
                    f"{label} needs {MIN_SEEDS} undisturbed runs. Run {disturbed[0].id} was measured while the device "
                    f"was not free ({disturbed[0].contended}): delete it, and ask again when nothing else runs."
                )
            found |= {run.id: run for run in runs}
    return list(found.values())


def _write(store: RunStore, name: str, runs: Sequence[Run], weights: set[int], target: Path) -> dict[str, Any]:
    ids, file = [run.id for run in runs], target / f"{name}.zip"
    annotations.tag(store, ids, add=[TAG])
    # Dated by its runs, so that a study that has not changed makes the same file again.
    dated = max(run.ended_at or 0.0 for run in runs)
    most = WHOLE_ANSWERS.get(name, MOST_ANSWER_BYTES)
    with writing(file):
        export_bundle(store, ids, file, weights=weights, most_answer_bytes=most, created_at=dated)
    return {"study": name, "runs": len(ids), "file": str(file), "size_bytes": file.stat().st_size}
