"""What server, runner and the process that answers sentences use while nobody does anything."""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from cache.core.processes import ProcessIdentity
from cache.execution.launching import ensure_runners, stop_runners
from cache.inference.generation_requests import MAX_ANSWERS, Answer, Request, ask, process_file
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, RUNNING, TaskStatus
from models.training.generation import Candidate, Step
from tests.benchmarks.pages.startup import serving
from tests.benchmarks.runs.running import spec_of, wait_until
from tests.benchmarks.runs.scale import NUM_RUNS, fill

SECONDS, SETTLING_SECONDS = 60, 15


def measure() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        fill(store)
        try:
            (run_id,) = store.submit([spec_of(store, 0)], 1, "cpu")
            ensure_runners(store)
            wait_until(lambda: not store.run(run_id).is_active)
            runner, helper = store.live_runner("cpu"), _helper(store, run_id)
            with serving(folder) as (_, server, _):
                processes = {
                    "server": psutil.Process(server.pid),
                    "runner and its worker": runner.process(),
                    "process that answers": helper.process(),
                }
                time.sleep(SETTLING_SECONDS)
                before = {name: _seconds(process) for name, process in processes.items()}
                time.sleep(SECONDS)
                shares = {name: (_seconds(processes[name]) - before[name]) / SECONDS for name in processes}
            for name, share in shares.items():
                yield f"{name}, of a core, in {SECONDS} idle seconds", f"{share:.2%}", ""
            yield f"all of them, with {NUM_RUNS:,} runs", f"{sum(shares.values()):.2%}", "under 2%"
        finally:
            stop_runners(store)
            status = TaskStatus.of(process_file(store.root))
            if status and (process := ProcessIdentity.from_json(status.owner).process()):
                process.terminate()
                process.wait(20)


def _helper(store: RunStore, run_id: int) -> ProcessIdentity:
    """The process after it has answered, its model loaded, with as many answers beside it as are kept."""
    steps = tuple(
        Step("word", 0.5, 0.5, tuple(Candidate(f"word{each}", 0.1, 0.1) for each in range(5))) for _ in range(20)
    )
    with store.db.transaction() as db:
        for number in range(MAX_ANSWERS):
            request = Request((1,), f"sentence {number}", 20, 1.0, 5, 0)
            db.execute(
                "INSERT INTO inference_requests (key, state, asked_at, request, steps) VALUES (?, ?, 0, ?, ?)",
                (request.key, DONE, request.to_json(), json.dumps({1: steps}, default=vars)),
            )
    request = Request((run_id,), "A film that I liked.", 1, 1.0, 1, 0)
    ask(store, request)
    wait_until(lambda: Answer.of(store, request).has_ended)
    answer, status = Answer.of(store, request), TaskStatus.of(process_file(store.root))
    if (answer.state, status.state) != (DONE, RUNNING):
        raise RuntimeError(f"{answer.message} {answer.problems} {status.message}")
    return ProcessIdentity.from_json(status.owner)


def _seconds(process: psutil.Process) -> float:
    """Processor time of a process and of those that it has started."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in family)
