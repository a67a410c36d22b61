"""What a training tells while it goes on. All values are plain numbers and strings, so events can cross processes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DIVERGED = "The loss became"
"""So begins the reason of a run that diverged."""


@dataclass(frozen=True)
class Preparing:
    """A slow step before training, e.g. "Encoding IMDB reviews"."""

    message: str


@dataclass(frozen=True)
class Started:
    """The model is built. ``from_epoch`` epochs were restored from a shorter run.

    ``compiled`` says how Keras runs it, see ``models.training.compiled``.
    """

    from_epoch: int
    num_batches: int
    compiled: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Pace:
    """How fast a training has gone since its model was traced.

    ``batches`` were trained in ``seconds``. ``evaluation_seconds`` is the mean time after an epoch, to validate and
    test; None before the end of the first epoch. ``evaluation_batches`` is how many batches that is at most.
    """

    batches: int = 0
    seconds: float = 0.0
    evaluation_batches: float = 0.0
    evaluation_seconds: float | None = None


@dataclass(frozen=True)
class BatchProgress:
    """``batch`` of the epoch's batches are done in ``seconds``; epochs count from 1."""

    epoch: int
    batch: int
    seconds: float
    pace: Pace = Pace()


@dataclass(frozen=True)
class EpochFinished:
    """One epoch's measurements.

    ``train_seconds`` is the training part alone. ``is_first`` marks the first epoch since the model was built, whose
    seconds include tracing and compilation. The test split is scored only at an epoch whose validation accuracy is
    the best so far, since only such an epoch can be the one that a run of this or fewer epochs reports. What is not
    measured for a task, see ``metrics``, is None.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    test_loss: float | None
    test_accuracy: float | None
    train_seconds: float
    validation_seconds: float
    is_first: bool
    train_top5_accuracy: float | None = None
    validation_top5_accuracy: float | None = None
    test_top5_accuracy: float | None = None
    validation_f1: float | None = None
    test_f1: float | None = None


@dataclass(frozen=True)
class StateSaved:
    """The state after an epoch is in ``folder``: the files of a run of so many epochs."""

    epoch: int
    folder: Path


@dataclass(frozen=True)
class Done:
    """All files are written to the output folder."""

    num_epochs: int


Event = Preparing | Started | BatchProgress | EpochFinished | StateSaved | Done
