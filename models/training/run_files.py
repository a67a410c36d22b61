"""The files of a finished run, plain arrays without pickles: predictions, best weights, and the state to go on from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

PREDICTIONS, BEST_WEIGHTS, STATE = "predictions.npz", "best_weights.npz", "state.npz"


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
