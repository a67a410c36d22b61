"""A run as an event file for TensorBoard: its curves by epoch and second, and its settings as hyperparameters."""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from cache.store.runs import FINISHED, Run
from models.training.events import EpochFinished
from models.training.metrics import STORED

SCALARS = {f"{metric.key}/{split}": metric.column(split) for metric in STORED for split in metric.splits} | {
    f"seconds/{split}": f"{split}_seconds" for split in ("train", "validation")
}
"""TensorBoard's tags of the metrics of each epoch …"""

METRICS = {
    "Run/best_validation_accuracy": "validation_accuracy",
    "Run/seconds_per_epoch": "seconds_per_epoch",
    "Run/test_accuracy": "test_accuracy",
}
"""… and of the whole run. The HParams tab shows the first five metrics by name, and capitals come first."""


def event_file(run: Run, epochs: list[EpochFinished], settings: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return (path of the file, its contents)."""
    name = f"{_folder(run, settings)}/events.out.tfevents.{int(_started_at(run))}.unroll"
    return name, b"".join(map(_framed, _events(run, epochs, _hyperparameters(settings))))


def _hyperparameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings for TensorBoard: numbers that it would change or cannot show become text."""

    def fits(value: Any) -> bool:
        return isinstance(value, str) or abs(value) < 2**53

    return {name: value if fits(value) else str(value) for name, value in settings.items() if value is not None}


def _folder(run: Run, spec: Mapping[str, Any]) -> str:
    name = f"{run.id}-{run.label[:100]}" + (f"-seed-{spec['seed']}" if isinstance(spec.get("seed"), int) else "")
    return re.sub("[^A-Za-z0-9_]+", "-", name).strip("-")


def _started_at(run: Run) -> float:
    return run.created_at if run.started_at is None else run.started_at


def _events(run: Run, epochs: list[EpochFinished], spec: dict[str, Any]) -> Iterator[bytes]:
    """The hyperparameters, then each epoch at the second at which it would have ended without interruptions."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary
    from tensorboardX.summary import hparams

    def event(wall_time: float, step: int = 0, **values: Any) -> bytes:
        return Event(wall_time=wall_time, step=step, **values).SerializeToString()

    def scalars(source: Run | EpochFinished, tags: Mapping[str, str]) -> Summary:
        values = [(tag, getattr(source, name)) for tag, name in tags.items()]
        return Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values if value is not None])

    # The first part would list everything that can be compared; TensorBoard reads only one run's, and works without it.
    _, asked, succeeded = hparams(spec, METRICS)
    now = _started_at(run)
    yield event(now, file_version="brain.Event:2")
    yield event(now, summary=asked)
    for epoch in epochs:
        now += epoch.train_seconds + epoch.validation_seconds
        yield event(now, epoch.epoch, summary=scalars(epoch, SCALARS))
    yield event(now, run.num_epochs, summary=scalars(run, METRICS))
    if run.state == FINISHED:
        yield event(now, run.num_epochs, summary=succeeded)


def _framed(data: bytes) -> bytes:
    """A record of an event file: its length and its contents, each followed by a checksum."""
    from tensorboardX.record_writer import masked_crc32c

    length = struct.pack("<Q", len(data))
    return b"".join(part + struct.pack("<I", masked_crc32c(part)) for part in (length, data))
