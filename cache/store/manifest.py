"""A finished run as one JSON document: ``run.json`` beside its files, from which it can be copied or restored.

The document may come from another person, so every field is checked.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self, TypeGuard

from cache.core.limits import MAX_EPOCHS
from cache.store.runs import Run
from models.architectures import get_architecture
from models.experiments.spec import VERSIONED, RunSpec
from models.training.events import EpochFinished
from models.training.metrics import SHARES

FORMAT = 1
MANIFEST = "run.json"
MAX_MANIFEST_BYTES = 8_000_000
"""Enough for the largest number of epochs, however long their figures are."""
MAX_ENVIRONMENT_BYTES = 20_000
MAX_DEPTH = 5
FILE_NAME, CHECKSUM = re.compile(r"[a-z_]{1,50}\.npz"), re.compile("[0-9a-f]{64}")
METRIC = re.compile("[a-z0-9_]{1,40}")
TIMES = ("created_at", "started_at", "ended_at")
NOT_OF_ALL = {field.name for field in fields(EpochFinished) if field.default is None}
"""Metrics that only some tasks have, or that were added in some version."""


class BadManifest(ValueError):
    """The document is not the manifest of a run, or not one that this version accepts."""


@dataclass(frozen=True)
class RunManifest:
    """The spec, the measurements and the environment of a run. Times are seconds since 1970.

    ``files`` gives the SHA-256 of each of the run's files but the manifest itself.
    """

    spec: RunSpec
    epochs: tuple[EpochFinished, ...]
    environment: dict[str, Any]
    contended: str | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    files: dict[str, str]

    @classmethod
    def of(cls, run: Run, epochs: list[EpochFinished]) -> Self:
        """Make the manifest of a run. Raises UnreadableSpec."""
        times = {name: getattr(run, name) for name in TIMES}
        files = {name: checksum for name, checksum in run.files.items() if name != MANIFEST}
        return cls(run.spec, tuple(epochs), run.environment, run.contended, **times, files=files)

    @property
    def device(self) -> str:
        return self.environment["device"]

    def to_json(self) -> str:
        values = {"format": FORMAT, "identity": self.spec.identity, "spec": json.loads(self.spec.to_json())}
        values |= {"environment": self.environment, "contended": self.contended}
        values |= {name: getattr(self, name) for name in TIMES} | {"files": self.files}
        values["epochs"] = [_row(epoch) for epoch in self.epochs]
        return json.dumps(values, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a manifest. Raises BadManifest with a sentence on what is wrong."""
        values = parse_json(text, MAX_MANIFEST_BYTES)
        if not isinstance(values, dict) or type(values.get("format")) is not int or values["format"] != FORMAT:
            raise BadManifest(
                f"It is not a run's record of format {FORMAT}, the one that this version of Unroll reads."
            )
        names = {"format", "identity", "spec", "environment", "contended", "epochs", "files", *TIMES}
        if set(values) != names:
            odd = sorted(set(values) ^ names)[0]
            raise BadManifest(f"The record has no field {odd!r}." if odd in names else f"A field {odd!r} is unknown.")
        contended = values["contended"]
        if contended is not None and not is_line(contended, 500):
            raise BadManifest("“contended” is neither empty nor a line of text.")
        for name in TIMES:
            if not _is_time(values[name]) and (values[name] is not None or name == "created_at"):
                raise BadManifest(f"{name} is not a time.")
        return cls(
            spec=_spec(values["spec"], values["identity"]),
            epochs=_epochs(values["epochs"]),
            environment=_environment(values["environment"]),
            contended=contended,
            **{name: values[name] for name in TIMES},
            files=_files(values["files"]),
        )


def parse_json(text: str | bytes, max_bytes: int) -> Any:
    """Parse strict JSON of a limited size.

    Args:
        text: The document.
        max_bytes: The largest size that is accepted.

    Raises:
        BadManifest: It is larger, not JSON, or contains NaN or infinity.
    """

    def refuse(constant: str) -> None:
        raise BadManifest(f"It holds {constant}, which is no number.")

    if len(text) > max_bytes:
        raise BadManifest(f"It is larger than {max_bytes:,} bytes.")
    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, BadManifest) else BadManifest(f"It is not JSON: {error}.") from error


def is_line(value: object, max_length: int) -> bool:
    """Return whether a value is one line of text that can be shown."""
    return isinstance(value, str) and len(value) <= max_length and (value.isprintable() or not value)


def _spec(values: object, identity: object) -> RunSpec:
    try:
        spec = RunSpec.from_json(json.dumps(values))
        same = RunSpec.create(
            **{
                field.name: getattr(spec, field.name)
                for field in fields(RunSpec)
                if field.name not in ("architecture_version", *VERSIONED)
            }
        )
        if not is_line(spec.fingerprint, 200):
            raise BadManifest("The dataset's fingerprint is not a line of text.")
        whole = (spec.seed, spec.architecture_version, spec.encoding.version)
        if not all(type(number) is int for number in whole) or type(spec.train_examples) not in (int, type(None)):
            raise BadManifest("A number of the spec is not a whole one.")
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadManifest(str(error)) from error
    if spec.architecture_version != same.architecture_version:
        raise BadManifest(
            f"{get_architecture(spec.architecture).title} is of version {spec.architecture_version}; this Unroll has "
            f"version {same.architecture_version}."
        )
    for name in VERSIONED:  # of before stays readable, though it is not trained so any more
        if getattr(spec, name) > getattr(same, name):
            there = getattr(same, name)
            raise BadManifest(f"Its {name.replace('_', ' ')} is {getattr(spec, name)}; this Unroll's is {there}.")
    same = replace(same, **{name: getattr(spec, name) for name in VERSIONED})
    if not spec.identity == same.identity == identity:
        raise BadManifest("The identity is not that of the spec.")
    return spec


def _row(epoch: EpochFinished) -> dict[str, Any]:
    """The epoch without what was not measured, so that earlier versions can read it as far as possible."""
    return {name: value for name, value in asdict(epoch).items() if name not in NOT_OF_ALL or value is not None}


def _epochs(rows: object) -> tuple[EpochFinished, ...]:
    names = [field.name for field in fields(EpochFinished)]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_EPOCHS:
        raise BadManifest(f"There must be 1 to {MAX_EPOCHS:,} epochs.")
    epochs, best = [], -1.0
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise BadManifest(f"Epoch {number} is no list of figures by name.")
        if new := [name for name in row if name not in names]:
            measures = new[0] if METRIC.fullmatch(new[0]) else "other figures"
            raise BadManifest(f"It was made by another version of Unroll, which measures {measures}: update Unroll.")
        if lacks := [name for name in names if name not in row and name not in NOT_OF_ALL]:
            raise BadManifest(f"Epoch {number} has no {lacks[0]}.")
        if type(row["epoch"]) is not int or row["epoch"] != number or not isinstance(row["is_first"], bool):
            raise BadManifest(f"Epoch {number} is missing or out of order.")
        _check_figures(number, row)
        epochs.append(EpochFinished(**row))
        if row["validation_accuracy"] > best and (row["test_accuracy"] is None or row["test_loss"] is None):
            raise BadManifest(f"Epoch {number} is the best so far and has no test score.")
        best = max(best, row["validation_accuracy"])
    return tuple(epochs)


def _check_figures(number: int, row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if value is None and name.startswith("test_"):
            continue
        top = 1.0 if name in SHARES else 1e9
        if name not in ("epoch", "is_first") and not (_is_number(value) and 0 <= value <= top):
            raise BadManifest(f"{name} of epoch {number} is {value!r}, which cannot be.")


def _environment(values: object) -> dict[str, Any]:
    if not isinstance(values, dict) or not _is_modest(values) or len(json.dumps(values)) > MAX_ENVIRONMENT_BYTES:
        raise BadManifest("The environment is missing, too large, or holds what is no text or number.")
    if not is_line(values.get("device"), 200) or not values["device"].strip():
        raise BadManifest("The environment names no device.")
    return values


def _files(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(
        FILE_NAME.fullmatch(name) and isinstance(checksum, str) and CHECKSUM.fullmatch(checksum)
        for name, checksum in values.items()
    ):
        raise BadManifest("The run's files are not names with checksums.")
    return values


def _is_modest(value: object, depth: int = 0) -> bool:
    """Whether it is JSON of a few levels with valid numbers."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth < MAX_DEPTH and all(_is_modest(each, depth + 1) for each in inner)
    return isinstance(value, str | bool | None) or _is_number(value)


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it can be used in arithmetic: not NaN, and not an integer of a thousand digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _is_time(value: object) -> bool:
    return _is_number(value) and 0 <= value < 1e11
