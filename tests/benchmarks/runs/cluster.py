"""What the queue itself takes a run on many devices, and two nodes of a cluster beside two slots of this machine."""

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import Thread
from types import SimpleNamespace

from cache.cluster.runner import ClusterRunner
from cache.core.cluster_state import CLUSTER
from cache.execution.local import LocalExecutor
from cache.execution.runner import Runner
from cache.store.runner_store import RunnerStore
from cache.store.runs import QUEUED, RUNNING
from models.machine.devices import cpu
from tests.benchmarks.runs.running import spec_of
from tests.cache.cluster.loopback import loopback_cluster
from tests.cache.cluster.simulation import simulate

SIZES = ((1_000, 64), (1_000, 512), (10_000, 64), (10_000, 512))
SLOTS, RUNS, EPOCHS, ROUNDS = 2, 8, 4, 3


def measure() -> Iterator[tuple[str, str, str]]:
    for num_runs, num_devices in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            world, seconds = simulate(Path(folder) / "cache", num_runs, num_devices, epochs=1)
        failures = ", ".join(f"{number} {kind}" for kind, number in sorted(world.failures.items()))
        what = f"processor time a run, of {num_runs:,} on {num_devices} simulated devices"
        yield what, f"{1_000 * seconds / num_runs:.1f} ms", f"flat ({failures})"
    if find_spec("ray"):
        yield from throughput()


def throughput() -> Iterator[tuple[str, str, str]]:
    """Both take turns, since other work on the machine changes what is left of it. It counts from when each slot has
    trained one run: a node that was idle loads TensorFlow anew. The cluster's own processes have the same two cores.
    """
    with tempfile.TemporaryDirectory() as name, loopback_cluster(folder := Path(name)) as loopback:
        from cache.cluster.executor import RayExecutor

        cluster = loopback.connect()
        nodes = SimpleNamespace(slots=cluster.slots, is_alive=cluster.is_alive, close=lambda: None)
        local, remote = RunnerStore(folder / "local"), RunnerStore(folder / "remote")
        slots = [Beside(cpu(), local.logs_dir / f"worker-{number}.log") for number in range(SLOTS)]
        with (
            working(Runner(local, slots, math.inf)),
            working(ClusterRunner(remote, lambda backend: nodes, RayExecutor, math.inf)),
        ):
            turns = [(_seconds(local, "cpu", turn), _seconds(remote, CLUSTER, turn)) for turn in range(ROUNDS)]
    ratios = [here / there for here, there in turns]
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    length = median(here for here, _ in turns) * SLOTS / (RUNS - SLOTS)
    what = f"throughput of 2 nodes to that of 2 local slots, runs of {length:.1f} s, median of {ROUNDS}"
    yield what, f"{median(ratios):.2f}", f"0.9 ({each})"


def _seconds(store: RunnerStore, device_id: str, turn: int) -> float:
    """Of all runs but the first of each slot."""
    specs = [spec_of(store, RUNS * turn + seed) for seed in range(RUNS)]
    run_ids = store.submit(specs, EPOCHS, device_id)
    while store.runs([QUEUED, RUNNING]):
        time.sleep(1)  # to look more often would take what is measured a part of a core
    ends = sorted(store.run(run_id).ended_at for run_id in run_ids)
    return ends[-1] - ends[SLOTS - 1]


class Beside(LocalExecutor):
    """Trains beside another on the same device."""

    def reserve(self) -> None:
        pass


@contextmanager
def working(runner: Runner) -> Iterator[None]:
    thread = Thread(target=runner.work, args=("tensorflow",))
    thread.start()
    try:
        yield
    finally:
        runner.stop()
        thread.join()
