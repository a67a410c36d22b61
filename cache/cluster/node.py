"""What runs on the nodes of the cluster. Each function is one Ray task; a training is a child of its process.

So the process of the task can answer while the child computes, a cancelled task ends it, and a task that is killed
takes it along. On a processor the child is kept for the next run; on a GPU it ends with its run, since only the end of
a process gives all of a GPU's memory back.
"""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from cache.cluster.shipping import Part, Shipment, files_below, inside, parts_of, unpack
from cache.core.checksums import checksum
from cache.core.device_lock import DeviceBusy
from cache.core.processes import PROJECT_ROOT
from cache.execution.executor import JobLost
from cache.execution.local import LocalExecutor
from cache.execution.worker import Failed, Job, Message
from models.atomic_files import remove_abandoned, temporary_folder
from models.data.datasets import get_dataset, load_user_datasets
from models.experiments.spec import RunSpec
from models.machine.devices import Device, cpu, usable_devices
from models.machine.versions import installed
from models.training.events import Done, Preparing, StateSaved

POLL_SECONDS = 0.1
BUSY_SECONDS = 1.0
TOLD_SECONDS = 60.0
"""How often a run that waits for its device says so."""
PACKAGES = ("ray", "keras", "tensorflow", "jax", "torch", "numpy", "tokenizers")
SET_BY_RAY = ("OMP_NUM_THREADS",)


@dataclass(frozen=True)
class Lost:
    """The training process ended without a word; ``reason`` says how."""

    reason: str


@dataclass(frozen=True)
class NodeEvent:
    """An event of a training with its number, from 0 on, and what was logged since the one before.

    ``digests`` are the checksums of the files whose parts came before, below ``folder``.
    """

    number: int
    content: Message | Part | Lost
    log: bytes = b""
    contention: str | None = None
    load: Mapping[str, float | str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeDescription:
    """``versions`` must be the same on all nodes; "code" is that of Unroll."""

    host: str
    devices: tuple[Device, ...]
    versions: Mapping[str, str | None]
    demands_token: bool


def describe_node(backend: str) -> NodeDescription:
    return NodeDescription(
        platform.node(), tuple(usable_devices(backend)), versions_here(), os.environ.get("RAY_AUTH_MODE") == "token"
    )


def versions_here() -> dict[str, str | None]:
    return {"python": platform.python_version(), **{name: installed(name) for name in PACKAGES}, "code": code_digest()}


def code_digest() -> str:
    """Return a value that is the same where the code of trainings is the same."""
    digest = sha256()
    for path in sorted(path for folder in ("models", "cache") for path in (PROJECT_ROOT / folder).glob("**/*.py")):
        digest.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def node_folder() -> Path:
    """Return the folder that a node keeps datasets in, of this user alone; they can be had again."""
    folder = Path(tempfile.gettempdir()) / f"unroll-node-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to another user: remove it, or set TMPDIR on the node.")
    return folder


def missing_on_node(wanted: Mapping[str, str]) -> list[str]:
    """Return which of these files, as checksums by name, the node does not have."""
    root = node_folder()
    return [name for name, digest in wanted.items() if checksum(inside(root, name)) != digest]


def train_on_node(
    job: Job, backend: str, on_gpu: bool, data: list[Shipment], resumed: list[Shipment]
) -> Iterator[NodeEvent]:
    """Train a run, and yield its events and then its files.

    Args:
        job: What to train; its paths are the runner's, and are replaced by those of the node.
        backend: The Keras backend.
        on_gpu: Whether it trains on the GPU that Ray gives to this task, instead of the processor.
        data: Files that the node lacks, below its folder.
        resumed: The files of the state from which the run continues.
    """
    import ray

    root = node_folder()
    restore_environment()
    with FileLock(root / "data.lock"):
        unpack(root, data, ray.get)
    (root / "jobs").mkdir(exist_ok=True)
    remove_abandoned(root / "jobs")
    with temporary_folder(root / "jobs") as folder:
        unpack(folder / "resumed", resumed, ray.get)
        (folder / "output").mkdir()
        here = replace(
            job, output=folder / "output", data_dir=root, log=folder / "run.log",
            resume_from=folder / "resumed" if resumed else None,
        )  # fmt: skip
        device = usable_devices(backend)[0] if on_gpu else cpu()
        here.log.touch()
        with here.log.open("rb") as log:
            for number, (content, extra) in enumerate(_contents(here, backend, device)):
                yield NodeEvent(number, content, log.read(), **extra)


def _contents(job: Job, backend: str, device: Device) -> Iterator[tuple[Message | Part | Lost, dict[str, Any]]]:
    load_user_datasets(job.data_dir)
    spec = RunSpec.from_json(job.spec_json)
    dataset = get_dataset(spec.dataset)
    if dataset.fingerprint(job.data_dir / "tfds") != spec.fingerprint:
        yield Failed(f"{dataset.title} has other contents on the node {platform.node()}: install the same there."), {}
        return
    executor = _executor(device, job.data_dir / f"worker-{device.device_id.replace(':', '-')}.log")
    try:
        yield from _waiting(executor)
        executor.start(job, backend)
        while True:
            message = executor.receive(POLL_SECONDS)
            if message is None:
                continue
            extra: dict[str, Any] = {"contention": executor.contention()}
            if isinstance(message, StateSaved):
                yield from _files(message.folder, job.output, extra)
            elif isinstance(message, Done):
                yield from _files(job.output, job.output, extra)
                extra["load"] = executor.load()
            yield message, extra
            if isinstance(message, StateSaved):
                shutil.rmtree(message.folder, ignore_errors=True)
            if isinstance(message, Done | Failed):
                break
    except JobLost as error:
        yield Lost(str(error)), {}
    except BaseException:
        executor.cancel()
        raise
    finally:
        if device.is_gpu:
            executor.cancel()
        executor.release()


def _waiting(executor: LocalExecutor) -> Iterator[tuple[Preparing, dict]]:
    told = float("-inf")
    while True:
        try:
            executor.reserve()
        except DeviceBusy:
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                yield Preparing("Waiting for another training on the node's device"), {}
            time.sleep(BUSY_SECONDS)
        else:
            return


def _files(folder: Path, output: Path, extra: dict[str, Any]) -> Iterator[tuple[Part, dict]]:
    """The parts of a folder's files; their checksums go into ``extra``."""
    paths = files_below(folder)
    extra["digests"] = {path.relative_to(output).as_posix(): checksum(path) for path in paths}
    for path in paths:
        for part in parts_of(output, path):
            yield part, {}


_kept: LocalExecutor | None = None


def _executor(device: Device, log_file: Path) -> LocalExecutor:
    """The executor of this process, with a worker that may have trained before."""
    global _kept
    if _kept is None or _kept.device != device:
        if _kept is not None:
            _kept.cancel()
        _kept = LocalExecutor(device, log_file)
    return _kept


def restore_environment() -> None:
    """Undo what Ray sets for its own tasks: a training has the environment in which its node was started."""
    with suppress(psutil.Error):
        before = psutil.Process(os.getppid()).environ()
        for name in SET_BY_RAY:
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)
