"""What the process that serves the pages sees to, besides the pages."""

import ctypes
import gc
import sys
import time
from functools import cache, lru_cache

OBJECTS_BETWEEN_LOOKS = 2_000
SECONDS_BETWEEN_TRIMS = 60


def settle() -> None:
    """Call it whenever a page is drawn: once it sets the collector, and now and then it gives back memory."""
    _look_less_often()
    _trim(int(time.monotonic() // SECONDS_BETWEEN_TRIMS))


@cache
def _look_less_often() -> None:
    """A full search for garbage holds everybody up for a quarter of a second, and at Python's own threshold a busy
    server makes eight of them a minute."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])


@lru_cache(maxsize=1)
def _trim(period: int) -> None:
    """Once a ``period``, memory that is free is given back. Each click is a thread, and what one leaves free among what
    others hold glibc keeps, so that the server would grow from hour to hour."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):  # glibc has it
        trim(0)
