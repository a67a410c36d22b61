"""What the process that serves the pages sees to, besides the pages."""

import ctypes
import sys
import time
from functools import lru_cache

SECONDS_BETWEEN_TRIMS = 60


def settle() -> None:
    """Gives free memory back once a minute; call it whenever a page is drawn. Each click is a thread, and what one
    leaves free among what others hold glibc keeps, so that the server would grow on and on."""
    _trim(int(time.monotonic() // SECONDS_BETWEEN_TRIMS))


@lru_cache(maxsize=1)
def _trim(period: int) -> None:
    """Once a ``period``."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):  # glibc has it
        trim(0)
