"""How much sooner runs are done that are trained several at once, and how much longer each of them takes.

On a busy machine two processes also get a larger share of it than one, so its ratio of seconds is too good. The
processor time that all runs took together is not affected by that.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

import psutil

from cache.execution.launching import ensure_runners
from cache.execution.queue import RunRequest, enqueue
from cache.execution.room import Room
from cache.store.runs import FINISHED, Run
from cache.store.store import RunStore
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec
from models.machine.devices import cpu
from tests.benchmarks.runs.running import wait_until

ARCHITECTURES = ("flatten", "conv1d", "gru", "lstm")
NUM_TEXTS, EPOCHS, SEEDS, ROUNDS = 1_000, 4, 1, 3
LONGEST_SECONDS = 1_800.0


def measure() -> Iterator[tuple[str, str, str]]:
    """Each round trains the same architectures with other seeds, one at a time and several at once, in turn."""
    num_slots = Room.all_of(cpu()).num_slots
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        try:
            _train(store, range(1), False, ARCHITECTURES[:1])  # the data are prepared, and the first worker is warm
            rounds = []
            for number in range(ROUNDS):
                first = 1 + 2 * SEEDS * number
                seeds = range(first, first + SEEDS), range(first + SEEDS, first + 2 * SEEDS)
                modes = (False, True) if number % 2 else (True, False)
                found = {mode: _train(store, seeds[mode], mode) for mode in modes}
                rounds.append(found)
                ratio = found[True][0] / found[False][0]
                what = f"round {number + 1}: {len(found[True][1])} runs, up to {num_slots} at once to one at a time"
                yield what, f"{ratio:.2f} times", f"{found[True][0]:.0f} s, {found[False][0]:.0f} s"
        finally:
            if runner := store.live_runner("cpu"):
                runner.process().terminate()
                wait_until(lambda: not runner.is_alive())
    yield "median of the rounds", f"{median(each[True][0] / each[False][0] for each in rounds):.2f} times", "–"
    for name in ARCHITECTURES:
        factor = median(_seconds(each[True][1], name) / _seconds(each[False][1], name) for each in rounds)
        yield f"{name}: a steady epoch beside another run, to one that has the device alone", f"{factor:.2f} times", "–"
    ratio = median(each[True][3] / each[False][3] for each in rounds)
    yield "processor time of all runs, several at once to one at a time", f"{ratio:.2f} times", "–"
    for mode, how in enumerate(("one at a time", "several at once")):
        most = max(each[bool(mode)][2] for each in rounds)
        yield f"most memory of all training processes, {how}", f"{most:.0f} MB", "–"


def _train(
    store: RunStore, seeds: Sequence[int], together: bool, architectures: Sequence[str] = ARCHITECTURES
) -> tuple[float, list[Run], float, float]:
    """Train each architecture with these seeds; return the seconds, the runs, the most memory in MB, and the seconds of
    processor time.
    """
    imdb = get_dataset("imdb")
    fingerprint = imdb.fingerprint(store.root / "tfds")
    specs = [
        RunSpec.create(
            dataset="imdb", fingerprint=fingerprint, train_examples=NUM_TEXTS, architecture=architecture, seed=seed
        )
        for seed in seeds
        for architecture in architectures
    ]
    before = dict(_processes(store))
    began, most, used = time.monotonic(), 0.0, {}
    ids = enqueue(store, [RunRequest(spec, EPOCHS, "cpu", together=together) for spec in specs]).new

    def is_done() -> bool:
        nonlocal most
        found = list(_processes(store))
        used.update({pid: seconds - before.get(pid, (0.0, 0.0))[0] for pid, (seconds, _) in found})
        most = max(most, sum(megabytes for _, (_, megabytes) in found))
        time.sleep(0.1)
        return not any(run.is_active for run in store.runs_by_id(ids).values())

    ensure_runners(store)
    wait_until(is_done, LONGEST_SECONDS)
    runs = list(store.runs_by_id(ids).values())
    if any(run.state != FINISHED for run in runs):
        raise RuntimeError(f"A run did not finish: {runs}")
    return time.monotonic() - began, runs, most, sum(used.values())


def _processes(store: RunStore) -> Iterator[tuple[int, tuple[float, float]]]:
    """Each process that the runner has started, by its id: seconds of processor time, and memory in MB."""
    runner = store.live_runner("cpu")
    with suppress(psutil.NoSuchProcess):
        for child in runner.process().children() if runner else ():
            yield child.pid, (sum(child.cpu_times()[:2]), child.memory_info().rss / 1e6)


def _seconds(runs: Sequence[Run], architecture: str) -> float:
    return median(run.seconds_per_epoch or 0.0 for run in runs if run.spec.architecture == architecture)
