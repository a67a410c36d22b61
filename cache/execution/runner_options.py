"""The options of the commands that start runners."""

import argparse
from contextlib import suppress
from pathlib import Path

from cache.core.arguments import Parser
from cache.core.paths import cache_root
from models.experiments.spec import BACKENDS

IDLE_SECONDS = 600.0
SAVE_SECONDS = 60.0
"""Time between two saved states of a training, from which it continues after an interruption."""


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if (value := float(text)) >= 0:
            return value
    raise argparse.ArgumentTypeError(f"must be a number of seconds, 0 or more, not “{text}”")


def options_of_runners(prog: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that all runners have."""
    parser = Parser(prog=prog, description=description)
    parser.add_argument(
        "--cache", type=Path, default=cache_root(), help="folder of the run cache (default: %(default)s)"
    )
    parser.add_argument(
        "--backend", choices=BACKENDS, default="tensorflow", help="Keras backend (default: %(default)s)"
    )
    parser.add_argument(
        "--idle-seconds",
        type=_seconds,
        default=IDLE_SECONDS,
        help="end after so long without a run (default: %(default)s)",
    )
    parser.add_argument(
        "--save-seconds",
        type=_seconds,
        default=SAVE_SECONDS,
        help="save the state of a training so often (default: %(default)s)",
    )
    return parser
