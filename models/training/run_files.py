"""The files of a finished run, plain arrays without pickles: predictions, best weights, and the state to go on from; if
that was asked for, the weights after chosen epochs, too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

PREDICTIONS, BEST_WEIGHTS, STATE = "predictions.npz", "best_weights.npz", "state.npz"
EPOCH_WEIGHTS = "epoch_weights.npz"
BYTES_PER_WEIGHT = 4


def kept_epochs(epochs: int) -> list[int]:
    """Returns the epochs after which a training keeps its weights, if that is asked for: 1, 2, 3, 5, 10, 20, 30, 50 and
    so on, up to ``epochs``. They are closest at the beginning, where a model learns most.
    """
    chosen = (number * 10**power for power in range(len(str(epochs))) for number in (1, 2, 3, 5))
    return [epoch for epoch in chosen if epoch <= epochs]


def save_predictions(target: Path | BinaryIO, by_epoch: dict[int, np.ndarray]) -> None:
    """Test-split probabilities at every epoch that was the best so far on validation, into a folder or a file."""
    file = target / PREDICTIONS if isinstance(target, Path) else target
    arrays: dict[str, Any] = {f"epoch_{epoch}": array for epoch, array in by_epoch.items()}
    np.savez_compressed(file, **arrays)


def load_predictions(folder: Path) -> dict[int, np.ndarray]:
    with np.load(folder / PREDICTIONS, allow_pickle=False) as arrays:
        return {int(name.removeprefix("epoch_")): arrays[name] for name in arrays.files}


def save_arrays(path: Path, arrays: Sequence[np.ndarray], **numbers: float) -> None:
    """Arrays in order, and a few named numbers beside them."""
    named: dict[str, Any] = {f"array_{i:04d}": array for i, array in enumerate(arrays)}
    np.savez(path, **named | numbers)


def load_arrays(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    with np.load(path, allow_pickle=False) as stored:
        arrays = [stored[name] for name in sorted(stored.files) if name.startswith("array_")]
        return arrays, {name: stored[name].item() for name in stored.files if not name.startswith("array_")}


def save_epoch_weights(folder: Path, by_epoch: Mapping[int, Sequence[np.ndarray]]) -> None:
    """Writes the weights after each of some epochs, in Keras's order, to one file."""
    named: dict[str, Any] = {
        f"{epoch}/{number:04d}": array for epoch, arrays in by_epoch.items() for number, array in enumerate(arrays)
    }
    np.savez(folder / EPOCH_WEIGHTS, **named)


def load_epoch_weights(folder: Path, only: int | None = None) -> dict[int, list[np.ndarray]]:
    """Returns the weights by epoch, or those of one epoch alone; empty if none were kept."""
    found: dict[int, list[np.ndarray]] = {}
    if (folder / EPOCH_WEIGHTS).exists():
        with np.load(folder / EPOCH_WEIGHTS, allow_pickle=False) as stored:
            for name in sorted(stored.files):
                epoch = int(name.partition("/")[0])
                if only in (None, epoch):
                    found.setdefault(epoch, []).append(stored[name])
    return found
