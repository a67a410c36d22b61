"""A row of the run cache as a value, and figures of its epochs."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property
from statistics import median
from typing import Any, Self

from cache.core.formatting import flatten
from cache.store.run_names import dataset_title, describe
from cache.store.trainable import trainable_params
from models.data.memory_tests import is_memory
from models.experiments.comparison import Entry
from models.experiments.spec import BACKENDS, BATCHES, LOOP_BACKEND, RunSpec, left_out
from models.machine.versions import Minor, minor_versions
from models.training.events import EpochFinished
from models.training.run_files import EPOCH_WEIGHTS, kept_epochs

QUEUED, RUNNING, FINISHED, FAILED, CANCELLED = STATES = ("queued", "running", "finished", "failed", "cancelled")
SHARED = "other runs of this queue were trained at the same time"
"""What else used the device of every run that was trained together with others: its seconds are never compared."""
UNREADABLE = "a run of another version"
"""The name of a run whose spec this version cannot read."""


@dataclass(frozen=True)
class Run:
    """A run in the store. Times are seconds since 1970; ``device`` is None until it has started.

    ``files`` gives the SHA-256 of each file of a finished run. ``contended`` is what else used the device during the
    measurement, None if nothing did. ``num_epochs`` to ``seconds_per_epoch`` summarize the finished epochs. ``name`` to
    ``deleted_at`` are annotations; ``keeps_weights`` says that its weights after chosen epochs are wanted, ``together``
    that other runs may be trained on its device at the same time, because only its accuracy is wanted. All other fields
    are measured.
    """

    id: int
    identity: str
    spec_json: str
    device_id: str
    epochs: int
    num_params: int
    state: str
    attempts: int
    cancel_requested: bool
    reason: str | None
    progress: dict[str, Any]
    device: str | None
    environment: dict[str, Any]
    files: dict[str, str]
    created_at: float
    started_at: float | None
    ended_at: float | None
    contended: str | None
    imported_at: float | None
    num_epochs: int
    best_epoch: int | None
    validation_accuracy: float | None
    test_accuracy: float | None
    seconds_per_epoch: float | None
    name: str
    note: str
    tags: tuple[str, ...]
    pinned: bool
    archived: bool
    deleted_at: float | None
    keeps_weights: bool
    together: bool

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> Self:
        values = {name: row[name] for name in row.keys() if name in NAMES}  # noqa: SIM118 - a row's values are iterated
        return cls(
            **values
            | {
                "spec_json": row["spec"],
                "device_id": row["lane"],
                "cancel_requested": bool(row["cancel_requested"]),
                "progress": _read(row["progress"], dict),
                "environment": _read(row["environment"], dict),
                "files": _read(row["files"], dict),
                "tags": tuple(_read(row["tags"], list)),
                "pinned": bool(row["pinned"]),
                "archived": bool(row["archived"]),
                "keeps_weights": bool(row["keeps_weights"]),
                "together": bool(row["together"]),
            }
        )

    @cached_property
    def spec(self) -> RunSpec:
        """The spec. Raises UnreadableSpec."""
        return RunSpec.from_json(self.spec_json)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The spec's values by dotted names, as far as it is JSON, to show specs of any version."""
        try:
            settings = flatten(json.loads(self.spec_json))
        except (ValueError, AttributeError, RecursionError):
            return {}
        with suppress(ValueError):  # another version's architecture
            usual = left_out(str(settings.get("architecture")))
            settings = {f"hyperparameters.{name}": value for name, value in usual.items()} | settings
        if settings.get("training.engine") == LOOP_BACKEND:
            settings = {"training.loop": BATCHES} | settings
        return settings

    @property
    def num_trainable(self) -> int | None:
        """The number of trainable parameters; None if its spec cannot be read."""
        return trainable_params(self.spec_json)

    @cached_property
    def label(self) -> str:
        """The architecture with what differs from its defaults."""
        try:
            return Entry(self.spec.architecture, self.spec.hyperparameters).label
        except (ValueError, KeyError):  # another version's architecture or hyperparameter
            return UNREADABLE

    @cached_property
    def description(self) -> str:
        """The label with everything else that differs from the defaults: "LSTM (64 units, vocabulary 5,000)"."""
        try:
            return describe(self.spec, self.epochs)
        except (ValueError, KeyError):
            return UNREADABLE

    @property
    def full_name(self) -> str:
        """The name that a person gave it, else its label, with its seed: "LSTM (64 units), seed 0"."""
        return f"{self.name or self.description}, seed {self.settings.get('seed', '?')}"

    @property
    def title(self) -> str:
        """A unique title: "LSTM, seed 0 (run 7)"."""
        return f"{self.name or self.label}, seed {self.settings.get('seed', '?')} (run {self.id})"

    @property
    def dataset_title(self) -> str | None:
        """The dataset's title if it is known here, else its name; None if the spec names none."""
        name = self.settings.get("dataset")
        return dataset_title(name) if isinstance(name, str) else None

    @property
    def is_generated(self) -> bool:
        """Whether its texts were generated, by any version of Unroll."""
        return is_memory(self.settings.get("dataset"))

    @property
    def seconds_remark(self) -> str | None:
        """Why its seconds are not compared, and with what else the device was busy; None if they are."""
        return self.contended and f"{'shared' if self.together else 'disturbed'}: {self.contended}"

    @property
    def marks(self) -> list[str]:
        """Remarks on the run for readers of a list, besides its figures."""
        marks = {
            "pinned": self.pinned,
            "archived": self.archived,
            "in the bin": self.deleted_at is not None,
            "imported": self.imported_at is not None,
            "disturbed": self.contended is not None and not self.together,
            "shared seconds": self.together and self.num_epochs > 0,
            "generated data": self.is_generated,
        }
        return [mark for mark, holds in marks.items() if holds]

    @property
    def versions(self) -> Minor:
        """The versions of Keras and its backend that trained it; empty if unknown."""
        backend, found = self.environment.get("engine"), self.environment.get("versions")
        return minor_versions(backend, found) if backend in BACKENDS and isinstance(found, dict) else ()

    @property
    def kept_epochs(self) -> list[int]:
        """The epochs whose weights are among its files."""
        return kept_epochs(self.epochs) if EPOCH_WEIGHTS in self.files else []

    @property
    def is_active(self) -> bool:
        return self.state in (QUEUED, RUNNING)


@dataclass(frozen=True)
class RunRequest:
    """A run to queue.

    ``device`` is set if seconds are wanted: then only an undisturbed run of that device answers the request.
    ``epochs_left`` is how many of ``epochs`` are still to train, for estimates; None means all of them. With
    ``with_weights``, only a run with weights in this cache answers it; with ``keep_weights``, only one that keeps its
    weights after chosen epochs as well. With ``together``, only its accuracy is wanted: it may be trained together with
    others, and its seconds are not compared.
    """

    spec: RunSpec
    epochs: int
    device_id: str
    device: str | None = None
    epochs_left: int | None = None
    with_weights: bool = False
    keep_weights: bool = False
    together: bool = False

    @property
    def work(self) -> tuple[RunSpec, int]:
        """(spec, epochs to train), for estimates."""
        return self.spec, self.epochs if self.epochs_left is None else self.epochs_left


NAMES = frozenset(field.name for field in fields(Run))
"""The names of the fields, for each row of thousands."""


def _read(text: str | None, kind: type) -> Any:
    """The contents of a column of JSON; empty if it has another type, so that one row cannot spoil a list."""
    try:
        value = json.loads(text or "null")
    except (TypeError, ValueError, RecursionError):
        value = None
    return value if isinstance(value, kind) else kind()


def best_epoch(epochs: Sequence[EpochFinished]) -> EpochFinished:
    """Return the epoch with the highest validation accuracy, the earliest of equals. Its test score is the one
    reported.

    Raises ValueError if there is none.
    """
    return max(epochs, key=lambda epoch: (epoch.validation_accuracy, -epoch.epoch))


def seconds_per_epoch(epochs: Sequence[EpochFinished]) -> float | None:
    """Return the median training seconds over the epochs after the first of each start; None if there are none."""
    steady = [epoch.train_seconds for epoch in epochs if not epoch.is_first]
    return median(steady) if steady else None


def first_epoch_extra_seconds(epochs: Sequence[EpochFinished]) -> float | None:
    """Return the extra time of the first epoch compared with a steady one: tracing and compilation."""
    steady = seconds_per_epoch(epochs)
    first = next((epoch.train_seconds for epoch in epochs if epoch.is_first), None)
    return None if steady is None or first is None else first - steady
