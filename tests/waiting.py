"""Waiting for a condition, never for so many seconds, with a limit that holds where something else uses all cores."""

import time
from collections.abc import Callable
from typing import Any

LIMIT_SECONDS = 240.0


def wait_for(condition: Callable[[], Any], explain: Callable[[], str] = lambda: "waited too long") -> Any:
    """Return what ``condition`` gives as soon as that is true. Raises AssertionError with what ``explain`` says."""
    until = time.monotonic() + LIMIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < until, explain()
        time.sleep(0.02)
    return value
