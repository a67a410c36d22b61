"""Limits on what users may ask of a shared machine."""

import os
from typing import BinaryIO

from cache.core.settings import EPOCHS, PARAMETERS, QUEUE, UPLOAD
from models.experiments.comparison import Entry
from models.experiments.spec import RunSpec

MAX_EPOCHS = 10_000
"""Of a run, above all settings: its manifest has room for so many."""
MEGABYTE = 1 << 20
"""As Streamlit counts them."""


class OverLimit(ValueError):
    """More was asked for than is allowed here; nothing has changed."""


def check_run(spec: RunSpec, epochs: int) -> None:
    """Refuse a run that is too large.

    Args:
        spec: What would be trained.
        epochs: The number of epochs.

    Raises:
        OverLimit: It has too many epochs or parameters.
    """
    if epochs > (most := min(EPOCHS.value, MAX_EPOCHS)):
        raise OverLimit(
            f"{epochs:,} epochs are asked for, and at most {most:,} are trained here ({EPOCHS}): ask for fewer."
        )
    if (num_params := spec.num_params()) > PARAMETERS.value:
        label = Entry(spec.architecture, spec.hyperparameters).label
        raise OverLimit(
            f"{label} has {num_params:,} parameters, and at most {PARAMETERS.value:,} are trained here "
            f"({PARAMETERS}): choose fewer units, a smaller embedding or a smaller vocabulary."
        )


def check_queue(num_before: int, num_after: int) -> None:
    """Refuse a queue that would become too long.

    Args:
        num_before: The number of waiting runs; a queue that is too long already may stay.
        num_after: The number after the change.

    Raises:
        OverLimit: It would be too long.
    """
    if num_after > num_before and num_after > QUEUE.value:
        raise OverLimit(
            f"{num_after:,} runs would wait then, and at most {QUEUE.value:,} may ({QUEUE}): ask for fewer, "
            "or wait until some are trained."
        )


def check_upload(upload: BinaryIO | bytes) -> None:
    """Check the size of a file, and leave it at its start. Raises OverLimit."""
    if isinstance(upload, bytes):
        num_bytes = len(upload)
    else:
        num_bytes = upload.seek(0, os.SEEK_END)
        upload.seek(0)
    if num_bytes > UPLOAD.value * MEGABYTE:
        raise OverLimit(
            f"The file has {num_bytes / MEGABYTE:,.1f} MB, and at most {UPLOAD.value:,} MB are taken from a browser "
            f"({UPLOAD}): bring it in by the command line, on the machine that Unroll runs on."
        )
